// SPDX-License-Identifier: Apache-2.0
// Fuzzes what vCPUs, devices and a VMM do to a GIC: system registers and MMIO of any width, offset and value, lines,
// messages, device attributes.
#include "arch-arm64/gic/distributor.hpp"
#include "arch-arm64/gic/level_info.hpp"
#include "arch-arm64/gic/redistributor_frame.hpp"
#include "tests/fuzz/board.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace {

using arm64::VcpuIndex;
using arm64::gic::Group;
using fuzz::Board;

constexpr std::array registers{arm64::gic::ICC_PMR_EL1,    arm64::gic::ICC_EOIR0_EL1,   arm64::gic::ICC_HPPIR0_EL1,
                               arm64::gic::ICC_BPR0_EL1,   arm64::gic::ICC_AP0R0_EL1,   arm64::gic::ICC_AP1R0_EL1,
                               arm64::gic::ICC_DIR_EL1,    arm64::gic::ICC_RPR_EL1,     arm64::gic::ICC_SGI1R_EL1,
                               arm64::gic::ICC_ASGI1R_EL1, arm64::gic::ICC_SGI0R_EL1,   arm64::gic::ICC_EOIR1_EL1,
                               arm64::gic::ICC_HPPIR1_EL1, arm64::gic::ICC_BPR1_EL1,    arm64::gic::ICC_CTLR_EL1,
                               arm64::gic::ICC_SRE_EL1,    arm64::gic::ICC_IGRPEN0_EL1, arm64::gic::ICC_IGRPEN1_EL1};
constexpr std::array widths{virt::Width::b4, virt::Width::b8, virt::Width::b1, virt::Width::b2};

/// A source at the host that the guest's end of the interrupt lets fire again.
class Source final : public arm64::gic::PhysicalIrq {
public:
    explicit Source(arm64::gic::Interrupt& one) : one_(one) {}

    void assign(bool asserted) {
        asserted_ = asserted;
        arm64::gic::Gic::sample(one_);
    }
    [[nodiscard]] bool level() const override { return asserted_; }
    void deactivated() override { arm64::gic::Gic::sample(one_); }
    void set_active(bool active) override { active_ = active; }
    [[nodiscard]] bool active() const override { return active_; }
    [[nodiscard]] arm64::gic::Interrupt& interrupt() { return one_; }

private:
    arm64::gic::Interrupt& one_;
    bool asserted_ = false;
    bool active_ = false;
};

class Run {
public:
    explicit Run(std::span<const std::uint8_t> bytes) : input_(bytes) {
        for (std::uint32_t n = 0; n < Board::vcpus; ++n) { // so that a short input gets somewhere
            board_.gic.write_sysreg(VcpuIndex{n}, arm64::gic::ICC_PMR_EL1, 0xFF);
            board_.gic.write_sysreg(VcpuIndex{n}, arm64::gic::ICC_IGRPEN1_EL1, 1);
        }
        board_.gic.set_forwarding(true);
        while (!input_.empty())
            step();
    }

private:
    void step() {
        const auto op = input_.byte();
        const VcpuIndex vcpu{op / 16U % Board::vcpus};
        switch (op % 16) {
        case 0: line(); break;
        case 1:
        case 2: acknowledge(vcpu); break;
        case 3: end(vcpu); break;
        case 4: write_register(vcpu); break;
        case 5: any_register(vcpu); break;
        case 6: timer(vcpu); break;
        case 7: source(); break;
        case 8:
        case 9:
        case 10: access(distributor_); break;
        case 11:
        case 12: access(frames_.at(vcpu.value)); break;
        case 13: access_outside(distributor_); break;
        case 14: access_outside(frames_.at(vcpu.value)); break;
        default: levels(vcpu); break;
        }
    }

    void line() {
        const fuzz::NoAllocation none;
        const auto what = input_.byte();
        const virt::Pin pin{what & 127U};
        what < 128 ? board_.gic.raise(pin) : board_.gic.lower(pin);
    }
    void timer(VcpuIndex vcpu) {
        const fuzz::NoAllocation none;
        const auto what = input_.byte();
        board_.gic.timer_level(vcpu, arm64::Intid{16 + what % 16U},
                               what < 128 ? arm64::CpuSide::Level::high : arm64::CpuSide::Level::low);
    }
    void acknowledge(VcpuIndex vcpu) {
        const fuzz::NoAllocation none;
        taken_ = board_.acknowledge(vcpu, input_.byte() < 192 ? Group::group1 : Group::group0);
    }
    /// Of what was taken last, as guests do, or of anything.
    void end(VcpuIndex vcpu) {
        const fuzz::NoAllocation none;
        const auto what = input_.byte();
        const auto intid = (what & 128) != 0 ? input_.value() : taken_;
        const auto id = (what & 3) == 0   ? arm64::gic::ICC_EOIR0_EL1
                        : (what & 3) == 1 ? arm64::gic::ICC_DIR_EL1
                                          : arm64::gic::ICC_EOIR1_EL1;
        board_.gic.write_sysreg(vcpu, id, intid);
    }
    void write_register(VcpuIndex vcpu) {
        const auto id = input_.one_of(registers);
        board_.gic.write_sysreg(vcpu, id, input_.value());
    }
    void any_register(VcpuIndex vcpu) {
        const auto what = input_.byte();
        const arm64::SysregId id{static_cast<std::uint16_t>(input_.raw(2))};
        switch (what % 4) {
        case 0: board_.gic.read_sysreg(vcpu, id); break;
        case 1: board_.gic.write_sysreg(vcpu, id, input_.value()); break;
        case 2: (void)board_.gic.save_sysreg(vcpu, id); break;
        default: (void)board_.gic.restore_sysreg(vcpu, id, input_.value()); break;
        }
    }
    void source() {
        const auto what = input_.byte();
        const auto n = what % sources_.size();
        switch (what / 64) {
        case 0: sources_[n].assign(true); break;
        case 1: sources_[n].assign(false); break;
        case 2:
            if (!mapped_[n])
                arm64::gic::Gic::map(sources_[n].interrupt(), sources_[n]);
            mapped_[n] = true;
            break;
        default:
            board_.gic.unmap(sources_[n].interrupt());
            mapped_[n] = false;
            break;
        }
    }

    /// In a register, mostly at one of the interrupts that exist; or anywhere.
    template <class Row>
    std::uint64_t offset(std::span<const Row> rows, unsigned alignment) {
        const auto what = input_.byte();
        if (what >= 248)
            return input_.raw(3);
        const auto& row = rows[what % rows.size()];
        return row.offset + input_.byte() * std::uint64_t{alignment} % row.size;
    }
    template <class Frame>
    void access(Frame& frame) {
        const auto what = input_.byte();
        const auto width = widths[what % 4];
        const auto at = offset(Frame::rows(), static_cast<unsigned>(width)) % Frame::frame_size;
        std::uint64_t value = 0;
        if (what < 192) {
            require(frame.write(0, at, width, input_.value()), "a frame answers all of its addresses");
        } else {
            require(frame.read(0, at, width, value), "a frame answers all of its addresses");
            require((value & ~virt::mask_of(width)) == 0, "what is read is no wider than the access");
        }
    }
    template <class Frame>
    void access_outside(Frame& frame) {
        const auto what = input_.byte();
        const auto at = offset(Frame::rows(), 4);
        const bool has = frame.has(at);
        if (what < 192)
            (void)frame.write_outside(at, static_cast<std::uint32_t>(input_.value()));
        else
            require(frame.read_outside(at) == 0 || has, "what is not there reads as zero");
    }
    void levels(VcpuIndex vcpu) {
        const auto what = input_.byte();
        const arm64::Intid first{what % 33U * 32};
        if (what < 128)
            arm64::gic::set_line_levels(board_.gic, vcpu, first, static_cast<std::uint32_t>(input_.value()));
        else
            (void)arm64::gic::line_levels(board_.gic, vcpu, first);
    }
    static void require(bool holds, const char* sentence) { fuzz::require(holds, sentence); }

    fuzz::Input input_;
    fuzz::Ram ram_;
    Board board_{ram_};
    arm64::gic::Distributor distributor_{board_.gic};
    std::array<arm64::gic::RedistributorFrame, Board::vcpus> frames_{
        arm64::gic::RedistributorFrame(board_.gic, board_.gic.redistributor(VcpuIndex{0})),
        arm64::gic::RedistributorFrame(board_.gic, board_.gic.redistributor(VcpuIndex{1})),
        arm64::gic::RedistributorFrame(board_.gic, board_.gic.redistributor(VcpuIndex{2}))};
    std::array<Source, 2> sources_{Source(board_.gic.redistributor(VcpuIndex{1}).private_interrupt(27)),
                                   Source(*board_.gic.spi(arm64::Intid{40}))};
    std::array<bool, 2> mapped_{};
    std::uint32_t taken_ = arm64::no_interrupt;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Run run(std::span(data, size));
    return 0;
}
