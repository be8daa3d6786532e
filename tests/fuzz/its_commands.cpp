// SPDX-License-Identifier: Apache-2.0
// Fuzzes what a guest does to two ITSs: commands, registers, tables and configuration in its memory; messages between.
#include "tests/fuzz/its_board.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace {

using arm64::VcpuIndex;
using arm64::gic::Group;
using arm64::gic::Its;
using fuzz::ItsBoard;
namespace layout = fuzz::layout;

constexpr std::array<std::uint64_t, 16> offsets{0x0000, 0x0004, 0x0008, 0x0080, 0x0084, 0x0088,  0x0090, 0x0094,
                                                0x0100, 0x0104, 0x0108, 0x0110, 0xFFE8, 0x10040, 0x0138, 0x0020};
constexpr std::array widths{virt::Width::b8, virt::Width::b4, virt::Width::b1, virt::Width::b2};

/// What one input may make ours grow to: each LPI, and what a few hundred commands map. Nothing that a guest writes is
/// taken for a size.
constexpr std::size_t most_bytes = std::size_t{8} << 20;

class Run {
public:
    explicit Run(std::span<const std::uint8_t> bytes) : input_(bytes) {
        const auto flags = input_.byte();
        board_.set_up((flags & 1) != 0 ? fuzz::Indirect : 0);
        for (std::uint32_t n = 0; n < 16; ++n) // enabled, of several priorities
            poke<std::uint8_t>(layout::configuration + n, static_cast<std::uint8_t>(0xA1 + (n & 3) * 8));
        for (std::uint32_t n = 0; n < 8; ++n)
            poke<std::uint64_t>(layout::devices[0] + 8 * n, (flags & 1) != 0 ? fuzz::Valid | layout::level_2 : 0);
        board_.enable_ITSs();
        while (!input_.empty()) {
            step();
            for (auto& its : board_.itss)
                ItsBoard::check(its);
        }
        end();
    }

private:
    void step() {
        const auto op = input_.byte();
        const VcpuIndex vcpu{op / 16U % ItsBoard::vcpus};
        const auto n = op / 128U;
        auto& its = board_.itss[n];
        switch (op % 16) {
        default: queue(n); break;
        case 6: message(n); break;
        case 7: message(0); break;
        case 8:
        case 9: take(vcpu); break;
        case 10: access(its); break;
        case 11: access_outside(its); break;
        case 12: poke_somewhere(); break;
        case 13: lpis(vcpu); break;
        case 14: (void)its.save_tables(); break;
        case 15:
            if ((op & 16) != 0)
                its.reset();
            (void)its.restore_tables();
            break;
        }
        fuzz::require(__sanitizer_get_current_allocated_bytes() - before_ <= most_bytes,
                      "memory does not grow with what the guest says");
    }

    /// A command, and GITS_CWRITER behind it.
    void queue(std::uint32_t n) {
        auto& its = board_.itss[n];
        const auto words = fuzz::command(input_);
        const auto tail = ItsBoard::read(its, fuzz::GITS_CWRITER, virt::Width::b8) & 0xFE0;
        for (unsigned word = 0; word < words.size(); ++word)
            poke(layout::queues[n] + tail + 8 * word, words.at(word));
        ItsBoard::write(its, fuzz::GITS_CWRITER, virt::Width::b8, (tail + 32) % 0x1000);
    }

    /// Both ways: looked up by the message, and looked up before.
    void message(std::uint32_t n) {
        const auto device = input_.byte();
        const auto event = input_.byte();
        const virt::Msi msi{.address = layout::frames[n] + 0x1'0040,
                            .data = event < 224 ? event & 7U : static_cast<std::uint32_t>(input_.value()),
                            .device = device < 192 ? std::optional(virt::DeviceId{device & 7U})
                                      : device < 224
                                          ? std::optional(virt::DeviceId{static_cast<std::uint32_t>(input_.value())})
                                          : std::nullopt};
        const fuzz::NoAllocation none;
        const auto translated = board_.gic.translate(msi);
        if (device < 192 && event < 224) {
            auto& kept = kept_[n][device & 7U][event & 7U];
            if (kept && kept->current())
                fuzz::require(translated && translated->target == kept->target,
                              "a translation that is current is what a lookup finds");
            kept = translated;
        }
        const auto outcome = board_.gic.signal(msi);
        fuzz::require(translated.has_value() == (outcome == virt::MsiOutcome::delivered),
                      "what translates is delivered, and nothing else");
    }
    void take(VcpuIndex vcpu) {
        const fuzz::NoAllocation none;
        const auto intid = board_.acknowledge(vcpu, Group::group1);
        board_.gic.write_sysreg(vcpu, arm64::gic::ICC_EOIR1_EL1, intid);
    }

    void access(Its& its) {
        const auto what = input_.byte();
        const auto width = widths[what % 4];
        const auto at = what % 8 != 7 ? input_.one_of(offsets) : input_.raw(2);
        if (what < 192)
            ItsBoard::write(its, at, width, input_.value());
        else
            (void)ItsBoard::read(its, at, width);
    }
    void access_outside(Its& its) {
        const auto what = input_.byte();
        const auto at = what % 8 != 7 ? input_.one_of(offsets) : input_.raw(2);
        const bool there = Its::check_register(at).has_value();
        fuzz::require(its.get_register(at).has_value() == there, "a register that is there can be read");
        if (what < 192)
            (void)its.set_register(at, input_.value());
    }
    void lpis(VcpuIndex vcpu) {
        constexpr std::array<std::uint64_t, 8> registers{0x0000, 0x0000, 0x0070, 0x0078,
                                                         0x00A0, 0x00B0, 0x00C0, 0x007C};
        ItsBoard::write(board_.frames.at(vcpu.value), input_.one_of(registers), widths[input_.byte() % 2],
                        input_.value());
    }
    void poke_somewhere() {
        const auto what = input_.byte();
        if (what < 128)
            return poke(layout::configuration + (what & 15U), input_.byte());
        if (what < 160)
            return poke(layout::pending + (what & 3U) * 0x1'0000 + 1024 + (what >> 2 & 1U), input_.byte());
        poke(fuzz::Ram::base + (input_.raw(3) & (fuzz::Ram::size - 8) & ~std::uint64_t{7}), input_.value());
    }
    template <class T>
    void poke(virt::Gpa address, T value) {
        (void)ram_.memory.write(address, value);
    }

    /// Nothing holds an LPI any more, once no ITS maps it.
    void end() {
        for (auto& its : board_.itss)
            its.reset();
        for (std::uint32_t intid = arm64::first_lpi; intid < arm64::first_lpi + 32; ++intid)
            if (auto* const lpi = board_.gic.lpis().find(arm64::Intid{intid}))
                fuzz::require(arm64::gic::Redistributor::inspect(
                                  *lpi, [](const arm64::gic::Interrupt& one) { return one.references == 0; }),
                              "an LPI that no ITS maps has no references");
    }

    std::size_t before_ = __sanitizer_get_current_allocated_bytes();
    fuzz::Input input_;
    fuzz::Ram ram_;
    ItsBoard board_{ram_};
    std::array<std::array<std::array<std::optional<virt::TranslatedMsi>, 8>, 8>, layout::ITSs> kept_{};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Run run(std::span(data, size));
    return 0;
}
