// SPDX-License-Identifier: Apache-2.0
// Errors as sentences.
#include "virt/expected.hpp"

#include <cerrno>
#include <system_error>

namespace virt {

std::string Error::sentence() const {
    std::string text = "Unable to " + attempted;
    if (code != 0)
        text += ": " + std::generic_category().message(code);
    if (!remedy.empty())
        text += "; " + remedy;
    return text;
}

unexpected system_failure(std::string attempted, std::string remedy) {
    return failure(errno, std::move(attempted), std::move(remedy));
}

} // namespace virt
