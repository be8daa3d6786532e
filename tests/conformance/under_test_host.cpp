// SPDX-License-Identifier: Apache-2.0
// Under test: the KVM of the running kernel.
#include "tests/conformance/provider.hpp"

namespace conformance {

const Provider& provider() { return host_provider(); }

} // namespace conformance
