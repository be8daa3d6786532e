// SPDX-License-Identifier: Apache-2.0
// For our own mistakes only: on in all builds, never on a value that the guest or the host chose.
#pragma once

#include <string_view>

namespace virt {

[[noreturn]] void assertion_failed(std::string_view sentence, const char* file, int line);

} // namespace virt

#define VIRT_ASSERT(condition, sentence)                                                                               \
    do {                                                                                                               \
        if (!(condition)) [[unlikely]]                                                                                 \
            ::virt::assertion_failed(sentence, __FILE__, __LINE__);                                                    \
    } while (false)
