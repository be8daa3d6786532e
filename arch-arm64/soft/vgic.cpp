// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/vgic.hpp"

#include "arch-arm64/soft/frame_address.hpp"
#include "virt/assert.hpp"

#include <algorithm>
#include <cerrno>

namespace arm64::soft {
namespace {

constexpr std::uint32_t least_interrupts = 64;
constexpr std::uint32_t most_interrupts = 1023; // VGIC_MAX_RESERVED: 1024 is too many
constexpr std::uint32_t default_interrupts = 256; // VGIC_NR_IRQS_LEGACY

} // namespace

Vgic::Vgic(CpuSide& cpus, const gic::Implementation& implementation, virt::soft::Ground& ground, virt::Gpa end)
    : end_(end), ground_(ground), gic_(cpus, ground.memory, implementation), distributor_(gic_), regions_(end) {}

virt::expected<void> Vgic::create() {
    if (created_)
        return virt::failure(EEXIST, "create a second vGIC");
    created_ = true;
    return {};
}

virt::expected<void> Vgic::set_interrupts(std::uint32_t number) {
    if (number < least_interrupts || number > most_interrupts || number % 32 != 0)
        return virt::failure(EINVAL, "give the vGIC that number of interrupts");
    if (interrupts_ != gic::Redistributor::private_interrupts)
        return virt::failure(EBUSY, "give the vGIC a number of interrupts again");
    interrupts_ = number;
    return {};
}

void Vgic::init() {
    if (gic_.initialised())
        return;
    if (interrupts_ == gic::Redistributor::private_interrupts)
        interrupts_ = default_interrupts;
    gic_.init(interrupts_);
}

virt::expected<void> Vgic::place_distributor(virt::Gpa base) {
    if (distributor_base_)
        return virt::failure(EEXIST, "place the distributor twice");
    VIRT_TRY(check_frame(base, gic::Distributor::frame_size, end_));
    distributor_base_ = base;
    return {};
}

virt::expected<void> Vgic::place_redistributors(const RedistributorRegions::Region& region) {
    VIRT_TRY(regions_.add(region, surroundings(vcpus_.size())));
    for (const auto& vcpu : vcpus_)
        if (auto placed = place_frame(*vcpu, vcpus_.size()); !placed) {
            for (const auto& other : vcpus_)
                if (other->place && other->place->region->index == region.index)
                    take_back(*other);
            regions_.remove_last();
            tell_who_is_last();
            return placed;
        }
    tell_who_is_last();
    return {};
}

virt::expected<void> Vgic::place_frame(Vcpu& vcpu, std::size_t vcpus) {
    if (vcpu.place)
        return {};
    const auto place = regions_.take(surroundings(vcpus));
    VIRT_TRY(place);
    if (!*place)
        return {}; // until there is a region
    vcpu.frame.place((*place)->address());
    if (auto added = ground_.bus.add((*place)->address(), gic::RedistributorFrame::frame_size, vcpu.frame); !added) {
        regions_.give_back(**place);
        return added;
    }
    vcpu.place = *place;
    return {};
}

void Vgic::take_back(Vcpu& vcpu) {
    ground_.bus.remove(vcpu.frame);
    regions_.give_back(*vcpu.place);
    vcpu.place.reset();
}

void Vgic::tell_who_is_last() {
    for (const auto& vcpu : vcpus_)
        vcpu->frame.set_last(vcpu->place && regions_.is_last(*vcpu->place));
}

virt::expected<void> Vgic::add_vcpu(virt::VcpuId id) {
    auto vcpu = std::make_unique<Vcpu>(gic_, gic_.prepare_vcpu(id, 0)); // its affinity comes with its initialisation
    if (created_)
        VIRT_TRY(place_frame(*vcpu, vcpus_.size())); // it does not count yet: a region that grows is as large as before
    vcpus_.push_back(std::move(vcpu));
    gic_.reveal_vcpu();
    tell_who_is_last();
    return {};
}

gic::Its& Vgic::create_its() { return *its_.emplace_back(std::make_unique<gic::Its>(gic_)); }

virt::expected<void> Vgic::place(gic::Its& its, virt::Gpa base) {
    if (its.base())
        return virt::failure(EEXIST, "place an ITS twice");
    VIRT_TRY(check_frame(base, gic::Its::frame_size, end_));
    its.place(base);
    return ground_.bus.add(base, gic::Its::frame_size, its);
}

virt::expected<void> Vgic::map() {
    if (mapped_ || !created_)
        return {};
    const bool placed = std::ranges::all_of(vcpus_, [](const auto& vcpu) { return vcpu->place.has_value(); });
    if (!placed || !distributor_base_)
        return virt::failure(ENXIO, "run a vCPU whose vGIC has no address");
    if (!regions_.consistent(surroundings(vcpus_.size())))
        return virt::failure(EINVAL, "run a vCPU whose vGIC's frames overlap");
    if (!gic_.initialised())
        return virt::failure(EBUSY, "run a vCPU whose vGIC is not initialised");
    mapped_ = true;
    distributor_.place(*distributor_base_);
    return ground_.bus.add(*distributor_base_, gic::Distributor::frame_size, distributor_);
}

} // namespace arm64::soft
