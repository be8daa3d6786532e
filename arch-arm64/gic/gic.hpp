// SPDX-License-Identifier: Apache-2.0
// A GICv3 in userspace, between the two seams: what routes interrupts above, CPUs below. Source: Arm IHI 0069.
//
// It is what arch/arm64/kvm/vgic is in the kernel, and observably the same (tests/conformance runs on both). The parts:
// distributor.hpp and redistributor_frame.hpp are registers, redistributor.hpp is who queues and delivers,
// cpu_interface.hpp priorities, lpis.hpp LPIs, its.hpp the ITS.
#pragma once

#include "arch-arm64/gic/cpu_interface.hpp"
#include "arch-arm64/gic/interrupt.hpp"
#include "arch-arm64/gic/its_ids.hpp"
#include "arch-arm64/gic/lpis.hpp"
#include "arch-arm64/gic/physical_irq.hpp"
#include "arch-arm64/gic/redistributor.hpp"
#include "arch-arm64/irqchip.hpp"
#include "virt/grace_period.hpp"
#include "virt/ids.hpp"
#include "virt/irqchip.hpp"
#include "virt/mutex.hpp"
#include "virt/slot_memory.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace arm64::gic {

/// What turns a message into an LPI: an ITS. Any thread.
class Translator {
public:
    Translator() = default;
    Translator(const Translator&) = delete;
    Translator& operator=(const Translator&) = delete;

    /// Whether the address is in its frame.
    [[nodiscard]] virtual bool answers(virt::Gpa address) const = 0;
    virtual virt::MsiOutcome signal(std::optional<virt::DeviceId> device, EventId event) = 0;
    /// What `signal` would latch now, lookup and checks included, latching nothing; null if it would deliver nothing.
    /// It remains right as long as `generation` does.
    virtual Interrupt* translate(std::optional<virt::DeviceId> device, EventId event) = 0;
    /// Every translation must be looked up again: LPIs were disabled somewhere.
    virtual void forget_translations() = 0;

    /// Stays as long as what `translate` answered may be used without asking again. Its users read it before they ask.
    [[nodiscard]] const std::atomic<std::uint64_t>& generation() const { return generation_; }

protected:
    ~Translator() = default;
    /// Call it *after* the change of a mapping, and before the command that did it is seen to be complete.
    void invalidate_translated() { generation_.fetch_add(1, std::memory_order_release); }

private:
    std::atomic<std::uint64_t> generation_ = 0;
};

/// Made in this order: vCPUs, init, interrupts; ITSs at any time. Everything from `init` on may be called by any
/// thread.
class Gic final : public virt::Irqchip, public IrqchipSide {
public:
    static constexpr std::uint32_t most_vcpus = 512; ///< VGIC_V3_MAX_CPUS

    Gic(CpuSide& cpus, const virt::SlotMemory& memory, const Implementation& implementation = {});
    ~Gic() override;

    /// The next vCPU, before `init`. `affinity`: Aff2.Aff1.Aff0 of its MPIDR_EL1. Nobody finds it before `reveal_vcpu`.
    Redistributor& prepare_vcpu(virt::VcpuId id, std::uint32_t affinity);
    void reveal_vcpu();
    /// Both.
    Redistributor& add_vcpu(virt::VcpuId id, std::uint32_t affinity);
    /// `interrupts`: private ones included, 32..1020. Once.
    void init(std::uint32_t interrupts);

    [[nodiscard]] std::uint32_t interrupts() const { return interrupts_; }
    [[nodiscard]] std::uint32_t vcpus() const { return vcpus_.load(std::memory_order_acquire); }
    [[nodiscard]] Redistributor& redistributor(VcpuIndex vcpu) { return *redistributors_.at(vcpu.value); }
    /// Null if no vCPU has that affinity or id.
    [[nodiscard]] Redistributor* by_affinity(std::uint32_t affinity);
    [[nodiscard]] Redistributor* by_id(virt::VcpuId id);
    /// Holds interrupts without a target.
    [[nodiscard]] Redistributor& nowhere() { return nowhere_; }
    [[nodiscard]] Lpis& lpis() { return lpis_; }
    [[nodiscard]] const virt::SlotMemory& memory() const { return memory_; }
    [[nodiscard]] const Implementation& implementation() const { return implementation_; }

    /// SGIs and PPIs of that vCPU, SPIs, LPIs that exist; else null.
    [[nodiscard]] Interrupt* find(VcpuIndex vcpu, Intid intid);
    /// SPI; null if there is none of that INTID.
    [[nodiscard]] Interrupt* spi(Intid intid);

    /// The level of an input; see virt::Irqchip::raise. Of an interrupt that forwards a source, or is claimed: nothing,
    /// as the input belongs to whoever did that.
    static void raise(Interrupt& one);
    static void lower(Interrupt& one);
    /// The input belongs to the caller from now on, for good; false if it belongs to somebody. Source:
    /// kvm_vgic_set_owner.
    [[nodiscard]] static bool claim(Interrupt& one);
    /// Whether nobody has claimed it, and it forwards no source.
    [[nodiscard]] static bool unclaimed(Interrupt& one);
    /// `raise` and `lower` for who has claimed it.
    static void drive(Interrupt& one, CpuSide::Level level);

    /// GICD_CTLR.EnableGrp1.
    [[nodiscard]] bool forwarding() const { return forwarding_.load(); }
    void set_forwarding(bool forwarding);

    /// GICD_IIDR.Revision: 2 or 3, which has GICR_CTLR.{CES, IR}.
    [[nodiscard]] std::uint32_t revision() const { return revision_.load(); }
    void set_revision(std::uint32_t revision) { revision_.store(revision); }

    /// Forwards `source` by this SPI or PPI; false if that forwards one already, or is claimed. The line is the
    /// source's from now on, and what is active stays so. Whoever knows that the source's level may have changed calls
    /// `sample`.
    static bool map(Interrupt& one, PhysicalIrq& source);
    /// The interrupt is an ordinary one again: nothing pends, what is active ends as usual. The source may fire. When
    /// this returns, nobody calls the source: not from within one of its calls.
    void unmap(Interrupt& one);
    /// Looks at the source's level; nothing if there is none. A rise while the interrupt is active waits for its end.
    static void sample(Interrupt& one);
    /// PhysicalIrq::set_active of the source that is forwarded, if there is one.
    void set_source_active(Interrupt& one, bool active);

    /// ITSs come and do not go. `its` must answer from now on.
    void add(Translator& its);
    [[nodiscard]] bool has_its() const { return !itss_.load()->empty(); }
    /// Of all ITSs.
    void forget_translations();

    /// ICC_* from outside (KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS). Nothing, or false: EINVAL.
    [[nodiscard]] std::optional<std::uint64_t> save_sysreg(VcpuIndex vcpu, SysregId id);
    [[nodiscard]] bool restore_sysreg(VcpuIndex vcpu, SysregId id, std::uint64_t value);
    /// Whether it is one of those; else ENXIO.
    [[nodiscard]] static bool saves_sysreg(SysregId id);

    // virt::Irqchip
    [[nodiscard]] bool initialised() const override { return initialised_.load(std::memory_order_acquire); }
    void raise(virt::Pin pin) override;
    void lower(virt::Pin pin) override;
    virt::MsiOutcome signal(const virt::Msi& msi) override;
    std::optional<virt::TranslatedMsi> translate(const virt::Msi& msi) override;
    void deliver(const virt::TranslatedMsi& msi) override { Lpis::signal(*static_cast<Interrupt*>(msi.target)); }
    void set_listener(virt::DeactivationListener& listener) override { listener_.store(&listener); }

    // IrqchipSide
    std::optional<std::uint64_t> read_sysreg(VcpuIndex vcpu, SysregId id) override;
    bool write_sysreg(VcpuIndex vcpu, SysregId id, std::uint64_t value) override;
    bool wakes(VcpuIndex vcpu) override { return redistributor(vcpu).wakes(); }
    void timer_level(VcpuIndex vcpu, Intid ppi, CpuSide::Level level) override;

private:
    using Itss = std::vector<Translator*>;

    [[nodiscard]] Translator* its_at(virt::Gpa doorbell) const;

    void end(VcpuIndex vcpu, std::uint64_t value, Group group);
    void deactivate(VcpuIndex vcpu, std::uint64_t value);
    void tell_deactivated(Interrupt& one);
    /// Calls `tell(PhysicalIrq&)`, without a lock, if a source is forwarded.
    template <class Tell>
    void with_source(Interrupt& one, Tell tell) {
        const virt::GracePeriod::Reader reader(sources_);
        if (auto* const source = Redistributor::inspect(one, [](const Interrupt& found) { return found.source; }))
            tell(*source);
    }
    enum class SgiGroups : std::uint8_t { any, group0 };
    void send_sgi(VcpuIndex sender, std::uint64_t value, SgiGroups groups);

    const virt::SlotMemory& memory_;
    const Implementation implementation_;
    CpuSide& cpus_;
    Redistributor nowhere_;
    Lpis lpis_;
    // ITS commands may look for a vCPU while others come: they see the first `vcpus_`.
    std::array<std::unique_ptr<Redistributor>, most_vcpus> redistributors_;
    std::atomic<std::uint32_t> vcpus_ = 0; // fixed by init
    [[nodiscard]] std::span<const std::unique_ptr<Redistributor>> all() const {
        return std::span(redistributors_).first(vcpus());
    }
    std::unique_ptr<Interrupt[]> spis_; // from INTID 32
    std::uint32_t interrupts_ = 0;
    std::atomic<bool> initialised_ = false;
    virt::Mutex forwarding_lock_; // who tells the redistributors
    std::atomic<bool> forwarding_ = false;
    std::atomic<std::uint32_t> revision_ = 3;
    std::atomic<virt::DeactivationListener*> listener_ = nullptr;
    virt::GracePeriod sources_; // of calls to them
    std::mutex adding_;
    std::atomic<const Itss*> itss_ = new Itss;
    std::vector<std::unique_ptr<const Itss>> old_itss_; // an ITS is added so rarely that readers need no grace period
};

} // namespace arm64::gic
