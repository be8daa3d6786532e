# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154  # run has set $here
# OpenSSL against published vectors, by each of its implementations: OPENSSL_armcap says what to use instead of what
# the CPU has. Bulk data has no published vector: its digests below are those of OpenSSL on another architecture.
bytes() { echo "$1" | xxd -r -p; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
million() { yes a | head -n 1000000 | tr -d '\n'; }
bulk() { yes 'All work and no play makes Jack a dull boy.' | head -c 1000003; }

digest() { openssl dgst "$1" -r | cut -d ' ' -f 1; }
digest_abc() { printf abc | digest "$1"; }
digest_million() { million | digest "$1"; }
hmac() { printf 'what do ya want for nothing?' | openssl dgst -sha256 -hmac Jefe -r | cut -d ' ' -f 1; }

cipher() { # NAME KEY IV PLAIN: the ciphertext, once it has been deciphered again
    secret=$(bytes "$4" | openssl enc "-$1" -K "$2" -iv "$3" -nopad | hex)
    [ "$(bytes "$secret" | openssl enc -d "-$1" -K "$2" -iv "$3" -nopad | hex)" = "$4" ] && echo "$secret"
}
bulk_cipher() { # NAME KEY IV: SHA-256 of the bulk's ciphertext, once it has been deciphered again
    bulk | openssl enc "-$1" -K "$2" -iv "$3" > secret
    openssl enc -d "-$1" -K "$2" -iv "$3" < secret > plain
    bulk | cmp - plain && digest -sha256 < secret
}

rsa() { # RFC 7515 A.2: what is signed and the signature
    printf %s eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl > signed
    printf %s LmNvbS9pc19yb290Ijp0cnVlfQ >> signed
    openssl dgst -sha256 -sign "$here/openssl/rfc7515-a2.pem" signed | tee signature | digest -sha256
    openssl dgst -sha256 -prverify "$here/openssl/rfc7515-a2.pem" -signature signature signed > /dev/null
}
ecdsa() { # RFC 6979 A.2.5, P-256 and SHA-256
    r=efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716
    s=f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8
    bytes "3046022100${r}022100$s" > signature
    printf sample | openssl dgst -sha256 -verify "$here/openssl/rfc6979-a25.pem" -signature signature
}
ecdsa_fresh() { # CURVE: a new key signs, its public half verifies, and a changed text is noticed
    openssl ecparam -name "$1" -genkey -noout -out key && openssl pkey -in key -pubout -out public &&
        bulk | openssl dgst -sha384 -sign key -out signature &&
        bulk | openssl dgst -sha384 -verify public -signature signature &&
        ! (bulk && echo more) | openssl dgst -sha384 -verify public -signature signature
}
rsa_fresh() {
    openssl genrsa -out key 2048 && openssl rsa -in key -pubout -out public &&
        bulk | openssl dgst -sha256 -sign key -out signature &&
        bulk | openssl dgst -sha256 -verify public -signature signature &&
        ! (bulk && echo more) | openssl dgst -sha256 -verify public -signature signature
}
ed25519() { # RFC 8032 7.1, test 3
    bytes af82 > signed
    openssl pkeyutl -sign -rawin -inkey "$here/openssl/rfc8032-71.pem" -in signed | hex
}

nist_key=2b7e151628aed2a6abf7158809cf4f3c
nist_key_256=603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4
nist_iv=000102030405060708090a0b0c0d0e0f
nist_plain=6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51
nist_plain=${nist_plain}30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710

vectors() { # how the CPU is used
    # FIPS 180-2 B, RFC 4231 test 2
    check "SHA-1, $1" same a9993e364706816aba3e25717850c26c9cd0d89d digest_abc -sha1
    check "SHA-1 of a million, $1" same 34aa973cd4c4daa4f61eeb2bdbad27316534016f digest_million -sha1
    check "SHA-256, $1" \
        same ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad digest_abc -sha256
    check "SHA-256 of a million, $1" \
        same cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0 digest_million -sha256
    check "SHA-512, $1" same "$(printf %s ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a \
        2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f)" digest_abc -sha512
    check "SHA3-256, $1" \
        same 3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532 digest_abc -sha3-256
    check "HMAC SHA-256, $1" same 5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843 hmac

    # NIST SP 800-38A F.2.1, F.5.5
    check "AES-128-CBC, $1" same "$(printf %s 7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2 \
        73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7)" \
        cipher aes-128-cbc $nist_key $nist_iv $nist_plain
    check "AES-256-CTR, $1" same "$(printf %s 601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5 \
        2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6)" \
        cipher aes-256-ctr $nist_key_256 f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff $nist_plain
    check "AES-128-CBC of much, $1" \
        same f6cf72b3cd46308cbc711d4f2f0e6039050db04367ad4d92b8393d69638f8f65 bulk_cipher aes-128-cbc $nist_key $nist_iv
    check "AES-256-CTR of much, $1" \
        same 962726458eae59dc46d09b0f2b09fe2b4727c3b6e707e44dfe5ba53e69292f0c bulk_cipher aes-256-ctr $nist_key_256 $nist_iv
    check "AES-GCM and ChaCha20-Poly1305, $1" python3 "$here/openssl/aead.py"

    check "RSA, $1" same 6a99106182fe699f5db2df295cf00db4db2fe8cadad4fb31de6067c4378ffe61 rsa
    check "ECDSA, $1" ecdsa
    check "Ed25519, $1" same "$(printf %s 6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac \
        18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a)" ed25519
}
vectors "as the CPU is"
export OPENSSL_armcap=1
vectors "AdvSIMD without the AES and SHA extensions"
export OPENSSL_armcap=0
vectors "without AdvSIMD"
unset OPENSSL_armcap
check "RSA with a new key" rsa_fresh
check "ECDSA with a new key, P-256" ecdsa_fresh prime256v1
check "ECDSA with a new key, P-384" ecdsa_fresh secp384r1
