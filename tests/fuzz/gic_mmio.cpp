// SPDX-License-Identifier: Apache-2.0
// Fuzzes what vCPUs and devices do to a GIC: system registers and MMIO of any width, offset and value, lines, messages.
#include "tests/fuzz/board.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace {

using arm64::gic::Group;
using fuzz::Board;

constexpr std::array registers{arm64::gic::ICC_PMR_EL1,    arm64::gic::ICC_EOIR0_EL1,   arm64::gic::ICC_HPPIR0_EL1,
                               arm64::gic::ICC_BPR0_EL1,   arm64::gic::ICC_AP0R0_EL1,   arm64::gic::ICC_AP1R0_EL1,
                               arm64::gic::ICC_DIR_EL1,    arm64::gic::ICC_RPR_EL1,     arm64::gic::ICC_SGI1R_EL1,
                               arm64::gic::ICC_ASGI1R_EL1, arm64::gic::ICC_SGI0R_EL1,   arm64::gic::ICC_EOIR1_EL1,
                               arm64::gic::ICC_HPPIR1_EL1, arm64::gic::ICC_BPR1_EL1,    arm64::gic::ICC_CTLR_EL1,
                               arm64::gic::ICC_SRE_EL1,    arm64::gic::ICC_IGRPEN0_EL1, arm64::gic::ICC_IGRPEN1_EL1};

class Run {
public:
    explicit Run(std::span<const std::uint8_t> bytes) : input_(bytes) {
        for (std::uint32_t n = 0; n < Board::vcpus; ++n) { // so that a short input gets somewhere
            const arm64::VcpuIndex vcpu{n};
            board_.gic.write_sysreg(vcpu, arm64::gic::ICC_PMR_EL1, 0xFF);
            board_.gic.write_sysreg(vcpu, arm64::gic::ICC_IGRPEN1_EL1, 1);
        }
        board_.gic.set_forwarding(true);
        while (!input_.empty())
            step();
    }

private:
    void step() {
        const auto op = input_.byte();
        const arm64::VcpuIndex vcpu{op / 16U % Board::vcpus};
        switch (op % 16) {
        case 0: line(); break;
        case 1: acknowledge(vcpu); break;
        case 2: end(vcpu); break;
        case 3: write_register(vcpu); break;
        case 4: any_register(vcpu); break;
        case 5: timer(vcpu); break;
        default: break;
        }
    }

    void line() {
        const fuzz::NoAllocation none;
        const auto what = input_.byte();
        const virt::Pin pin{what & 127U};
        what < 128 ? board_.gic.raise(pin) : board_.gic.lower(pin);
    }
    void timer(arm64::VcpuIndex vcpu) {
        const fuzz::NoAllocation none;
        const auto what = input_.byte();
        board_.gic.timer_level(vcpu, arm64::Intid{16 + what % 16U},
                               what < 128 ? arm64::CpuSide::Level::high : arm64::CpuSide::Level::low);
    }
    void acknowledge(arm64::VcpuIndex vcpu) {
        const fuzz::NoAllocation none;
        taken_ = board_.acknowledge(vcpu, input_.byte() < 192 ? Group::group1 : Group::group0);
    }
    /// Of what was taken last, as guests do, or of anything.
    void end(arm64::VcpuIndex vcpu) {
        const fuzz::NoAllocation none;
        const auto what = input_.byte();
        const auto intid = (what & 128) != 0 ? input_.value() : taken_;
        const auto id = (what & 3) == 0   ? arm64::gic::ICC_EOIR0_EL1
                        : (what & 3) == 1 ? arm64::gic::ICC_DIR_EL1
                                          : arm64::gic::ICC_EOIR1_EL1;
        board_.gic.write_sysreg(vcpu, id, intid);
    }
    void write_register(arm64::VcpuIndex vcpu) {
        const auto id = input_.one_of(registers);
        board_.gic.write_sysreg(vcpu, id, input_.value());
    }
    void any_register(arm64::VcpuIndex vcpu) {
        const auto what = input_.byte();
        const arm64::SysregId id{static_cast<std::uint16_t>(input_.raw(2))};
        switch (what % 4) {
        case 0: board_.gic.read_sysreg(vcpu, id); break;
        case 1: board_.gic.write_sysreg(vcpu, id, input_.value()); break;
        case 2: (void)board_.gic.save_sysreg(vcpu, id); break;
        default: (void)board_.gic.restore_sysreg(vcpu, id, input_.value()); break;
        }
    }

    fuzz::Input input_;
    Board board_;
    std::uint32_t taken_ = arm64::no_interrupt;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Run run(std::span(data, size));
    return 0;
}
