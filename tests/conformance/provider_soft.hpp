// SPDX-License-Identifier: Apache-2.0
// itsy's own KVM (arch-arm64/soft, virt/soft), without a CPU.
#pragma once

#include "arch-arm64/gic/cpu_interface.hpp"
#include "tests/conformance/provider.hpp"

#include <memory>

namespace conformance {

[[nodiscard]] std::unique_ptr<Provider> make_soft_provider(const arm64::gic::Implementation& implementation = {});

} // namespace conformance
