// SPDX-License-Identifier: Apache-2.0
// GICD: the registers of SPIs, and of the GIC as a whole. Source: Arm IHI 0069, 12.8, 12.9; semantics of
// arch/arm64/kvm/vgic/vgic-mmio-v3.c.
#pragma once

#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/interrupt_registers.hpp"
#include "arch-arm64/gic/register_map.hpp"
#include "virt/expected.hpp"
#include "virt/ids.hpp"
#include "virt/io_bus.hpp"

#include <cstdint>
#include <span>

namespace arm64::gic {

/// Every access inside the frame is answered. Any thread. From outside, it is to be asked only once the GIC is
/// initialised; before, KVM is EBUSY.
class Distributor final : public virt::IoDevice, private InterruptRegisters {
public:
    static constexpr std::uint64_t frame_size = 0x1'0000; ///< bytes

    explicit Distributor(Gic& gic) : InterruptRegisters(gic) {}

    /// Where the frame begins; before it is put on a bus.
    void place(virt::Gpa base) { base_ = base; }

    bool read(std::uint32_t vcpu, virt::Gpa address, virt::Width width, std::uint64_t& value) override;
    bool write(std::uint32_t vcpu, virt::Gpa address, virt::Width width, std::uint64_t value) override;

    // KVM_DEV_ARM_VGIC_GRP_DIST_REGS: words. What is not there reads as zero and ignores writes; only `has` denies it.
    [[nodiscard]] bool has(std::uint64_t offset);
    [[nodiscard]] std::uint32_t read_outside(std::uint64_t offset);
    /// EINVAL: another GICD_IIDR than revision 2 or 3 of this implementation, another GICD_TYPER2 than it is.
    virt::expected<void> write_outside(std::uint64_t offset, std::uint32_t value);

    [[nodiscard]] static std::span<const RegisterRow<Distributor>> rows();

private:
    struct Map;

    Interrupt* interrupt(std::uint32_t intid) override { return gic().spi(Intid{intid}); }
    [[nodiscard]] std::uint32_t implemented();

    std::uint64_t CTLR(const Access&);
    void set_CTLR(const Access&, std::uint64_t value);
    std::uint64_t TYPER(const Access&);
    std::uint64_t IIDR(const Access&);
    virt::expected<void> restore_IIDR(const Access&, std::uint64_t value);
    virt::expected<void> restore_TYPER2(const Access&, std::uint64_t value);
    std::uint64_t STATUSR(const Access&) { return 0xFFFF'FFFF; }
    std::uint64_t IROUTER(const Access& access);
    void set_IROUTER(const Access& access, std::uint64_t value);

    virt::Gpa base_ = 0;
};

} // namespace arm64::gic
