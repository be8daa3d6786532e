// SPDX-License-Identifier: Apache-2.0
// The end of the line for our own mistakes.
#include "virt/assert.hpp"

#include "virt/log.hpp"

#include <cstdlib>

namespace virt {

void assertion_failed(std::string_view sentence, const char* file, int line) {
    log::error("itsy is wrong: {} ({}:{})", sentence, file, line);
    std::abort();
}

} // namespace virt
