// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/machine.hpp"

#include "arch-arm64/registers.hpp"
#include "arch-arm64/vgic_attributes.hpp"
#include "tests/conformance/provider.hpp"
#include "tests/conformance/vcpu_puppet.hpp"

#include <linux/kvm.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <variant>

namespace conformance {

namespace attr = arm64::attr;
using virt::expected;

Machine::Machine(unsigned ipa_bits, virt::CapabilityMask hidden, const Provider& provider)
    : provider_(provider),
      memory_(must(virt::GuestMemory::allocate(layout::RAM, layout::RAM_size))),
      system_(must(provider.open(std::move(hidden)))),
      vm_(must(system_->create_vm(ipa_bits))) {
    memory_.use_small_pages(layout::RAM, layout::RAM_size); // clearing huge ones would be most of a test's time
    must(vm_->add_memory(
        {.id = virt::SlotId{0}, .base = memory_.base(), .size = memory_.size(), .host = memory_.host()}));
}

Machine::Machine(const Bricks& bricks, const Provider& provider) : Machine(40, bricks.hidden, provider) {
    for (const auto id : bricks.vcpus) {
        must(create_vcpu(id));
        must(init_vcpu(vcpus() - 1, bricks.features));
    }
    must(create_gic());
    must(set_interrupts(bricks.interrupts));
    must(place_distributor());
    must(place_redistributors());
    for (unsigned n = 0; n < bricks.its; ++n) {
        must(create_its());
        must(place_its(n));
    }
    must(init_gic());
}

Machine::~Machine() {
    for (auto& cpu : vcpus_)
        cpu.puppet.reset(); // whose threads run the vCPUs
}

expected<void> Machine::create_vcpu(std::uint32_t id) {
    auto vcpu = vm_->create_vcpu(virt::VcpuId{id});
    VIRT_TRY(vcpu);
    vcpus_.push_back({id, *std::move(vcpu), nullptr});
    return {};
}

expected<void> Machine::init_vcpu(unsigned vcpu, arm64::VcpuFeatures features) {
    return this->vcpu(vcpu).init(features);
}

expected<void> Machine::create_gic(virt::DeviceType type) {
    auto gic = vm_->create_device(type);
    VIRT_TRY(gic);
    gic_ = *std::move(gic);
    return {};
}

expected<void> Machine::set_interrupts(std::uint32_t number) { return gic_->set_number(attr::GRP_NR_IRQS, 0, number); }

expected<void> Machine::place_distributor(virt::Gpa base) {
    return gic_->set_number(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_DIST, base);
}

expected<void> Machine::place_redistributors(virt::Gpa base) {
    return gic_->set_number(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_REDIST, base);
}

expected<void> Machine::place_redistributor_region(unsigned index, virt::Gpa base, unsigned count) {
    return gic_->set_number(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_REDIST_REGION,
                            std::uint64_t{count} << 52 | base | index);
}

expected<void> Machine::create_its() {
    auto its = vm_->create_device(virt::DeviceType::vgic_its);
    VIRT_TRY(its);
    its_.push_back(*std::move(its));
    return {};
}

expected<void> Machine::place_its(unsigned its, virt::Gpa base) {
    return this->its(its).set_number(attr::GRP_ADDR, attr::VGIC_ITS_ADDR_TYPE, base);
}

expected<void> Machine::init_gic() { return gic_->set_attr(attr::GRP_CTRL, attr::CTRL_INIT, {}); }

expected<void> Machine::init_its(unsigned its) { return this->its(its).set_attr(attr::GRP_CTRL, attr::CTRL_INIT, {}); }

Puppet& Machine::puppet(unsigned vcpu) {
    auto& cpu = vcpus_.at(vcpu);
    if (!cpu.puppet)
        cpu.puppet = provider_.make_puppet(*this, vcpu);
    return *cpu.puppet;
}

std::unique_ptr<Puppet> Provider::make_puppet(Machine& machine, unsigned vcpu) const {
    if (!machine.memory().write(PUPPET_IMAGE, puppet_image()))
        throw std::out_of_range("the puppet is larger than RAM");
    return std::make_unique<VcpuPuppet>(machine.vcpu(vcpu), machine.memory(), vcpu);
}

std::uint32_t Machine::affinity(unsigned vcpu) const {
    const std::uint32_t id = vcpu_id(vcpu);
    return (id >> 12 & 0xFF) << 16 | (id >> 4 & 0xFF) << 8 | (id & 0xF);
}

std::uint64_t Machine::rdbase(unsigned vcpu) const {
    return provider_.facts().rdbase_is_vcpu_id ? vcpu_id(vcpu) : vcpu;
}

virt::Gpa Machine::allocate(std::uint64_t bytes, std::uint64_t alignment) {
    const virt::Gpa base = (free_ + alignment - 1) / alignment * alignment;
    if (!memory_.contains(base, bytes))
        throw std::out_of_range("guest RAM is used up");
    free_ = base + bytes;
    return base;
}

namespace {

std::uint64_t addressed(std::uint32_t affinity, std::uint64_t rest) { return std::uint64_t{affinity} << 32 | rest; }

std::uint64_t line_level_of(std::uint32_t affinity, std::uint32_t intid) {
    constexpr std::uint64_t line_level = 0; // VGIC_LEVEL_INFO_LINE_LEVEL
    return addressed(affinity, line_level << 10 | intid);
}

} // namespace

expected<std::uint32_t> Machine::gicd(std::uint64_t offset) {
    return gic_->get_number<std::uint32_t>(attr::GRP_DIST_REGS, offset);
}

expected<void> Machine::set_gicd(std::uint64_t offset, std::uint32_t value) {
    return gic_->set_number(attr::GRP_DIST_REGS, offset, value);
}

expected<std::uint32_t> Machine::gicr(unsigned vcpu, std::uint64_t offset) {
    return gic_->get_number<std::uint32_t>(attr::GRP_REDIST_REGS, addressed(affinity(vcpu), offset));
}

expected<void> Machine::set_gicr(unsigned vcpu, std::uint64_t offset, std::uint32_t value) {
    return gic_->set_number(attr::GRP_REDIST_REGS, addressed(affinity(vcpu), offset), value);
}

expected<std::uint64_t> Machine::icc(unsigned vcpu, const Sysreg& sysreg) {
    return gic_->get_number<std::uint64_t>(attr::GRP_CPU_SYSREGS, addressed(affinity(vcpu), sysreg.encoding));
}

expected<void> Machine::set_icc(unsigned vcpu, const Sysreg& sysreg, std::uint64_t value) {
    return gic_->set_number(attr::GRP_CPU_SYSREGS, addressed(affinity(vcpu), sysreg.encoding), value);
}

expected<std::uint32_t> Machine::line_level(std::uint32_t intid, unsigned vcpu) {
    return gic_->get_number<std::uint32_t>(attr::GRP_LEVEL_INFO, line_level_of(affinity(vcpu), intid));
}

expected<void> Machine::set_line_level(std::uint32_t intid, std::uint32_t lines, unsigned vcpu) {
    return gic_->set_number(attr::GRP_LEVEL_INFO, line_level_of(affinity(vcpu), intid), lines);
}

expected<std::uint64_t> Machine::gits(unsigned its, std::uint64_t offset) {
    return this->its(its).get_number<std::uint64_t>(attr::GRP_ITS_REGS, offset);
}

expected<void> Machine::set_gits(unsigned its, std::uint64_t offset, std::uint64_t value) {
    return this->its(its).set_number(attr::GRP_ITS_REGS, offset, value);
}

expected<void> Machine::save_its_tables(unsigned its) {
    return this->its(its).set_attr(attr::GRP_CTRL, attr::CTRL_ITS_SAVE_TABLES, {});
}

expected<void> Machine::restore_its_tables(unsigned its) {
    return this->its(its).set_attr(attr::GRP_CTRL, attr::CTRL_ITS_RESTORE_TABLES, {});
}

expected<void> Machine::reset_its(unsigned its) {
    return this->its(its).set_attr(attr::GRP_CTRL, attr::CTRL_ITS_RESET, {});
}

expected<void> Machine::save_pending_tables() {
    return gic_->set_attr(attr::GRP_CTRL, attr::CTRL_SAVE_PENDING_TABLES, {});
}

expected<void> Machine::set_spi(std::uint32_t intid, bool level) {
    return vm_->set_irq_line(arm64::irq_line::spi(arm64::Intid{intid}), level);
}

expected<void> Machine::set_ppi(std::uint32_t intid, unsigned vcpu, bool level) {
    return vm_->set_irq_line(arm64::irq_line::ppi(arm64::Intid{intid}, vcpu), level);
}

void Machine::settle() { provider_.settle(*this); }

expected<void> Machine::set_routes(const std::vector<Route>& routes) {
    std::vector<kvm_irq_routing_entry> entries;
    for (const auto& route : routes) {
        kvm_irq_routing_entry entry{};
        entry.gsi = route.gsi;
        if (const auto* const pin = std::get_if<virt::Pin>(&route.to)) {
            entry.type = KVM_IRQ_ROUTING_IRQCHIP;
            entry.u.irqchip.pin = pin->value;
        } else {
            const auto& msi = std::get<virt::Msi>(route.to);
            entry.type = KVM_IRQ_ROUTING_MSI;
            entry.u.msi.address_lo = static_cast<std::uint32_t>(msi.address);
            entry.u.msi.address_hi = static_cast<std::uint32_t>(msi.address >> 32);
            entry.u.msi.data = msi.data;
            if (msi.device) {
                entry.flags = KVM_MSI_VALID_DEVID;
                entry.u.msi.devid = msi.device->value;
            }
        }
        entries.push_back(entry);
    }
    return set_routing(entries);
}

expected<void> Machine::set_routing(const std::vector<kvm_irq_routing_entry>& entries, std::uint32_t flags) {
    // As words, which are aligned as the structure wants; the first is its head: nr, flags.
    const std::size_t bytes = entries.size() * sizeof(kvm_irq_routing_entry);
    std::vector<std::uint64_t> table(1 + bytes / 8);
    static_assert(sizeof(kvm_irq_routing_entry) % 8 == 0);
    table[0] = entries.size() | std::uint64_t{flags} << 32;
    if (!entries.empty())
        std::memcpy(&table[1], entries.data(), bytes);
    return vm_->set_gsi_routing(*reinterpret_cast<const kvm_irq_routing*>(table.data()));
}

} // namespace conformance
