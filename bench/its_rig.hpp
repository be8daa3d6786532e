// SPDX-License-Identifier: Apache-2.0
// An ITS with many LPIs behind the GIC of gic_rig.hpp, programmed as a guest does it: by registers and commands.
#pragma once

#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/its.hpp"
#include "bench/gic_rig.hpp"
#include "virt/ids.hpp"
#include "virt/mmio_bus.hpp"
#include "virt/msi.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace bench {

/// `lpis` LPIs from 8192 on, 2048 of each device (an MSI-X table's most), enabled; collection n goes to vCPU n, and so
/// does device n modulo the number of vCPUs.
class ItsRig : public GicRig {
public:
    static constexpr std::uint32_t events = 2048;
    static constexpr virt::Gpa frame = 0x808'0000;

    explicit ItsRig(std::uint32_t lpis, std::uint32_t vcpus = 1) : GicRig(vcpus), its(gic), lpis_(lpis) {
        its.place(frame);
        for (std::uint32_t n = 0; n < lpis; ++n)
            configure(lpi(n), 0xA0 | 1);
        gic.lpis().set_PROPBASER(PROPBASER_at | 15); // IDbits
        for (std::uint32_t n = 0; n < vcpus; ++n) {
            auto& redistributor = gic.redistributor(arm64::VcpuIndex{n});
            gic.lpis().set_PENDBASER(redistributor, (PENDBASER_at + n * 0x1'0000) | std::uint64_t{1} << 62);
            gic.lpis().set_enabled(redistributor, true);
        }
        constexpr std::uint64_t valid = std::uint64_t{1} << 63;
        put(0x100, valid | devices_at | 7);     // GITS_BASER0: 8 pages of 64 KiB, flat
        put(0x108, valid | collections_at);     // GITS_BASER1
        put(0x080, valid | queue_at | (queue_size / 0x1000 - 1)); // GITS_CBASER
        if (!its.write(0, frame, virt::Width::b4, 1))              // GITS_CTLR.Enabled
            std::abort();
        for (std::uint64_t n = 0; n < vcpus; ++n)
            run({0x09, 0, valid | n << 16 | n}); // MAPC
        for (std::uint64_t n = 0; n * events < lpis; ++n)
            run({0x08 | n << 32, 10, valid | (tables_at + n * events * 8)}); // MAPD, EventID of 11 bits
        for (std::uint32_t n = 0; n < lpis; ++n)
            run({0x0A | id(n), event(n) | std::uint64_t{lpi(n).value} << 32, device(n) % vcpus}); // MAPTI
        if (gic.signal(msi(lpis - 1)) != virt::MsiOutcome::delivered ||
            !take(lpi(lpis - 1), arm64::VcpuIndex{device(lpis - 1) % vcpus}))
            std::abort();
    }

    [[nodiscard]] std::uint32_t lpis() const { return lpis_; }
    static arm64::Intid lpi(std::uint32_t n) { return arm64::Intid{arm64::first_lpi + n}; }
    static std::uint32_t device(std::uint32_t n) { return n / events; }
    static std::uint32_t event(std::uint32_t n) { return n % events; }
    static virt::Msi msi(std::uint32_t n) {
        return {.address = frame + 0x1'0040, .data = event(n), .device = virt::DeviceId{device(n)}};
    }

    /// Commands, done when they return.
    void INV(std::uint32_t n) { run({0x0C | id(n), event(n)}); }
    void INVALL(std::uint16_t collection) { run({0x0D, 0, collection}); }
    void MOVI(std::uint32_t n, std::uint16_t collection) { run({0x01 | id(n), event(n), collection}); }

    void configure(arm64::Intid intid, unsigned value) {
        ram[PROPBASER_at - base + intid.value - arm64::first_lpi] = static_cast<std::byte>(value);
    }

    arm64::gic::Its its;

private:
    static constexpr virt::Gpa PROPBASER_at = base;
    static constexpr virt::Gpa PENDBASER_at = base + 0x1'0000;
    static constexpr virt::Gpa queue_at = base + 0x10'0000;
    static constexpr std::uint64_t queue_size = 0x1'0000;
    static constexpr virt::Gpa devices_at = base + 0x20'0000;
    static constexpr virt::Gpa collections_at = base + 0x30'0000;
    static constexpr virt::Gpa tables_at = base + 0x40'0000;

    static std::uint64_t id(std::uint32_t n) { return std::uint64_t{device(n)} << 32; }

    void put(std::uint64_t offset, std::uint64_t value) {
        if (!its.write(0, frame + offset, virt::Width::b8, value))
            std::abort();
    }
    void run(std::array<std::uint64_t, 4> command) {
        std::memcpy(ram + (queue_at - base) + write_, command.data(), sizeof command);
        write_ = (write_ + sizeof command) % queue_size;
        put(0x088, write_); // GITS_CWRITER
    }

    std::uint32_t lpis_;
    std::uint64_t write_ = 0;
};

} // namespace bench
