// SPDX-License-Identifier: Apache-2.0
// An interrupt translation service: messages to LPIs, as the guest's commands say. Source: Arm IHI 0069, 5 and 12.18.
#pragma once

#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/its_command.hpp"
#include "arch-arm64/gic/its_ids.hpp"
#include "arch-arm64/gic/its_registers.hpp"
#include "arch-arm64/gic/its_tables.hpp"
#include "arch-arm64/gic/register_map.hpp"
#include "arch-arm64/gic/translations.hpp"
#include "virt/expected.hpp"
#include "virt/io_bus.hpp"
#include "virt/mutex.hpp"
#include "virt/thread_safety.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>

namespace arm64::gic {

/// One ITS of a Gic, observably KVM's (vgic-its.c, 6.12). Any thread.
///
/// Commands run within the store to GITS_CWRITER (or the GITS_CTLR that enables it), one after the other, one thread at
/// a time; one that is wrong is skipped. What they map is kept here: guest tables are looked at where the manual's
/// checks need them and written by DISCARD, MAPD with V = 0 and `save_tables` only. A message takes no lock, reads no
/// guest memory and allocates nothing.
///
/// Caps: DeviceIDs, EventIDs and ICIDs of 16 bits, as GITS_TYPER says, and `most_events`: 38 MB of ours at worst, and
/// 12 MB for devices and collections.
class Its final : public Translator, public virt::IoDevice {
public:
    static constexpr std::uint64_t frame_size = 0x2'0000; ///< registers, and the page of GITS_TRANSLATER
    static constexpr std::size_t most_events = std::size_t{1} << 17; ///< twice the LPIs that there are

    /// Of `gic`, which outlives its use; LPIs exist from now on, and GICR_PROPBASER is reset.
    explicit Its(Gic& gic);

    /// Where its frame is; once. The caller puts it on the bus.
    void place(virt::Gpa base);
    [[nodiscard]] std::optional<virt::Gpa> base() const;

    // Translator
    [[nodiscard]] bool answers(virt::Gpa address) const override {
        const auto base = base_.load();
        return base != nowhere && address - base < frame_size;
    }
    virt::MsiOutcome signal(std::optional<virt::DeviceId> device, EventId event) override;
    Interrupt* translate(std::optional<virt::DeviceId> device, EventId event) override;
    void forget_translations() override { invalidate_translated(); }

    // virt::IoDevice: the guest's accesses, all of which it takes.
    bool read(std::uint32_t vcpu, virt::Gpa address, virt::Width width, std::uint64_t& value) override;
    bool write(std::uint32_t vcpu, virt::Gpa address, virt::Width width, std::uint64_t value) override;

    // From outside, by offset: KVM_DEV_ARM_VGIC_GRP_ITS_REGS. EINVAL: misaligned; ENXIO: no such register.

    [[nodiscard]] static virt::expected<void> check_register(std::uint64_t offset);
    [[nodiscard]] static bool misaligned(std::uint64_t offset);
    virt::expected<std::uint64_t> get_register(std::uint64_t offset);
    /// Also EINVAL for a GITS_IIDR of another revision and a GITS_CREADR beyond the queue, which is EBUSY while
    /// enabled.
    virt::expected<void> set_register(std::uint64_t offset, std::uint64_t value);

    // From outside: KVM_DEV_ARM_VGIC_GRP_CTRL, no vCPU running.

    /// To the tables in guest memory, ABI revision 0. Nothing where a GITS_BASER is not valid; a device without place
    /// is left out. EFAULT.
    virt::expected<void> save_tables();
    /// From there, to what is mapped already: `reset` first. EFAULT, EINVAL (an entry that makes no sense), EEXIST (a
    /// collection or a device that is there), ENOMEM. After an error no collection is mapped, and if it was met among
    /// devices, none of these.
    virt::expected<void> restore_tables();
    /// Registers but for their fixed fields, and mappings. The address stays.
    void reset();

    /// What the queue executes, one by one.
    CommandResult<> execute(const ItsCommand& command);

private:
    struct Event {
        Interrupt* lpi;
        std::optional<std::uint16_t> ICID; // none: its collection has been unmapped, and does not come back
    };
    struct Device {
        virt::Gpa ITT;
        unsigned EventID_bits;
        std::map<std::uint32_t, Event> events; // by EventID
    };
    struct Collection {
        Redistributor* target = nullptr; // null: no MAPC yet
        std::uint64_t order = 0; // of coming, in which they are saved
    };
    struct Found {
        Device& device;
        Event& event;
    };
    struct Commands; // the rows of both
    struct Registers;

    // The manual's tables, held here.
    CommandResult<Device*> device(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    CommandResult<Found> event(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    /// Of that event, as a message finds it: in a time that does not grow with what is mapped.
    CommandResult<Interrupt*> lpi(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    CommandResult<Collection*> collection(std::uint32_t ICID) VIRT_REQUIRES(mutex_);
    CommandResult<Redistributor*> redistributor(std::uint32_t RDbase);

    CommandResult<> MAPD(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    CommandResult<> MAPC(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    CommandResult<> MAPTI(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    CommandResult<> MAPI(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    CommandResult<> MOVI(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    CommandResult<> MOVALL(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    CommandResult<> DISCARD(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    CommandResult<> INT(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    CommandResult<> CLEAR(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    CommandResult<> INV(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    CommandResult<> INVALL(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    CommandResult<> SYNC(const ItsCommand& command) VIRT_REQUIRES(mutex_);

    CommandResult<> execute_locked(const ItsCommand& command) VIRT_REQUIRES(mutex_);
    CommandResult<> map_event(const ItsCommand& command, std::uint32_t INTID) VIRT_REQUIRES(mutex_);
    virt::expected<void> add_event(std::uint32_t DeviceID, Device& device, std::uint32_t EventID, std::uint16_t ICID,
                                   Intid intid) VIRT_REQUIRES(mutex_);
    void remove_event(std::uint32_t DeviceID, Device& device, std::map<std::uint32_t, Event>::iterator event)
        VIRT_REQUIRES(mutex_);
    void remove_device(std::map<std::uint32_t, Device>::iterator device) VIRT_REQUIRES(mutex_);
    void remove_devices() VIRT_REQUIRES(mutex_);
    void remove_collection(std::uint16_t ICID) VIRT_REQUIRES(mutex_);
    void remove_collections() VIRT_REQUIRES(mutex_);
    /// Calls `change(Translations::Key, Event&)` for those of a collection.
    template <class Change>
    void each_event_of(std::uint16_t ICID, Change change) VIRT_REQUIRES(mutex_) {
        for (auto& [DeviceID, device] : devices_)
            for (auto& [EventID, event] : device.events)
                if (event.ICID == ICID)
                    change(*Translations::key(DeviceID, EventID), event);
    }

    /// Where the entry of that device or collection is; nothing if there is no place for it.
    [[nodiscard]] std::optional<virt::Gpa> entry_of(GITS_BASER table, std::uint32_t id) const;
    /// The same of an event.
    [[nodiscard]] std::optional<virt::Gpa> entry_of(const Device& device, std::uint32_t EventID) const;

    virt::expected<void> save_devices() VIRT_REQUIRES(mutex_);
    virt::expected<void> save_events(const Device& device) VIRT_REQUIRES(mutex_);
    virt::expected<void> save_collections() VIRT_REQUIRES(mutex_);
    virt::expected<void> restore_collections() VIRT_REQUIRES(mutex_);
    virt::expected<std::uint64_t> restore_collection(CTE entry) VIRT_REQUIRES(mutex_);
    virt::expected<void> restore_devices() VIRT_REQUIRES(mutex_);
    virt::expected<std::uint64_t> restore_device(std::uint32_t DeviceID, DTE entry) VIRT_REQUIRES(mutex_);
    virt::expected<std::uint64_t> restore_event(std::uint32_t DeviceID, Device& device, std::uint32_t EventID,
                                                ITE entry) VIRT_REQUIRES(mutex_);

    // Registers.
    std::uint64_t read_CTLR(const Access& access);
    void write_CTLR(const Access& access, std::uint64_t value) VIRT_REQUIRES(mutex_);
    std::uint64_t read_IIDR(const Access& access);
    virt::expected<void> set_IIDR(const Access& access, std::uint64_t value);
    std::uint64_t read_TYPER(const Access& access);
    std::uint64_t read_CBASER(const Access& access);
    void write_CBASER(const Access& access, std::uint64_t value) VIRT_REQUIRES(mutex_);
    std::uint64_t read_CWRITER(const Access& access);
    void write_CWRITER(const Access& access, std::uint64_t value) VIRT_REQUIRES(mutex_);
    std::uint64_t read_CREADR(const Access& access);
    virt::expected<void> set_CREADR(const Access& access, std::uint64_t value) VIRT_REQUIRES(mutex_);
    std::uint64_t read_BASER(const Access& access);
    void write_BASER(const Access& access, std::uint64_t value) VIRT_REQUIRES(mutex_);
    std::uint64_t read_ids(const Access& access);

    [[nodiscard]] GITS_CBASER CBASER() const { return GITS_CBASER{CBASER_.load()}; }
    [[nodiscard]] GITS_BASER devices_table() const { return GITS_BASER{BASER_[0].load()}; }
    [[nodiscard]] GITS_BASER collections_table() const { return GITS_BASER{BASER_[1].load()}; }
    void run_queue() VIRT_REQUIRES(mutex_);

    enum class Cache : std::uint8_t { use, bypass };
    struct LookedUp {
        virt::MsiOutcome outcome;
        Interrupt* lpi; // if `delivered`
    };
    /// What `look_up` comes to nearly always, as an INTID; 0 if it must be asked.
    [[nodiscard]] std::uint32_t cached(std::optional<virt::DeviceId> device, EventId event) const {
        const std::uint32_t DeviceID = device ? device->value : 0;
        if (!Translations::has_key(DeviceID, event.value)) [[unlikely]]
            return 0;
        return translations_.find_marked(Translations::Key::of(DeviceID, event.value),
                                         generation().load(std::memory_order_acquire));
    }
    // Out of line, so that the usual way saves no registers for it.
    [[gnu::noinline]] virt::MsiOutcome signal_checked(std::optional<virt::DeviceId> device, EventId event);
    [[gnu::noinline]] Interrupt* translate_checked(std::optional<virt::DeviceId> device, EventId event);
    /// What a message comes to, with KVM's checks in KVM's order.
    [[nodiscard]] LookedUp look_up(std::optional<virt::DeviceId> device, EventId event, Cache cache);

    static constexpr virt::Gpa nowhere = ~virt::Gpa{0} - frame_size; // no address is in such a frame

    Gic& gic_;
    std::atomic<virt::Gpa> base_ = nowhere;

    /// Whoever changes registers or mappings. First in the lock order.
    mutable virt::Mutex mutex_;
    // Registers, read without the lock.
    std::atomic<bool> enabled_ = false;
    std::atomic<std::uint64_t> CBASER_ = 0;
    std::atomic<std::uint64_t> CREADR_ = 0;
    std::atomic<std::uint64_t> CWRITER_ = 0;
    std::array<std::atomic<std::uint64_t>, 2> BASER_;

    std::map<std::uint32_t, Device> devices_ VIRT_GUARDED_BY(mutex_); // by DeviceID
    std::map<std::uint16_t, Collection> collections_ VIRT_GUARDED_BY(mutex_); // by ICID
    std::uint64_t collections_ever_ VIRT_GUARDED_BY(mutex_) = 0;
    Translations translations_; // of all events: written under the lock, read without
};

} // namespace arm64::gic
