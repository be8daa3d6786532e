# SPDX-License-Identifier: Apache-2.0
"""AES-GCM and ChaCha20-Poly1305 of Debian's libcrypto, which the openssl command does not offer."""
import ctypes
import hashlib

crypto = ctypes.CDLL("libcrypto.so.3")
for function in "EVP_CIPHER_CTX_new", "EVP_aes_128_gcm", "EVP_aes_256_gcm", "EVP_chacha20_poly1305":
    getattr(crypto, function).restype = ctypes.c_void_p
SET_IVLEN, GET_TAG, SET_TAG = 9, 16, 17  # EVP_CTRL_AEAD_*


def crypt(way, cipher, key, nonce, aad, text, tag=None):
    """Text and tag; where a tag is given, None if it is wrong."""
    context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
    init, update, final = (getattr(crypto, f"EVP_{way}{step}") for step in ("Init_ex", "Update", "Final_ex"))
    length = ctypes.c_int()
    out = ctypes.create_string_buffer(len(text) + 32)
    algorithm = ctypes.c_void_p(getattr(crypto, "EVP_" + cipher)())
    assert init(context, algorithm, None, None, None) == 1
    assert crypto.EVP_CIPHER_CTX_ctrl(context, SET_IVLEN, len(nonce), None) == 1
    assert init(context, None, None, key, nonce) == 1
    assert update(context, None, ctypes.byref(length), aad, len(aad)) == 1
    assert update(context, out, ctypes.byref(length), text, len(text)) == 1
    done = length.value
    if tag is not None:
        assert crypto.EVP_CIPHER_CTX_ctrl(context, SET_TAG, 16, tag) == 1
    good = final(context, ctypes.byref(out, done), ctypes.byref(length)) == 1
    found = ctypes.create_string_buffer(16)
    if tag is None:
        assert good and crypto.EVP_CIPHER_CTX_ctrl(context, GET_TAG, 16, found) == 1
    crypto.EVP_CIPHER_CTX_free(context)
    return (out.raw[:done], found.raw) if good else None


def vector(name, cipher, key, nonce, aad, plain, secret, tag):
    key, nonce, aad, plain, secret, tag = (bytes.fromhex(x) for x in (key, nonce, aad, plain, secret, tag))
    assert crypt("Encrypt", cipher, key, nonce, aad, plain) == (secret, tag), name
    assert crypt("Decrypt", cipher, key, nonce, aad, secret, tag)[0] == plain, name
    wrong = bytes([tag[0] ^ 1]) + tag[1:]
    assert crypt("Decrypt", cipher, key, nonce, aad, secret, wrong) is None, name
    print(name, "ok")


# McGrew and Viega, The Galois/Counter Mode of Operation, test cases 4 and 16.
GCM = dict(
    nonce="cafebabefacedbaddecaf888", aad="feedfacedeadbeeffeedfacedeadbeefabaddad2",
    plain="d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
          "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
KEY = "feffe9928665731c6d6a8f9467308308"
vector("AES-128-GCM", "aes_128_gcm", KEY, **GCM, tag="5bc94fbc3221a5db94fae95ae7121a47",
       secret="42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
              "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091")
vector("AES-256-GCM", "aes_256_gcm", KEY * 2, **GCM, tag="76fc6ece0f4e1768cddf8853bb2d551b",
       secret="522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
              "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662")
# RFC 8439, 2.8.2.
vector("ChaCha20-Poly1305", "chacha20_poly1305", bytes(range(0x80, 0xa0)).hex(), "070000004041424344454647",
       "50515253c0c1c2c3c4c5c6c7",
       b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
       b"sunscreen would be it.".hex(),
       "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
       "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
       "3ff4def08e4b7a9de576d26586cec64b6116",
       "1ae10b594f09e26a7e902ecbd0600691")

# Enough for every unrolled loop; what OpenSSL makes of it on another architecture.
TEXT = bytes(i * i % 251 for i in range(100003))
for cipher, size, expected in (
        ("aes_128_gcm", 16, "6771ff5e6237a54f81930fde1e2bf96533b0edf96babdf4d3c1a9e42b2f87f34"),
        ("aes_256_gcm", 32, "634eabd57bd0eda2c42d8f9855628a547d1047bbd8a96eb84524a420121f8e26"),
        ("chacha20_poly1305", 32, "b6ecad2d4d75e70f45ed6e82eeecb76f2819c04ec4d043490cc08a9fb3cc9178")):
    secret, tag = crypt("Encrypt", cipher, bytes(range(size)), bytes(range(12)), b"itsy", TEXT)
    found = hashlib.sha256(secret + tag).hexdigest()
    assert found == expected, (cipher, found)
    assert crypt("Decrypt", cipher, bytes(range(size)), bytes(range(12)), b"itsy", secret, tag)[0] == TEXT
    print(cipher, "of much ok")
