# SPDX-License-Identifier: Apache-2.0
# A file's bytes as a C++ function: cmake -D name=NAME -D bin=FILE -D code=FILE -P embed.cmake
file(READ ${bin} bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${code} "#include <cstddef>
#include <span>

namespace embedded {

std::span<const std::byte> ${name}();

std::span<const std::byte> ${name}() {
    static constexpr unsigned char bytes[] = {
${bytes}};
    return std::as_bytes(std::span(bytes));
}

} // namespace embedded
")
