// SPDX-License-Identifier: Apache-2.0
// Under test: itsy's own KVM with its software CPU, which executes the puppet.
#include "arch-arm64/soft/system.hpp"
#include "tests/conformance/provider_own.hpp"

#include <memory>
#include <string>
#include <utility>

namespace conformance {
namespace {

class CpuProvider final : public OwnProvider {
public:
    [[nodiscard]] std::string name() const override { return "itsy's own KVM"; }
    virt::expected<std::unique_ptr<arm64::System>> open(virt::CapabilityMask mask) const override {
        return arm64::soft::open(std::move(mask));
    }
};

} // namespace

const Provider& provider() {
    static const CpuProvider cpu;
    return cpu;
}

} // namespace conformance
