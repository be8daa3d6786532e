// SPDX-License-Identifier: Apache-2.0
// What each command checks and does. Source: Arm IHI 0069, 5.3; where that leaves a choice, or KVM differs, KVM's way.
#include "arch-arm64/gic/its.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

namespace arm64::gic {

struct Its::Commands {
    struct Row {
        std::uint8_t opcode;
        std::string_view name;
        CommandResult<> (Its::*execute)(const ItsCommand&);
    };
    static constexpr auto rows = std::to_array<Row>({
        {0x01, "MOVI", &Its::MOVI},
        {0x03, "INT", &Its::INT},
        {0x04, "CLEAR", &Its::CLEAR},
        {0x05, "SYNC", &Its::SYNC},
        {0x08, "MAPD", &Its::MAPD},
        {0x09, "MAPC", &Its::MAPC},
        {0x0A, "MAPTI", &Its::MAPTI},
        {0x0B, "MAPI", &Its::MAPI},
        {0x0C, "INV", &Its::INV},
        {0x0D, "INVALL", &Its::INVALL},
        {0x0E, "MOVALL", &Its::MOVALL},
        {0x0F, "DISCARD", &Its::DISCARD},
    });
};

CommandResult<> Its::execute(const ItsCommand& command) {
    const virt::Lock lock(mutex_);
    return execute_locked(command);
}

CommandResult<> Its::execute_locked(const ItsCommand& command) {
    const auto row = std::ranges::find(Commands::rows, command[ItsCommand::opcode], &Commands::Row::opcode);
    if (row == Commands::rows.end())
        return tl::unexpected(CommandError::unknown);
    return (this->*row->execute)(command);
}

void Its::run_queue() {
    if (!enabled_.load())
        return;
    const auto queue = CBASER();
    for (auto CREADR = CREADR_.load(); CREADR != CWRITER_.load();) {
        if (const auto command = gic_.memory().read<ItsCommand>(queue.address() + CREADR))
            (void)execute_locked(*command); // one that is wrong, or not readable, is skipped
        CREADR = (CREADR + sizeof(ItsCommand)) % queue.bytes();
        CREADR_.store(CREADR);
    }
}

// 5.3.9. V = 0 is checked too, but for the size; what was mapped is forgotten either way.
CommandResult<> Its::MAPD(const ItsCommand& command) {
    const auto DeviceID = command.word(ItsCommand::DeviceID);
    const auto EventID_bits = command.word(ItsCommand::Size) + 1;
    const bool valid = command[ItsCommand::V] != 0;
    const auto entry = entry_of(devices_table(), DeviceID);
    if (!entry)
        return tl::unexpected(CommandError::DEVICE_OOR);
    if (valid && EventID_bits > 16)
        return tl::unexpected(CommandError::ITTSIZE_OOR);
    if (const auto mapped = devices_.find(DeviceID); mapped != devices_.end())
        remove_device(mapped);
    if (valid)
        devices_.emplace(DeviceID, Device{command.ITT(), EventID_bits, {}});
    else
        (void)gic_.memory().write(*entry, DTE{}); // ROM stays
    return {};
}

// 5.3.8.
CommandResult<> Its::MAPC(const ItsCommand& command) {
    const auto ICID = static_cast<std::uint16_t>(command[ItsCommand::ICID]);
    if (command[ItsCommand::V] == 0) {
        remove_collection(ICID);
        invalidate_translated();
        return {};
    }
    const auto target = redistributor(command.word(ItsCommand::RDbase));
    if (!target)
        return tl::unexpected(target.error());
    const auto [mapped, added] = collections_.try_emplace(ICID);
    if (added) {
        if (!entry_of(collections_table(), ICID)) {
            collections_.erase(mapped);
            return tl::unexpected(CommandError::COLLECTION_OOR);
        }
        mapped->second.order = collections_ever_++;
    }
    mapped->second.target = *target;
    if (!added)
        each_event_of(ICID, [&](Translations::Key key, const Event& event) {
            translations_.retarget(key, (*target)->index().value);
            gic_.lpis().retarget(*event.lpi, **target);
        });
    return {};
}

// 5.3.11.
CommandResult<> Its::MAPTI(const ItsCommand& command) { return map_event(command, command.word(ItsCommand::pINTID)); }

// 5.3.10.
CommandResult<> Its::MAPI(const ItsCommand& command) { return map_event(command, command.word(ItsCommand::EventID)); }

CommandResult<> Its::map_event(const ItsCommand& command, std::uint32_t INTID) {
    const auto EventID = command.word(ItsCommand::EventID);
    const auto owner = device(command);
    if (!owner)
        return tl::unexpected(owner.error());
    if (!entry_of(**owner, EventID))
        return tl::unexpected(CommandError::ID_OOR);
    if (INTID < first_lpi || INTID >= gic_.lpis().limit())
        return tl::unexpected(CommandError::PHYSICALID_OOR);
    if ((*owner)->events.contains(EventID))
        return {}; // nothing changes
    const auto ICID = static_cast<std::uint16_t>(command[ItsCommand::ICID]);
    const auto [used, added] = collections_.try_emplace(ICID);
    if (added) {
        if (!entry_of(collections_table(), ICID)) {
            collections_.erase(used);
            return tl::unexpected(CommandError::COLLECTION_OOR);
        }
        used->second.order = collections_ever_++;
    }
    const auto mapped = add_event(command.word(ItsCommand::DeviceID), **owner, EventID, ICID, Intid{INTID});
    if (!mapped && added)
        collections_.erase(used);
    if (!mapped)
        return tl::unexpected(mapped.error().code == EFAULT ? CommandError::table_not_in_RAM : CommandError::no_room);
    return {};
}

// 5.3.13. Both collections must be mapped, that from which it goes, too.
CommandResult<> Its::MOVI(const ItsCommand& command) {
    const auto found = event(command);
    if (!found)
        return tl::unexpected(found.error());
    auto& moved = found->event;
    if (!moved.ICID || !collection(*moved.ICID))
        return tl::unexpected(CommandError::UNMAPPED_COLLECTION);
    const auto to = collection(command.word(ItsCommand::ICID));
    if (!to)
        return tl::unexpected(to.error());
    auto& target = *(*to)->target;
    moved.ICID = static_cast<std::uint16_t>(command[ItsCommand::ICID]);
    translations_.retarget(*Translations::key(command.word(ItsCommand::DeviceID), command.word(ItsCommand::EventID)),
                           target.index().value);
    gic_.lpis().retarget(*moved.lpi, target);
    invalidate_translated();
    return {};
}

// 5.3.12. LPIs move, collections do not.
CommandResult<> Its::MOVALL(const ItsCommand& command) {
    const auto from = redistributor(command.word(ItsCommand::RDbase));
    const auto to = redistributor(command.word(ItsCommand::RDbase2));
    if (!from || !to)
        return tl::unexpected(CommandError::PROCNUM_OOR);
    if (*from == *to)
        return {};
    gic_.lpis().move_all(**from, **to);
    invalidate_translated();
    return {};
}

// 5.3.4. An event whose collection is not mapped cannot be discarded: MAPD can.
CommandResult<> Its::DISCARD(const ItsCommand& command) {
    const auto found = event(command);
    if (!found)
        return tl::unexpected(found.error());
    if (!found->event.ICID || !collection(*found->event.ICID))
        return tl::unexpected(CommandError::UNMAPPED_INTERRUPT);
    const auto EventID = command.word(ItsCommand::EventID);
    auto& owner = found->device;
    remove_event(command.word(ItsCommand::DeviceID), owner, owner.events.find(EventID));
    invalidate_translated();
    (void)gic_.memory().write(owner.ITT + EventID * table_entry_bytes, ITE{}); // it may have been remapped as ROM
    return {};
}

// 5.3.5. A message, and one that is looked up anew.
CommandResult<> Its::INT(const ItsCommand& command) {
    const auto [outcome, lpi] = look_up(virt::DeviceId{command.word(ItsCommand::DeviceID)},
                                        EventId{command.word(ItsCommand::EventID)}, Cache::bypass);
    if (lpi == nullptr)
        return tl::unexpected(outcome == virt::MsiOutcome::not_enabled ? CommandError::not_enabled
                                                                       : CommandError::UNMAPPED_INTERRUPT);
    Lpis::signal(*lpi);
    return {};
}

// 5.3.3.
CommandResult<> Its::CLEAR(const ItsCommand& command) {
    const auto found = lpi(command);
    if (!found)
        return tl::unexpected(found.error());
    Lpis::clear(**found);
    return {};
}

// 5.3.6.
CommandResult<> Its::INV(const ItsCommand& command) {
    const auto found = lpi(command);
    if (!found)
        return tl::unexpected(found.error());
    if (!gic_.lpis().reload(**found))
        return tl::unexpected(CommandError::table_not_in_RAM);
    return {};
}

// 5.3.7. Of every LPI that goes to that redistributor, whatever ITS and collection it is of.
CommandResult<> Its::INVALL(const ItsCommand& command) {
    const auto named = collection(command.word(ItsCommand::ICID));
    if (!named)
        return tl::unexpected(named.error());
    gic_.lpis().reload_all(*(*named)->target);
    return {};
}

// 5.3.14. Every command is complete before the next one begins.
CommandResult<> Its::SYNC(const ItsCommand&) { return {}; }

} // namespace arm64::gic
