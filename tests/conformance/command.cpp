// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/command.hpp"

#include <cstddef>
#include <iterator>
#include <sstream>

namespace conformance {

std::string Command::text() const {
#define ITSY_ROW(name) #name,
    static constexpr const char* names[] = {PUPPET_OPERATIONS(ITSY_ROW) "CALL"};
#undef ITSY_ROW
    static_assert(std::size(names) == static_cast<std::size_t>(Operation::CALL) + 1);
    std::ostringstream text;
    text << names[static_cast<std::size_t>(operation)] << ' ' << sysreg.name << std::hex;
    std::size_t used = operands.size();
    while (used > 0 && operands[used - 1] == 0)
        --used;
    for (std::size_t n = 0; n < used; ++n)
        text << " 0x" << operands[n];
    return text.str();
}

} // namespace conformance
