// SPDX-License-Identifier: Apache-2.0
// What tests of MSIs share: a machine whose guest takes LPIs.
#pragma once

#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"

#include <cstdint>

namespace conformance {

/// One vCPU, one ITS. At first the GIC is open, one LPI is enabled in the table, and the rest is off.
struct MsiMachine {
    static constexpr std::uint32_t DeviceID = 0, EventID = 3, LPI = 8195, ICID = 2;

    Machine machine{Bricks{.its = 1}};
    Puppet& guest = machine.puppet();
    Lpis lpis{machine};
    Its its{machine, 0};
    const virt::Msi msi = its.msi(DeviceID, EventID);

    MsiMachine() {
        guest.run(open_gic());
        lpis.configure(LPI);
    }

    /// The redistributor knows the tables, which mapping an LPI needs, and has LPIs off.
    void only_tell_tables() {
        lpis.enable(0);
        must(machine.set_gicr(0, GICR_CTLR, 0));
    }
    /// The ITS on, one device of 16 events, one of them mapped.
    void map() {
        its.enable();
        its.run({MAPD(DeviceID, 4, its.ITT(4)), MAPC(ICID, machine.rdbase(0)), MAPTI(DeviceID, EventID, LPI, ICID)});
    }
    /// A second device's event, for another LPI.
    void map(std::uint32_t device, std::uint32_t event, std::uint32_t lpi) {
        lpis.configure(lpi);
        its.run({MAPD(device, 4, its.ITT(4)), MAPTI(device, event, lpi, ICID)});
    }
    virt::expected<bool> signal(const virt::Msi& message) { return machine.vm().signal(message); }
};

} // namespace conformance
