// SPDX-License-Identifier: Apache-2.0
// KVM_IRQ_LINE's packed field. Source: Documentation/virt/kvm/api.rst, 4.25.
#include "arch-arm64/kvm.hpp"

namespace arm64 {
namespace {

enum class Type : std::uint32_t { cpu = 0, spi = 1, ppi = 2 };

constexpr virt::IrqLineField pack(Type type, unsigned vcpu, std::uint32_t number) {
    const std::uint32_t vcpu2_index = (vcpu >> 8) & 0xF;
    const std::uint32_t vcpu_index = vcpu & 0xFF;
    return virt::IrqLineField{vcpu2_index << 28 | static_cast<std::uint32_t>(type) << 24 | vcpu_index << 16 |
                              (number & 0xFFFF)};
}

} // namespace

virt::IrqLineField irq_line::spi(Intid intid) { return pack(Type::spi, 0, intid.value); }

virt::IrqLineField irq_line::ppi(Intid intid, unsigned vcpu) { return pack(Type::ppi, vcpu, intid.value); }

virt::IrqLineField irq_line::cpu(Input input, unsigned vcpu) {
    return pack(Type::cpu, vcpu, static_cast<std::uint32_t>(input));
}

} // namespace arm64
