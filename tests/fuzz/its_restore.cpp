// SPDX-License-Identifier: Apache-2.0
// Fuzzes the tables that an ITS restores from, and holds it to this: what it then saves restores to the same.
#include "tests/fuzz/its_board.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace {

using arm64::VcpuIndex;
using arm64::gic::Group;
using fuzz::ItsBoard;
namespace layout = fuzz::layout;

constexpr std::uint64_t devices = 16, events = 16;
static_assert(layout::ITT_size == 256 * 8, "of 8 bits of EventID at most");

/// Tidy tables are as a guest lays them out: each device has an ITT of its own, where its entries have room. Wild ones
/// may overlap, so that saving them destroys them; of these it is only asked that nothing breaks.
enum class Tables : std::uint8_t { tidy, wild };

class Run {
public:
    explicit Run(std::span<const std::uint8_t> bytes) : input_(bytes) {
        const auto flags = input_.byte();
        flags_ = (flags & 1) != 0 ? fuzz::Indirect : 0;
        tables_ = (flags & 2) != 0 ? Tables::wild : Tables::tidy;
        if (flags_ != 0)
            poke<std::uint64_t>(layout::devices[0], fuzz::Valid | layout::level_2);
        for (std::uint32_t icid = 0; icid < (flags >> 4 & 3U); ++icid) // so that events are not refused for that alone
            poke(layout::collections[0] + 8 * collections_++,
                 fuzz::Valid | std::uint64_t{fuzz::Board::ids.at(icid)} << 16 | icid);
        while (!input_.empty())
            entry();
        restore();
    }

private:
    [[nodiscard]] bool tidy() const { return tables_ == Tables::tidy; }
    virt::Gpa device_entry(std::uint64_t id) const {
        return (flags_ != 0 ? layout::level_2 : layout::devices[0]) + 8 * id;
    }

    void entry() {
        const auto what = input_.byte();
        switch (what % 8) {
        case 0:
        case 1: {
            const auto id = input_.byte() % devices;
            auto entry = fuzz::DTE(input_);
            if (tidy())
                entry = (entry & ~(std::uint64_t{0xFFF'FFFF'FFFF} << 5 | 0x1F)) |
                        (layout::ITTs + id * layout::ITT_size) >> 8 << 5 | (entry & 7);
            poke(device_entry(id), entry);
            break;
        }
        case 2:
        case 3:
        case 4: {
            const auto place = input_.byte();
            poke(layout::ITTs + place % devices * layout::ITT_size + 8 * (place / devices), fuzz::ITE(input_));
            break;
        }
        case 5: poke(layout::collections[0] + 8 * collections_++, fuzz::CTE(input_)); break;
        case 6: {
            const auto bits = input_.byte();
            if ((what & 8) != 0)
                poke<std::uint8_t>(layout::configuration + (bits & 15U), bits | 1);
            else
                poke(layout::pending + (what >> 4 & 3U) * 0x1'0000 + arm64::first_lpi / 8 + (what >> 6 & 1U), bits);
            break;
        }
        default:
            if (tidy())
                break;
            if ((what & 8) != 0)
                poke(layout::devices[0] + 8 * (input_.byte() & 7U), fuzz::level_1_entry(input_));
            else
                poke(fuzz::Ram::base + (input_.raw(3) & (fuzz::Ram::size - 8) & ~std::uint64_t{7}), input_.value());
            break;
        }
    }

    void restore() {
        ItsBoard first(ram_);
        first.set_up(flags_);
        auto& its = first.itss[0];
        const auto before = __sanitizer_get_current_allocated_bytes();
        const bool restored = its.restore_tables().has_value();
        fuzz::require(__sanitizer_get_current_allocated_bytes() - before <= std::size_t{16} << 20,
                      "a table restores to no more than it has entries");
        if (!tidy()) {
            (void)its.restore_tables();
            first.enable_ITSs();
            (void)outcome(first);
            (void)its.save_tables();
            return;
        }
        if (!restored)
            return;
        save(first);
        static std::array<std::byte, fuzz::Ram::size> saved; // memcpy: a sanitizer slows loops down
        std::memcpy(saved.data(), fuzz::Ram::bytes().data(), saved.size());
        ItsBoard second(ram_);
        second.set_up(flags_);
        fuzz::require(second.itss[0].restore_tables().has_value(), "what was saved restores");
        save(second);
        fuzz::require(std::memcmp(saved.data(), fuzz::Ram::bytes().data(), saved.size()) == 0,
                      "what was restored saves as the same");
        first.enable_ITSs();
        second.enable_ITSs();
        fuzz::require(outcome(first) == outcome(second), "what was restored does the same");
    }

    static void save(ItsBoard& board) {
        fuzz::require(board.itss[0].save_tables().has_value(), "what was restored can be saved");
        fuzz::require(board.gic.lpis().save_pending_tables().has_value(), "pending tables are in RAM");
    }

    /// What becomes of a message for each event, and the LPIs that each vCPU then takes.
    static std::vector<std::uint32_t> outcome(ItsBoard& board) {
        std::vector<std::uint32_t> seen;
        for (std::uint32_t device = 0; device < devices; ++device)
            for (std::uint32_t event = 0; event < events; ++event)
                seen.push_back(static_cast<std::uint32_t>(board.gic.signal(
                    {.address = layout::frames[0] + 0x1'0040, .data = event, .device = virt::DeviceId{device}})));
        for (std::uint32_t n = 0; n < ItsBoard::vcpus; ++n) {
            const auto begin = static_cast<std::ptrdiff_t>(seen.size());
            for (;;) {
                const auto intid = board.acknowledge(VcpuIndex{n}, Group::group1);
                seen.push_back(intid);
                if (intid == arm64::no_interrupt)
                    break;
                fuzz::require(seen.size() < 0x2'0000, "each LPI is taken once");
                board.gic.write_sysreg(VcpuIndex{n}, arm64::gic::ICC_EOIR1_EL1, intid);
            }
            std::sort(seen.begin() + begin, seen.end()); // of one priority, as they came
        }
        return seen;
    }

    template <class T>
    void poke(virt::Gpa address, T value) {
        (void)ram_.memory.write(address, value);
    }

    fuzz::Input input_;
    fuzz::Ram ram_;
    std::uint64_t flags_ = 0;
    std::uint64_t collections_ = 0;
    Tables tables_ = Tables::tidy;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Run run(std::span(data, size));
    return 0;
}
