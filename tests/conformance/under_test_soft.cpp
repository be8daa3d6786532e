// SPDX-License-Identifier: Apache-2.0
// Under test: itsy's own KVM.
#include "tests/conformance/provider_soft.hpp"

namespace conformance {

const Provider& provider() {
    static const auto soft = make_soft_provider();
    return *soft;
}

} // namespace conformance
