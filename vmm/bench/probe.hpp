// SPDX-License-Identifier: Apache-2.0
// A small virtual machine around the guest that measures (guest-images/bench-irq): one vCPU, a GICv3, an ITS if there
// is one.
#pragma once

#include "arch-arm64/gic/its_ids.hpp"
#include "arch-arm64/intid.hpp"
#include "arch-arm64/kvm.hpp"
#include "arch-arm64/vgic.hpp"
#include "virt/guest_memory.hpp"
#include "vmm/bench/clock.hpp"
#include "vmm/bench/paths.hpp"
#include "vmm/bench/probe_page.hpp"
#include "vmm/memory_map.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace vmm::bench {

/// Lives for one measurement. The vCPU has a thread; all calls belong to one other thread.
class Probe {
public:
    /// What the guest knows by these numbers.
    static constexpr arm64::Intid spi{40};
    static constexpr arm64::Intid lpi{8199};
    static constexpr virt::DeviceId device{0x18};
    static constexpr arm64::EventId event{5};
    static constexpr virt::Gpa doorbell = map::virtio_mmio.base;
    static constexpr std::uint32_t doorbell_bytes = 4;

    /// `entries`: how many the log has room for. `system` outlives the probe.
    static virt::expected<std::unique_ptr<Probe>> create(arm64::System& system, Path path, VcpuState state,
                                                         std::uint64_t entries);
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;
    /// Stops the vCPU.
    ~Probe();

    [[nodiscard]] arm64::Vm& vm() { return *vm_; }
    /// Where an MSI goes. There is an ITS.
    [[nodiscard]] virt::Msi msi() const;

    /// Returns when the guest is ready and its counter known. ETIMEDOUT, or why the guest ended.
    virt::expected<void> start(const Clock& clock);
    /// The guest's end, if it came. A guest that measures has none.
    [[nodiscard]] std::optional<virt::Error> ended() const;

    /// Number of acknowledges so far. What they wrote is visible then.
    [[nodiscard]] std::uint64_t acknowledged();
    /// `index` is below `acknowledged()`; the time is the clock's.
    [[nodiscard]] AcknowledgeEntry acknowledge(std::uint64_t index) const;
    [[nodiscard]] std::uint64_t spurious() const;

    /// Tells the guest to ring the doorbell at `first` + n * `interval`, both of the clock, n < `rings`, and to log it
    /// behind what it has logged. One batch at a time.
    void ring(std::uint64_t first, std::uint64_t interval, std::uint64_t rings);
    [[nodiscard]] bool rang_all() const;
    /// Ring `index` of all batches, once `rang_all()`; times are the clock's.
    [[nodiscard]] RingEntry rung(std::uint64_t index) const;

    /// Waits for the vCPU's thread.
    void stop();

private:
    /// Host and guest counter at one time, seen by the host through the seam: host is in before..after.
    struct Sighting {
        std::uint64_t before, guest, after;
    };

    Probe(std::unique_ptr<arm64::Vm> vm, virt::GuestMemory memory) : memory_(std::move(memory)), vm_(std::move(vm)) {}

    virt::expected<void> build(Path path, VcpuState state, std::uint64_t entries);
    virt::expected<std::optional<virt::Gpa>> build_gic(ProbePage& page);
    virt::expected<void> wait_until_ready(const Clock& clock) const;
    virt::expected<void> learn_offset(const Sighting& sighting);
    void run_vcpu();
    void end(virt::Error error);

    /// In shared memory: the guest writes it while we read.
    [[nodiscard]] ProbePage& page() const;
    template <class Entry>
    [[nodiscard]] Entry& entry(std::uint64_t index) const;

    virt::GuestMemory memory_;
    std::unique_ptr<arm64::Vm> vm_;
    std::unique_ptr<arm64::Vcpu> vcpu_;
    std::optional<arm64::VgicV3> gic_;
    virt::Gpa its_ = 0;
    std::uint64_t offset_ = 0; ///< clock less the guest's CNTVCT_EL0
    std::uint64_t acknowledged_ = 0; ///< log entries that were seen complete

    std::atomic<bool> stopping_ = false;
    mutable std::mutex mutex_; // guards the next one
    std::optional<virt::Error> ended_;
    std::thread thread_;
};

} // namespace vmm::bench
