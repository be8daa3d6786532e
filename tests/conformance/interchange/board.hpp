// SPDX-License-Identifier: Apache-2.0
// A machine with everything around it: guests, devices, tables; and what they see. Boards of one shape that are told
// the same have the same addresses, so that the state of one goes into another.
#pragma once

#include "tests/conformance/guest.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/provider.hpp"
#include "tests/conformance/puppet.hpp"
#include "tests/conformance/state.hpp"

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace conformance {

struct Shape {
    unsigned vcpus = 3;
    unsigned its = 2;
    EOImode mode = EOImode::drop_and_deactivate;
};

/// What a step returns is what was seen of it: two boards in the same state see the same.
class Board {
public:
    static constexpr unsigned devices = 2, events = 3; ///< of each ITS
    /// In the first and in the second page of a device table of two levels.
    static constexpr std::array<std::uint32_t, devices> DeviceIDs{7, 8195};
    static constexpr unsigned EventID_bits = 3;

    Board(const Provider& provider, const Shape& shape);

    [[nodiscard]] const Shape& shape() const { return shape_; }
    [[nodiscard]] Machine& machine() { return machine_; }
    [[nodiscard]] Lpis& lpis() { return lpis_; }
    [[nodiscard]] Its& its(unsigned its) { return its_.at(its).driver; }
    [[nodiscard]] virt::Gpa ITT(unsigned its, unsigned device) const { return its_.at(its).ITTs.at(device); }

    /// Two-level device tables, queues, GITS_CTLR.Enabled.
    std::string enable_its();
    /// While one is disabled its commands wait in the queue.
    std::string enable_its_again(unsigned its);
    std::string disable_its(unsigned its);
    std::string run(unsigned vcpu, const List& list);
    /// One interrupt, which stays active, without a latch; an LPI is ended. Nothing if too many are active.
    std::string take(unsigned vcpu);
    /// The end of what was taken last.
    std::string finish(unsigned vcpu);
    /// All that come, to their end: devices lower their lines, a timer is stopped.
    std::string serve(unsigned vcpu);
    /// ISPENDR, unless it is active: a latch that a level-sensitive one gets then is lost in KVM.
    std::string set_pending(unsigned vcpu, std::uint32_t intid);
    std::string set_spi(std::uint32_t intid, bool level);
    std::string set_ppi(std::uint32_t intid, unsigned vcpu, bool level);
    /// An active bit that nobody acknowledged.
    std::string set_active(std::uint32_t intid);
    std::string clear_active(std::uint32_t intid);
    std::string signal(unsigned its, std::uint32_t DeviceID, std::uint32_t EventID);
    std::string command(unsigned its, const ItsCommand& command);

    [[nodiscard]] State save() { return conformance::save(machine_); }
    /// `other`'s state, with what its guests and devices know.
    void load(const State& state, const Board& other);
    /// Pending tables are the only memory that loading changes, and what is left in one is seen again when an LPI is
    /// mapped: the same for both.
    void share_pending_tables(Board& other);

private:
    struct ItsBricks {
        Its driver;
        virt::Gpa level_1;
        std::array<virt::Gpa, 2> level_2;
        std::array<virt::Gpa, devices> ITTs;
    };
    struct Knowledge {
        std::vector<std::vector<Record>> taken; ///< for each vCPU, nested
        std::set<std::uint32_t> active; ///< SPIs that `set_active` made so
    };

    [[nodiscard]] bool may_activate(unsigned vcpu) const;

    const Shape shape_;
    Machine machine_;
    Lpis lpis_;
    std::vector<ItsBricks> its_;
    Knowledge knowledge_;
};

} // namespace conformance
