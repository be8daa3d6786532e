// SPDX-License-Identifier: Apache-2.0
// A board with ITSs, and the guest's setting up of them.
#pragma once

#include "arch-arm64/gic/its.hpp"
#include "arch-arm64/gic/redistributor_frame.hpp"
#include "tests/fuzz/board.hpp"
#include "tests/fuzz/its_bytes.hpp"

#include <array>
#include <cstdint>

namespace fuzz {

inline constexpr std::uint64_t GITS_CTLR = 0x0000, GITS_CBASER = 0x0080, GITS_CWRITER = 0x0088, GITS_CREADR = 0x0090,
                               GITS_BASER0 = 0x0100, GITS_BASER1 = 0x0108;
inline constexpr std::uint64_t Valid = std::uint64_t{1} << 63, Indirect = std::uint64_t{1} << 62;
inline constexpr std::uint32_t GICR_CTLR = 0x0000, GICR_PROPBASER = 0x0070, GICR_PENDBASER = 0x0078;

class ItsBoard : public Board {
public:
    using Board::Board;

    /// What a guest does first: tables, a queue, LPIs.
    void set_up(std::uint64_t device_table_flags) {
        for (std::uint32_t n = 0; n < vcpus; ++n) {
            const arm64::VcpuIndex vcpu{n};
            gic.write_sysreg(vcpu, arm64::gic::ICC_PMR_EL1, 0xFF);
            gic.write_sysreg(vcpu, arm64::gic::ICC_IGRPEN1_EL1, 1);
            write(frames[n], GICR_PROPBASER, virt::Width::b8, layout::configuration | 15);
            write(frames[n], GICR_PENDBASER, virt::Width::b8, layout::pending + n * 0x1'0000);
            write(frames[n], GICR_CTLR, virt::Width::b4, 1);
        }
        gic.set_forwarding(true);
        for (std::uint32_t n = 0; n < layout::ITSs; ++n) {
            write(itss[n], GITS_BASER0, virt::Width::b8, Valid | layout::devices[n] | device_table_flags);
            write(itss[n], GITS_BASER1, virt::Width::b8, Valid | layout::collections[n]);
            write(itss[n], GITS_CBASER, virt::Width::b8, Valid | layout::queues[n]);
        }
    }
    void enable_ITSs() {
        for (auto& its : itss)
            write(its, GITS_CTLR, virt::Width::b4, 1);
    }

    template <class Frame>
    static void write(Frame& frame, std::uint64_t offset, virt::Width width, std::uint64_t value) {
        require(frame.write(0, base_of(frame) + offset, width, value), "a frame answers all of its addresses");
    }
    template <class Frame>
    static std::uint64_t read(Frame& frame, std::uint64_t offset, virt::Width width) {
        std::uint64_t value = 0;
        require(frame.read(0, base_of(frame) + offset, width, value), "a frame answers all of its addresses");
        require((value & ~virt::mask_of(width)) == 0, "what is read is no wider than the access");
        return value;
    }

    /// True whenever no command runs.
    static void check(arm64::gic::Its& its) {
        const bool enabled = (read(its, GITS_CTLR, virt::Width::b4) & 1) != 0;
        require(!enabled || read(its, GITS_CREADR, virt::Width::b8) == read(its, GITS_CWRITER, virt::Width::b8),
                "an enabled ITS has executed its queue");
    }

    std::array<arm64::gic::Its, layout::ITSs> itss{arm64::gic::Its(gic), arm64::gic::Its(gic)};
    std::array<arm64::gic::RedistributorFrame, vcpus> frames{
        arm64::gic::RedistributorFrame(gic, gic.redistributor(arm64::VcpuIndex{0})),
        arm64::gic::RedistributorFrame(gic, gic.redistributor(arm64::VcpuIndex{1})),
        arm64::gic::RedistributorFrame(gic, gic.redistributor(arm64::VcpuIndex{2}))};

private:
    static virt::Gpa base_of(arm64::gic::RedistributorFrame& frame) { return frame.base(); }
    static virt::Gpa base_of(arm64::gic::Its& its) { return its.base().value_or(0); }
    struct Placed {
        explicit Placed(ItsBoard& board) {
            for (std::uint32_t n = 0; n < layout::ITSs; ++n)
                board.itss[n].place(layout::frames[n]);
        }
    } const placed_{*this};
};

} // namespace fuzz
