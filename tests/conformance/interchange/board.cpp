// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/interchange/board.hpp"

#include "tests/conformance/arch_timer.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/interchange/exchange.hpp"
#include "tests/conformance/layout.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <sstream>
#include <string_view>
#include <utility>

namespace conformance {
namespace {

constexpr std::uint64_t page = 0x1'0000;
constexpr std::uint32_t first_special = 1020, last_special = 1023;
// KVM loses the state of active interrupts that no list register is left for, and there may be four.
constexpr std::size_t most_active = 3;

Bricks bricks_of(const Shape& shape) {
    Bricks bricks{.its = shape.its};
    bricks.vcpus.resize(shape.vcpus);
    std::iota(bricks.vcpus.begin(), bricks.vcpus.end(), 0U);
    return bricks;
}

/// A special INTID is nothing taken, and whether it comes in between depends on time.
bool is_interrupt(const Record& record) {
    return record.kind != Record::Kind::marker && (record.value < first_special || record.value > last_special);
}

std::string text_of(const std::vector<Record>& records) {
    std::ostringstream text;
    for (const auto& record : records)
        if (is_interrupt(record))
            text << record << "; ";
    return text.str();
}

std::string text_of(const virt::expected<void>& result) {
    return result ? "ok" : ::strerrorname_np(result.error().code);
}

} // namespace

Board::Board(const Provider& provider, const Shape& shape)
    : shape_(shape), machine_(bricks_of(shape), provider), lpis_(machine_) {
    knowledge_.taken.resize(shape.vcpus);
    for (unsigned n = 0; n < shape.its; ++n) {
        ItsBricks bricks{
            .driver = Its(machine_, n), .level_1 = machine_.allocate(page, page), .level_2 = {}, .ITTs = {}};
        for (auto& level_2 : bricks.level_2)
            level_2 = machine_.allocate(page, page);
        for (auto& ITT : bricks.ITTs)
            ITT = bricks.driver.ITT(EventID_bits);
        its_.push_back(std::move(bricks));
    }
}

std::string Board::enable_its() {
    for (auto& bricks : its_) {
        for (std::size_t n = 0; n < bricks.level_2.size(); ++n)
            machine_.set_ram(bricks.level_1 + 8 * n, level_1_entry(bricks.level_2[n]));
        bricks.driver.set_BASER0(baser(bricks.level_1, 1) | GITS_BASER_Indirect);
        bricks.driver.enable();
    }
    return {};
}

std::string Board::enable_its_again(unsigned its) {
    this->its(its).write(GITS_CTLR, GITS_CTLR_Enabled);
    return std::to_string(this->its(its).CREADR());
}

std::string Board::disable_its(unsigned its) {
    this->its(its).disable();
    return {};
}

std::string Board::run(unsigned vcpu, const List& list) {
    const auto result = machine_.puppet(vcpu).run(list);
    std::ostringstream text;
    text << std::hex;
    for (std::size_t n = 0; n < list.size(); ++n) {
        if (list[n].operation == Operation::MRS) // of others the value is a provider's own
            text << result[n].value << ' ';
        if (result[n].undefined())
            text << "undefined ";
    }
    return text.str() + text_of(result.records);
}

bool Board::may_activate(unsigned vcpu) const {
    return knowledge_.taken.at(vcpu).size() + knowledge_.active.size() < most_active;
}

std::string Board::take(unsigned vcpu) {
    if (!may_activate(vcpu))
        return "full";
    auto& puppet = machine_.puppet(vcpu);
    puppet.on_interrupt(nullptr);
    puppet.set_handler(Handler::acknowledge);
    const auto records = puppet.run(window(1000, 1)).records;
    for (const auto& record : records)
        if (is_interrupt(record))
            knowledge_.taken.at(vcpu).push_back(record);
    auto& taken = knowledge_.taken.at(vcpu);
    if (taken.empty() || !std::ranges::any_of(records, is_interrupt))
        return "none";
    const auto intid = taken.back().value;
    // Of these KVM keeps more than the architecture has, in a list register: an LPI is active there, and a latch of a
    // level-sensitive interrupt remains until the deactivation.
    if (intid >= Lpis::first)
        return text_of(records) + finish(vcpu);
    return text_of(records) + run(vcpu, intid < 32
                                            ? store32(layout::gicr(vcpu) + GICR_ICPENDR0, bit_of(intid))
                                            : store32(layout::GICD + word_of(GICD_ICPENDR, intid), bit_of(intid)));
}

std::string Board::finish(unsigned vcpu) {
    auto& taken = knowledge_.taken.at(vcpu);
    if (taken.empty())
        return "nothing";
    const auto [intid, kind] = taken.back();
    taken.pop_back();
    List list = msr(kind == Record::Kind::fiq ? ICC_EOIR0_EL1 : ICC_EOIR1_EL1, intid);
    if (shape_.mode == EOImode::drop && intid < Lpis::first)
        list += msr(ICC_DIR_EL1, intid);
    return run(vcpu, list + mrs(ICC_RPR_EL1));
}

std::string Board::serve(unsigned vcpu) {
    auto& puppet = machine_.puppet(vcpu);
    puppet.set_handler(shape_.mode == EOImode::drop ? Handler::eoi_dir : Handler::eoi);
    puppet.on_interrupt([this, vcpu](std::uint32_t intid) {
        if (intid == virtual_timer.PPI)
            must(machine_.vcpu(vcpu).set(timer_registers::TIMER_CTL, std::uint64_t{0}));
        else if (intid >= 32 && intid < first_special)
            must(machine_.set_spi(intid, false));
        else if (intid >= 16 && intid < 32)
            must(machine_.set_ppi(intid, vcpu, false));
    });
    return text_of(puppet.run(window(20'000, 100)).records);
}

std::string Board::set_pending(unsigned vcpu, std::uint32_t intid) {
    for (unsigned n = 0; n < shape_.vcpus; ++n)
        if ((intid >= 32 || n == vcpu) &&
            std::ranges::find(knowledge_.taken.at(n), intid, &Record::value) != knowledge_.taken.at(n).end())
            return "is active";
    return run(vcpu, intid < 32 ? store32(layout::gicr(vcpu) + GICR_ISPENDR0, bit_of(intid))
                                : store32(layout::GICD + word_of(GICD_ISPENDR, intid), bit_of(intid)));
}

std::string Board::set_spi(std::uint32_t intid, bool level) { return text_of(machine_.set_spi(intid, level)); }

std::string Board::set_ppi(std::uint32_t intid, unsigned vcpu, bool level) {
    return text_of(machine_.set_ppi(intid, vcpu, level));
}

std::string Board::set_active(std::uint32_t intid) {
    for (unsigned vcpu = 0; vcpu < shape_.vcpus; ++vcpu)
        if (!may_activate(vcpu))
            return "full";
    knowledge_.active.insert(intid);
    return run(0, store32(layout::GICD + word_of(GICD_ISACTIVER, intid), bit_of(intid)));
}

std::string Board::clear_active(std::uint32_t intid) {
    if (knowledge_.active.erase(intid) == 0)
        return "was not";
    return run(0, store32(layout::GICD + word_of(GICD_ICACTIVER, intid), bit_of(intid)));
}

std::string Board::signal(unsigned its, std::uint32_t DeviceID, std::uint32_t EventID) {
    const auto delivered = machine_.vm().signal(this->its(its).msi(DeviceID, EventID));
    if (!delivered)
        return ::strerrorname_np(delivered.error().code);
    return *delivered ? "delivered" : "not delivered";
}

std::string Board::command(unsigned its, const ItsCommand& command) {
    this->its(its).queue({command});
    return std::to_string(this->its(its).CREADR());
}

void Board::load(const State& state, const Board& other) {
    conformance::load(state, machine_);
    knowledge_ = other.knowledge_;
    for (auto& bricks : its_)
        bricks.driver.adopt();
}

void Board::share_pending_tables(Board& other) {
    std::vector<std::byte> table((1U << Lpis::ID_bits) / 8);
    for (unsigned vcpu = 0; vcpu < shape_.vcpus; ++vcpu) {
        const auto address = lpis_.pending_table(vcpu);
        if (!machine_.memory().read(address, table) || !other.machine_.memory().write(address, table))
            throw std::out_of_range("a pending table outside RAM");
    }
}

} // namespace conformance
