// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/system.hpp"

#include "arch-arm64/cpu/model.hpp"
#include "arch-arm64/soft/cpu_engine.hpp"
#include "arch-arm64/soft/vm.hpp"
#include "arch-arm64/timer/counter.hpp"

#include <utility>

namespace arm64::soft {
namespace {

class SoftSystem final : public System {
public:
    explicit SoftSystem(virt::CapabilityMask mask) : mask_(std::move(mask)) {}

    [[nodiscard]] int check_extension(virt::Capability capability) const override {
        return mask_.hides(capability) ? 0 : Vm::offers(CpuEngine(cpu::baseline()), capability);
    }
    virt::expected<std::unique_ptr<arm64::Vm>> create_vm(unsigned ipa_bits) override {
        auto vm = make_vm(ipa_bits);
        VIRT_TRY(vm);
        return std::unique_ptr<arm64::Vm>(*std::move(vm));
    }
    [[nodiscard]] unsigned max_ipa_bits() const override { return Vm::most_ipa_bits; }
    [[nodiscard]] std::uint64_t counter() const override { return counter_.ticks(); }
    [[nodiscard]] std::uint64_t counter_frequency() const override { return counter_.frequency(); }

private:
    [[nodiscard]] virt::expected<std::unique_ptr<Vm>> make_vm(unsigned ipa_bits) const {
        return Vm::create(std::make_unique<CpuEngine>(cpu::baseline()), counter_, ipa_bits, mask_);
    }

    const virt::CapabilityMask mask_;
    timer::MonotonicCounter counter_;
};

} // namespace

std::unique_ptr<System> open(virt::CapabilityMask mask) { return std::make_unique<SoftSystem>(std::move(mask)); }

} // namespace arm64::soft
