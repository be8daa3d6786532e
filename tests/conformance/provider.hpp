// SPDX-License-Identifier: Apache-2.0
// Which KVM is under test, what it can, and how it may differ from others.
#pragma once

#include "arch-arm64/kvm.hpp"
#include "virt/capability.hpp"
#include "virt/expected.hpp"

#include <memory>
#include <string>

namespace conformance {

class Machine;
class Puppet;

/// Documented differences between KVM versions. A test asks by name and never for a version.
struct Facts {
    /// ITS commands and tables name a vCPU by its id; before 6.7 by its creation index.
    bool rdbase_is_vcpu_id;
    /// MAPC with V=0 fails if RDbase names no vCPU (before 6.7).
    bool unmapping_mapc_checks_rdbase;
    /// KVM_IRQ_LINE names a vCPU by its id; before 6.7 by its creation index.
    bool irq_line_names_vcpu_id;
    /// KVM_IRQ_LINE for a PPI, and the "self" of a broadcast SGI, take vCPU id and index for the same (before 6.7).
    bool confuses_vcpu_id_and_index;
    /// CNTP_CTL, CNTP_CVAL and CNTPCT can be read and written from outside (6.4).
    bool physical_timer_registers;
    /// Timer PPIs belong to the VM, later vCPUs included, and are fixed by the first run (6.4).
    bool timer_ppis_are_vm_wide;
    /// KVM_ARM_VCPU_TIMER_CTRL knows the PPIs of the EL2 timers (6.4).
    bool hypervisor_timers;
    /// KVM_ARM_SET_COUNTER_OFFSET exists (6.4).
    bool counter_offset;
    /// A VM is born with an empty routing table (6.10).
    bool born_with_routing_table;
    /// The translation cache holds every translation; before 6.10 16 for each vCPU, least recently used first out.
    bool translation_cache_is_unlimited;
    /// Each ITS has a translation cache, which any address in its frame reaches; before 6.10 there is one, that
    /// whatever one ITS does can empty, and that knows doorbells.
    bool translation_cache_is_per_its;
    /// A new value in GITS_BASER forgets what that table mapped (6.12; not in 6.1, between them nobody looked); before,
    /// only Valid = 0 does.
    bool changing_baser_forgets_mappings;
    /// Saving passes over a device whose entry the guest's table has no place for; it failed in 6.1 (6.12; ditto).
    bool save_leaves_out_devices_without_place;
    /// Without a vGICv3 ICC_* are UNDEFINED and ID_AA64PFR0_EL1.GIC reads 0 (6.12).
    bool hides_gic_without_vgic;
    /// VCPU_INIT takes POWER_OFF as a wish of the moment; before 6.5 as a feature, the same each time.
    bool power_off_is_ephemeral;
    /// All vCPUs of a VM have the same features (6.5).
    bool features_are_vm_wide;
    /// VCPU_INIT leaves MPIDR_EL1 as the VMM wrote it; before 6.10 it is reset with the rest.
    bool mpidr_survives_initialisation;
    /// SMC is answered as HVC is; before 6.4 it is NOT_SUPPORTED, whatever it calls.
    bool answers_smc;
    /// An eventfd is bound to one irqfd in the whole system, not only in its VM (6.17).
    bool irqfd_binding_is_system_wide;
    /// ICC_BPR*_EL1 read 0 from outside until the vCPU runs, and then what the hardware makes of that. Every Linux.
    bool binary_points_begin_at_zero;
    /// More active interrupts than list registers keep their state (6.19).
    bool active_beyond_list_registers;
};

/// What Linux of that version does.
[[nodiscard]] Facts facts_of_linux(unsigned version, unsigned patchlevel);

class Provider {
public:
    Provider() = default;
    Provider(const Provider&) = delete;
    Provider& operator=(const Provider&) = delete;
    virtual ~Provider() = default;

    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual const Facts& facts() const = 0;
    virtual virt::expected<std::unique_ptr<arm64::System>> open(virt::CapabilityMask mask) const = 0;

    /// Whether vCPUs execute guest code. Without, puppets speak to the interrupt controller directly.
    [[nodiscard]] virtual bool executes_code() const { return true; }
    /// Whether interrupts go through list registers, whose state KVM looks at when the vCPU leaves the guest.
    [[nodiscard]] virtual bool has_list_registers() const { return true; }
    /// Whether write(2) to an eventfd returns after what its irqfd's fast path injects. Otherwise a thread does that.
    [[nodiscard]] virtual bool injects_inside_write() const { return true; }
    /// Whether the last close(2) of an eventfd ends its bindings.
    [[nodiscard]] virtual bool sees_last_close() const { return true; }
    /// Whether EFD_SEMAPHORE eventfds are told from others.
    [[nodiscard]] virtual bool tells_semaphores() const { return true; }
    /// Returns when what was signalled so far, to irqfds and resample eventfds, has had its effect. Not what KVM leaves
    /// to a work item (an eventfd that was readable when assigned, an MSI that is not cached): deassigning waits for
    /// it.
    virtual void settle(Machine& /*machine*/) const {}
    /// Plays the part of the guest on one vCPU of `machine`, by creation index.
    virtual std::unique_ptr<Puppet> make_puppet(Machine& machine, unsigned vcpu) const;
};

/// The one under test, which this program is linked with (under_test_*.cpp). GoogleTest gives a test no argument to be
/// told by.
[[nodiscard]] const Provider& provider();

/// KVM of the running kernel.
[[nodiscard]] const Provider& host_provider();

[[nodiscard]] inline const Facts& facts() { return provider().facts(); }

} // namespace conformance

/// For what only a vCPU that runs code can show: its registers, PSCI, exits.
#define NEEDS_EXECUTION()                                                                                              \
    do {                                                                                                               \
        if (!::conformance::provider().executes_code())                                                                \
            GTEST_SKIP() << ::conformance::provider().name() << " executes no guest code";                             \
    } while (false)

/// For what holds only until write(2) returns.
#define NEEDS_INJECTION_INSIDE_WRITE()                                                                                 \
    do {                                                                                                               \
        if (!::conformance::provider().injects_inside_write())                                                         \
            GTEST_SKIP() << ::conformance::provider().name() << " injects in a thread of its own";                     \
    } while (false)

/// For what begins when nobody else holds an eventfd any more.
#define NEEDS_SIGHT_OF_LAST_CLOSE()                                                                                    \
    do {                                                                                                               \
        if (!::conformance::provider().sees_last_close())                                                              \
            GTEST_SKIP() << ::conformance::provider().name() << " holds eventfds open itself";                         \
    } while (false)

#define NEEDS_SEMAPHORES()                                                                                             \
    do {                                                                                                               \
        if (!::conformance::provider().tells_semaphores())                                                             \
            GTEST_SKIP() << ::conformance::provider().name() << " cannot tell a semaphore here: Linux is before 6.5";  \
    } while (false)
