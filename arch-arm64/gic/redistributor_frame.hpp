// SPDX-License-Identifier: Apache-2.0
// GICR of one vCPU: RD_base (LPIs), SGI_base (private interrupts). Source: Arm IHI 0069, 12.10, 12.11; semantics of
// arch/arm64/kvm/vgic/vgic-mmio-v3.c.
#pragma once

#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/interrupt_registers.hpp"
#include "arch-arm64/gic/redistributor.hpp"
#include "arch-arm64/gic/register_map.hpp"
#include "virt/expected.hpp"
#include "virt/ids.hpp"
#include "virt/io_bus.hpp"

#include <atomic>
#include <cstdint>
#include <span>

namespace arm64::gic {

/// Every access inside the frame is answered. Any thread. From outside as the Distributor.
class RedistributorFrame final : public virt::IoDevice, private InterruptRegisters {
public:
    static constexpr std::uint64_t frame_size = 0x2'0000; ///< bytes

    RedistributorFrame(Gic& gic, Redistributor& redistributor)
        : InterruptRegisters(gic), redistributor_(redistributor) {}

    [[nodiscard]] Redistributor& redistributor() { return redistributor_; }
    [[nodiscard]] virt::Gpa base() const { return base_; }
    /// Where the frame begins; before it is put on a bus.
    void place(virt::Gpa base) { base_ = base; }
    /// GICR_TYPER.Last: no other follows it immediately.
    void set_last(bool last) { last_.store(last); }

    bool read(std::uint32_t vcpu, virt::Gpa address, virt::Width width, std::uint64_t& value) override;
    bool write(std::uint32_t vcpu, virt::Gpa address, virt::Width width, std::uint64_t value) override;

    // KVM_DEV_ARM_VGIC_GRP_REDIST_REGS: words. What is not there reads as zero and ignores writes; only `has` denies
    // it.
    [[nodiscard]] static bool has(std::uint64_t offset);
    [[nodiscard]] std::uint32_t read_outside(std::uint64_t offset);
    virt::expected<void> write_outside(std::uint64_t offset, std::uint32_t value);

    [[nodiscard]] static std::span<const RegisterRow<RedistributorFrame>> rows();

private:
    struct Map;

    Interrupt* interrupt(std::uint32_t intid) override { return &redistributor_.private_interrupt(intid); }

    std::uint64_t CTLR(const Access&);
    void set_CTLR(const Access&, std::uint64_t value);
    std::uint64_t IIDR(const Access&) { return 0x4B00'043B; }
    std::uint64_t TYPER(const Access&);
    std::uint64_t PROPBASER(const Access&);
    void set_PROPBASER(const Access& access, std::uint64_t value);
    std::uint64_t PENDBASER(const Access&);
    void set_PENDBASER(const Access& access, std::uint64_t value);
    void write_INVLPIR(const Access& access, std::uint64_t value);
    void write_INVALLR(const Access& access, std::uint64_t value);
    std::uint64_t SYNCR(const Access&) { return invalidating_.load() != 0 ? 1 : 0; }

    Redistributor& redistributor_;
    virt::Gpa base_ = 0;
    std::atomic<bool> last_ = false;
    std::atomic<std::uint32_t> invalidating_ = 0; // threads that are in INVLPIR or INVALLR
};

} // namespace arm64::gic
