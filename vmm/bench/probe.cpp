// SPDX-License-Identifier: Apache-2.0
// Assembly of the probe's machine, and the memory that host and guest share.
#include "vmm/bench/probe.hpp"

#include "arch-arm64/registers.hpp"
#include "virt/assert.hpp"
#include "vmm/machine.hpp"

#include <fmt/core.h>
#include <sys/prctl.h>

#include <cerrno>
#include <chrono>
#include <span>
#include <system_error>
#include <utility>

namespace embedded {
std::span<const std::byte> bench_irq_probe(); // guest-images/bench-irq/probe.S
} // namespace embedded

namespace vmm::bench {
namespace {

using virt::expected;

// Offsets in RAM.
constexpr std::uint64_t image = 0;
constexpr std::uint64_t page_offset = 0x1'0000;
constexpr std::uint64_t tables = 0x2'0000;
constexpr std::uint64_t log = 0x10'0000;
static_assert(tables + ProbePage::table_bytes <= log);

constexpr std::chrono::seconds patience{10}; // a guard against hanging: a guest is ready in milliseconds

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) { return (value + unit - 1) / unit * unit; }

std::uint64_t flags_of(Path path, VcpuState state) {
    std::uint64_t flags = 0;
    if (path == Path::spi_resample_dir)
        flags |= ProbePage::eoimode_1;
    if (is_resampled(path))
        flags |= ProbePage::level;
    if (state == VcpuState::wfi)
        flags |= ProbePage::wfi;
    if (path == Path::doorbell)
        flags |= ProbePage::rings_doorbell;
    return flags;
}

// A word that the guest writes, or reads, while we do.
std::uint64_t acquire(std::uint64_t& word) { return std::atomic_ref(word).load(std::memory_order_acquire); }

} // namespace

expected<std::unique_ptr<Probe>> Probe::create(arm64::System& system, Path path, VcpuState state,
                                               std::uint64_t entries) {
    const auto size = round_up(log + entries * sizeof(AcknowledgeEntry), std::uint64_t{2} << 20);
    auto memory = virt::GuestMemory::allocate(map::ram, size);
    VIRT_TRY(memory);
    const auto bits = Machine::address_bits(system, map::ram + size);
    VIRT_TRY(bits);
    auto vm = system.create_vm(*bits);
    VIRT_TRY(vm);
    std::unique_ptr<Probe> probe(new Probe(*std::move(vm), *std::move(memory)));
    VIRT_TRY(probe->build(path, state, entries));
    return probe;
}

Probe::~Probe() { stop(); }

expected<void> Probe::build(Path path, VcpuState state, std::uint64_t entries) {
    VIRT_TRY(vm_->add_memory(
        {.id = virt::SlotId{0}, .base = memory_.base(), .size = memory_.size(), .host = memory_.host()}));
    auto vcpu = vm_->create_vcpu(virt::VcpuId{0});
    VIRT_TRY(vcpu);
    vcpu_ = *std::move(vcpu);
    VIRT_TRY(vcpu_->init(arm64::VcpuFeatures().add(arm64::VcpuFeature::psci_0_2)));

    ProbePage parameters{};
    const auto its = build_gic(parameters);
    VIRT_TRY(its);
    its_ = its->value_or(0);
    parameters.its = is_lpi(path) ? its_ : 0;
    parameters.tables = memory_.base() + tables;
    parameters.log = memory_.base() + log;
    parameters.log_end = parameters.log + entries * sizeof(AcknowledgeEntry);
    parameters.flags = flags_of(path, state);
    parameters.spi = spi.value;
    parameters.lpi = lpi.value;
    parameters.device = device.value;
    parameters.event = event.value;
    parameters.doorbell = doorbell;
    const bool fits = memory_.write(memory_.base() + image, embedded::bench_irq_probe()) &&
                      memory_.write(memory_.base() + page_offset, parameters);
    VIRT_ASSERT(fits, "the probe fits into its memory");
    VIRT_TRY(vcpu_->set(arm64::registers::pc, memory_.base() + image));
    VIRT_TRY(vcpu_->set(arm64::registers::x0, memory_.base() + page_offset));
    return {};
}

expected<std::optional<virt::Gpa>> Probe::build_gic(ProbePage& page) {
    arm64::GicV3Layout layout{};
    layout.distributor = map::gic.end() - arm64::GicV3Layout::distributor_size;
    layout.redistributors = layout.distributor - arm64::GicV3Layout::redistributor_size;
    if (vm_->knows_device(virt::DeviceType::vgic_its))
        layout.its = layout.redistributors - arm64::GicV3Layout::its_size;
    page.distributor = layout.distributor;
    page.redistributor = layout.redistributors;
    auto gic = arm64::VgicV3::create(*vm_, layout);
    VIRT_TRY(gic);
    gic_ = *std::move(gic);
    VIRT_TRY(gic_->init(map::interrupts));
    return layout.its;
}

virt::Msi Probe::msi() const {
    constexpr std::uint64_t GITS_TRANSLATER = 0x1'0040;
    return {.address = its_ + GITS_TRANSLATER, .data = event.value, .device = device};
}

expected<void> Probe::start(const Clock& clock) {
    Sighting sighting{};
    sighting.before = clock.now();
    const auto guest = vcpu_->get(arm64::registers::TIMER_CNT);
    sighting.after = clock.now();
    VIRT_TRY(guest);
    sighting.guest = *guest;
    try {
        thread_ = std::thread([this] {
            ::prctl(PR_SET_NAME, "vcpu 0");
            run_vcpu();
        });
    } catch (const std::system_error& refused) { // the one way in which std::thread says no
        return virt::failure(refused.code().value(), "start a thread for the vCPU");
    }
    VIRT_TRY(wait_until_ready(clock));
    return learn_offset(sighting);
}

expected<void> Probe::wait_until_ready(const Clock& clock) const {
    const auto deadline = clock.now() + clock.to_ticks(patience);
    while (acquire(page().state) != ProbePage::ready) {
        if (auto why = ended())
            return virt::unexpected(*std::move(why));
        if (clock.now() > deadline)
            return virt::failure(ETIMEDOUT, "wait for the guest's start");
        clock.pause();
    }
    return {};
}

expected<void> Probe::learn_offset(const Sighting& sighting) {
    // What the guest says holds to the tick, but only where its CNTPCT_EL0 is the host's counter. What the host saw
    // through the seam is a system call wide, and enough to tell whether that is so.
    const auto least = page().offset;
    const auto width = page().offset_width;
    const auto lowest = static_cast<std::int64_t>(sighting.guest + least - sighting.after);
    const auto highest = static_cast<std::int64_t>(sighting.guest + least + width - sighting.before);
    if (lowest > 0 || highest < 0)
        return virt::failure(0, "relate the guest's counter to the host's", "its physical counter is not the host's");
    offset_ = least + width / 2;
    return {};
}

std::optional<virt::Error> Probe::ended() const {
    const std::scoped_lock lock(mutex_);
    return ended_;
}

void Probe::end(virt::Error error) {
    const std::scoped_lock lock(mutex_);
    ended_ = std::move(error);
}

void Probe::run_vcpu() {
    while (!stopping_.load()) {
        const auto exit = vcpu_->run();
        if (!exit) {
            end(exit.error());
            return;
        }
        if (std::holds_alternative<virt::exit::Interrupted>(*exit))
            continue;
        const auto state = acquire(page().state);
        if (state == ProbePage::fault)
            end({0, fmt::format("go on with the guest: it took an exception with ESR_EL1 {:#x}, ELR_EL1 {:#x}, "
                                "FAR_EL1 {:#x}",
                                page().syndrome, page().link, page().fault_address)});
        else if (state == ProbePage::log_full)
            end({0, "go on with the guest: it was interrupted more often than it was to be"});
        else
            end({0, fmt::format("go on with the guest: exit {}, which it has no reason for", exit->index())});
        return;
    }
}

void Probe::stop() {
    stopping_.store(true);
    if (!thread_.joinable())
        return;
    vcpu_->kick();
    thread_.join();
}

ProbePage& Probe::page() const { return *reinterpret_cast<ProbePage*>(memory_.host() + page_offset); }

template <class Entry>
Entry& Probe::entry(std::uint64_t index) const {
    return reinterpret_cast<Entry*>(memory_.host() + log)[index];
}

std::uint64_t Probe::acknowledged() {
    const std::uint64_t room = (page().log_end - page().log) / sizeof(AcknowledgeEntry);
    while (acknowledged_ < room) {
        const auto sequence =
            std::atomic_ref(entry<AcknowledgeEntry>(acknowledged_).sequence).load(std::memory_order_acquire);
        if (sequence != acknowledged_ + 1)
            break;
        ++acknowledged_;
    }
    return acknowledged_;
}

AcknowledgeEntry Probe::acknowledge(std::uint64_t index) const {
    auto logged = entry<AcknowledgeEntry>(index);
    logged.time += offset_;
    return logged;
}

std::uint64_t Probe::spurious() const { return acquire(page().spurious); }

void Probe::ring(std::uint64_t first, std::uint64_t interval, std::uint64_t rings) {
    page().interval = interval;
    page().rings = rings;
    std::atomic_ref(page().first_ring).store(first - offset_, std::memory_order_release);
}

bool Probe::rang_all() const { return acquire(page().first_ring) == 0; }

RingEntry Probe::rung(std::uint64_t index) const {
    auto logged = entry<RingEntry>(index);
    logged.due += offset_;
    logged.rung += offset_;
    return logged;
}

} // namespace vmm::bench
