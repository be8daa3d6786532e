// SPDX-License-Identifier: Apache-2.0
// A virtual machine made of bricks, each of which a test may leave out, repeat or put in the wrong place.
#pragma once

#include "arch-arm64/kvm.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/layout.hpp"
#include "tests/conformance/provider.hpp"
#include "tests/conformance/puppet.hpp"
#include "tests/conformance/sysreg.hpp"
#include "virt/capability.hpp"
#include "virt/guest_memory.hpp"

#include <concepts>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <variant>
#include <vector>

struct kvm_irq_routing_entry; // <linux/kvm.h>

namespace conformance {

/// What most tests want: vCPUs, an initialised GICv3 at layout's addresses, some ITSs.
struct Bricks {
    std::vector<std::uint32_t> vcpus = {0}; ///< their ids, in the order of creation
    unsigned its = 0;
    std::uint32_t interrupts = 128; ///< 32 private ones included; 64..992, a multiple of 32
    arm64::VcpuFeatures features = arm64::VcpuFeatures().add(arm64::VcpuFeature::psci_0_2);
    virt::CapabilityMask hidden = {};
};

/// Owns everything but its provider, which is the one under test unless a test names another and so has machines of
/// several. Calls through the seam come back as the provider answered them; `must` ends the test where a test
/// does not care. vCPUs and ITSs are counted from 0, in the order of creation.
class Machine {
public:
    /// RAM and nothing else.
    explicit Machine(unsigned ipa_bits = 40, virt::CapabilityMask hidden = {},
                     const Provider& provider = conformance::provider());
    /// All of it, in the order that always works.
    explicit Machine(const Bricks& bricks, const Provider& provider = conformance::provider());
    ~Machine();
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    // Bricks. What is created is kept; a second GIC or a vCPU that is refused leaves the first in place.
    virt::expected<void> create_vcpu(std::uint32_t id);
    virt::expected<void> init_vcpu(unsigned vcpu, arm64::VcpuFeatures features = Bricks().features);
    virt::expected<void> create_gic(virt::DeviceType type = virt::DeviceType::vgic_v3);
    virt::expected<void> set_interrupts(std::uint32_t number);
    virt::expected<void> place_distributor(virt::Gpa base = layout::GICD);
    /// One region that grows with the vCPUs (KVM_VGIC_V3_ADDR_TYPE_REDIST).
    virt::expected<void> place_redistributors(virt::Gpa base = layout::GICR);
    /// KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION: `count` frames.
    virt::expected<void> place_redistributor_region(unsigned index, virt::Gpa base, unsigned count);
    virt::expected<void> create_its();
    virt::expected<void> place_its(unsigned its, virt::Gpa base);
    virt::expected<void> place_its(unsigned its) { return place_its(its, layout::its(its)); }
    virt::expected<void> init_gic();
    virt::expected<void> init_its(unsigned its);

    [[nodiscard]] arm64::System& system() { return *system_; }
    [[nodiscard]] arm64::Vm& vm() { return *vm_; }
    [[nodiscard]] virt::GuestMemory& memory() { return memory_; }
    [[nodiscard]] unsigned vcpus() const { return static_cast<unsigned>(vcpus_.size()); }
    [[nodiscard]] unsigned its_count() const { return static_cast<unsigned>(its_.size()); }
    /// While its puppet is idle.
    [[nodiscard]] arm64::Vcpu& vcpu(unsigned vcpu) { return *vcpus_.at(vcpu).vcpu; }
    [[nodiscard]] std::uint32_t vcpu_id(unsigned vcpu) const { return vcpus_.at(vcpu).id; }
    [[nodiscard]] virt::Device& gic() { return *gic_; }
    [[nodiscard]] virt::Device& its(unsigned its) { return *its_.at(its); }
    /// Made when first asked for; enters the guest with its first list.
    [[nodiscard]] Puppet& puppet(unsigned vcpu = 0);

    /// Aff2.Aff1.Aff0 of MPIDR_EL1, which KVM makes of the vCPU's id.
    [[nodiscard]] std::uint32_t affinity(unsigned vcpu) const;
    /// What ITS commands call a vCPU (GITS_TYPER.PTA = 0); see Facts::rdbase_is_vcpu_id.
    [[nodiscard]] std::uint64_t rdbase(unsigned vcpu) const;
    /// Zeroed guest RAM that nobody else got.
    [[nodiscard]] virt::Gpa allocate(std::uint64_t bytes, std::uint64_t alignment = 8);
    /// Guest RAM, aligned, which the guest may write meanwhile; the test ends if it is none.
    template <std::unsigned_integral T>
    [[nodiscard]] T ram(virt::Gpa address) const {
        if (!memory_.contains(address, sizeof(T)) || address % sizeof(T) != 0)
            throw std::out_of_range("no guest RAM at that address");
        return __atomic_load_n(reinterpret_cast<const T*>(memory_.host() + (address - memory_.base())),
                               __ATOMIC_RELAXED);
    }
    template <class T>
    void set_ram(virt::Gpa address, T value) {
        if (!memory_.write(address, value))
            throw std::out_of_range("no guest RAM at that address");
    }

    // The vGIC's registers from outside: KVM_DEV_ARM_VGIC_GRP_DIST_REGS and so on. No vCPU may run.
    [[nodiscard]] virt::expected<std::uint32_t> gicd(std::uint64_t offset);
    virt::expected<void> set_gicd(std::uint64_t offset, std::uint32_t value);
    [[nodiscard]] virt::expected<std::uint32_t> gicr(unsigned vcpu, std::uint64_t offset);
    virt::expected<void> set_gicr(unsigned vcpu, std::uint64_t offset, std::uint32_t value);
    [[nodiscard]] virt::expected<std::uint64_t> icc(unsigned vcpu, const Sysreg& sysreg);
    virt::expected<void> set_icc(unsigned vcpu, const Sysreg& sysreg, std::uint64_t value);
    /// Lines of the 32 interrupts from `intid`, a multiple of 32; `vcpu` matters for private ones.
    [[nodiscard]] virt::expected<std::uint32_t> line_level(std::uint32_t intid, unsigned vcpu = 0);
    virt::expected<void> set_line_level(std::uint32_t intid, std::uint32_t lines, unsigned vcpu = 0);
    [[nodiscard]] virt::expected<std::uint64_t> gits(unsigned its, std::uint64_t offset);
    virt::expected<void> set_gits(unsigned its, std::uint64_t offset, std::uint64_t value);

    // KVM_DEV_ARM_VGIC_GRP_CTRL. No vCPU may run.
    virt::expected<void> save_its_tables(unsigned its);
    virt::expected<void> restore_its_tables(unsigned its);
    virt::expected<void> reset_its(unsigned its);
    virt::expected<void> save_pending_tables();

    /// KVM_IRQ_LINE.
    virt::expected<void> set_spi(std::uint32_t intid, bool level);
    virt::expected<void> set_ppi(std::uint32_t intid, unsigned vcpu, bool level);
    /// Between a signal and the look at its effect; see Provider::settle.
    void settle();
    /// KVM_SET_GSI_ROUTING.
    struct Route {
        std::uint32_t gsi;
        std::variant<virt::Pin, virt::Msi> to;
    };
    virt::expected<void> set_routes(const std::vector<Route>& routes);
    /// The same, with entries that may be as wrong as a test wants.
    virt::expected<void> set_routing(const std::vector<kvm_irq_routing_entry>& entries, std::uint32_t flags = 0);

private:
    struct Cpu {
        std::uint32_t id;
        std::unique_ptr<arm64::Vcpu> vcpu;
        std::unique_ptr<Puppet> puppet;
    };

    const Provider& provider_;
    // Made in this order; vCPUs and devices go before their VM.
    virt::GuestMemory memory_;
    std::unique_ptr<arm64::System> system_;
    std::unique_ptr<arm64::Vm> vm_;
    std::unique_ptr<virt::Device> gic_;
    std::vector<std::unique_ptr<virt::Device>> its_;
    std::vector<Cpu> vcpus_;
    virt::Gpa free_ = layout::free_RAM;
};

} // namespace conformance
