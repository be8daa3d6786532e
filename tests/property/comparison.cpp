// SPDX-License-Identifier: Apache-2.0
#include "tests/property/comparison.hpp"

#include "tests/property/sysregs.hpp"

#include <algorithm>
#include <cstdio>

namespace property {
namespace {

using Kind = Operation::Kind;
using Difference = std::optional<std::string>;

std::string hex(std::uint64_t value) {
    std::array<char, 20> text{};
    std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
    return text.data();
}

Difference differs(const std::string& what, std::uint64_t subject, std::uint64_t model) {
    if (subject == model)
        return std::nullopt;
    return what + ": " + hex(subject) + ", the model has " + hex(model);
}

std::uint64_t number(std::optional<std::uint64_t> value) { return value.value_or(~std::uint64_t{0}); }

} // namespace

Comparison::Comparison(std::unique_ptr<Subject> subject) : subject_(std::move(subject)), model_(subject_->rules()) {
    for (std::uint32_t spi = 32; spi < interrupts; ++spi)
        if (is_resampled(spi))
            model_.resampled.insert(spi);
}

Difference Comparison::step(const Operation& operation) {
    if (auto difference = perform(operation))
        return difference;
    return look_at_signals();
}

Difference Comparison::perform(const Operation& operation) {
    const auto& [kind, vcpu, width, address, value, words] = operation;
    const auto intid = static_cast<std::uint32_t>(address);
    const auto sysreg = static_cast<std::uint16_t>(address);
    switch (kind) {
    case Kind::load: return differs("loaded", subject_->load(vcpu, address, width), model_.load(vcpu, address, width));
    case Kind::store:
        subject_->store(vcpu, address, width, value);
        model_.store(vcpu, address, width, value);
        return std::nullopt;
    case Kind::mrs: return read_sysreg(vcpu, sysreg);
    case Kind::msr:
        return differs("is defined", subject_->msr(vcpu, sysreg, value) ? 1 : 0,
                       model_.msr(vcpu, sysreg, value) ? 1 : 0);
    case Kind::spi:
        subject_->set_spi(intid, value != 0);
        model_.set_spi(intid, value != 0);
        return std::nullopt;
    case Kind::ppi:
        subject_->set_ppi(vcpu, intid, value != 0);
        model_.set_ppi(vcpu, intid, value != 0);
        return std::nullopt;
    case Kind::msi: {
        const auto device =
            width == 0 ? std::nullopt : std::optional<std::uint32_t>(static_cast<std::uint32_t>(words[0]));
        const auto event = static_cast<std::uint32_t>(value);
        return differs("signal's result", static_cast<std::uint64_t>(subject_->signal(address, device, event)),
                       static_cast<std::uint64_t>(model_.signal(address, device, event)));
    }
    case Kind::command: {
        const auto at = model_.CWRITER(vcpu) % 4096;
        for (unsigned n = 0; n < 4; ++n) {
            subject_->write(queue(vcpu) + at + n * 8, 8, words[n]);
            model_.write(queue(vcpu) + at + n * 8, 8, words[n]);
        }
        const auto CWRITER = ITS + vcpu * ITS_size + 0x88;
        subject_->store(0, CWRITER, width, (at + 32) % 4096);
        model_.store(0, CWRITER, width, (at + 32) % 4096);
        return std::nullopt;
    }
    case Kind::memory:
        subject_->write(address, width, value);
        model_.write(address, width, value);
        return std::nullopt;
    case Kind::get_outside:
        return differs("read from outside", subject_->get_outside(address), model_.get_outside(address));
    case Kind::set_outside: {
        const auto word = static_cast<std::uint32_t>(value);
        return differs("written from outside", static_cast<std::uint64_t>(subject_->set_outside(address, word)),
                       static_cast<std::uint64_t>(model_.set_outside(address, word)));
    }
    case Kind::save:
        return differs("saved", subject_->save_pending_tables() ? 1 : 0, model_.save_pending_tables() ? 1 : 0);
    case Kind::check: return compare_all();
    }
    return std::nullopt;
}

Difference Comparison::read_sysreg(unsigned vcpu, std::uint16_t sysreg) {
    const auto seen = subject_->mrs(vcpu, sysreg);
    const bool acknowledges = sysreg == ICC_IAR0 || sysreg == ICC_IAR1;
    if (!acknowledges && sysreg != ICC_HPPIR0 && sysreg != ICC_HPPIR1)
        return differs("read", number(seen), number(model_.mrs(vcpu, sysreg)));
    const unsigned group = sysreg == ICC_IAR1 || sysreg == ICC_HPPIR1 ? 1 : 0;
    if (seen && (acknowledges ? model_.acknowledge(vcpu, group, *seen) : model_.may_be_highest(vcpu, group, *seen)))
        return std::nullopt;
    std::string other = "others";
    for (std::uint32_t intid = 0; intid < 65536; ++intid)
        if (model_.may_be_highest(vcpu, group, intid)) {
            other = std::to_string(intid);
            break;
        }
    return "read INTID " + std::to_string(number(seen)) + ", the highest pending one is " + other;
}

Difference Comparison::look_at_signals() {
    for (unsigned vcpu = 0; vcpu < vcpus; ++vcpu)
        if (const auto lines = subject_->lines(vcpu); !model_.may_drive(vcpu, lines))
            return "vCPU " + std::to_string(vcpu) + " has IRQ " + std::to_string(static_cast<int>(lines.irq)) +
                   " and FIQ " + std::to_string(static_cast<int>(lines.fiq)) + ", which the model does not allow";
    const auto subject = subject_->take_deactivated();
    const auto model = model_.take_deactivated();
    if (subject == model)
        return std::nullopt;
    std::string text = "deactivation was told of SPIs";
    for (const auto spi : subject)
        text += " " + std::to_string(spi);
    text += "; the model says";
    for (const auto spi : model)
        text += " " + std::to_string(spi);
    return text;
}

Difference Comparison::compare_all() {
    const auto words = [this](std::uint64_t frame, std::uint64_t from, std::uint64_t to) -> Difference {
        for (auto address = frame + from; address < frame + to; address += 4)
            if (auto difference =
                    differs("word at " + hex(address), subject_->load(0, address, 4), model_.load(0, address, 4)))
                return difference;
        return std::nullopt;
    };
    struct Range {
        std::uint64_t frame, from, to;
    };
    std::vector<Range> ranges{{GICD, 0, 0x14},      {GICD, 0x80, 0x90},
                              {GICD, 0x100, 0x110}, {GICD, 0x200, 0x210},
                              {GICD, 0x300, 0x310}, {GICD, 0x400, 0x400 + interrupts},
                              {GICD, 0xC00, 0xC18}, {GICD, 0x6100, 0x6000 + interrupts * 8}};
    for (unsigned vcpu = 0; vcpu < vcpus; ++vcpu) {
        const auto frame = GICR + vcpu * GICR_size;
        for (const auto& [from, to] : {std::pair<std::uint64_t, std::uint64_t>{0, 0x10},
                                       {0x70, 0x80},
                                       {0x1'0080, 0x1'0084},
                                       {0x1'0100, 0x1'0104},
                                       {0x1'0200, 0x1'0204},
                                       {0x1'0300, 0x1'0304},
                                       {0x1'0400, 0x1'0420}})
            ranges.push_back({frame, from, to});
    }
    for (unsigned its = 0; its < itss; ++its)
        for (const auto& [from, to] : {std::pair<std::uint64_t, std::uint64_t>{0, 0x10}, {0x80, 0x98}, {0x100, 0x110}})
            ranges.push_back({ITS + its * ITS_size, from, to});
    for (const auto& [frame, from, to] : ranges)
        if (auto difference = words(frame, from, to))
            return difference;
    for (unsigned vcpu = 0; vcpu < vcpus; ++vcpu)
        for (const auto sysreg : {ICC_PMR, ICC_BPR0, ICC_BPR1, ICC_AP0R0, ICC_AP1R0, ICC_RPR, ICC_CTLR, ICC_IGRPEN0,
                                  ICC_IGRPEN1, ICC_HPPIR0, ICC_HPPIR1})
            if (auto difference = read_sysreg(vcpu, sysreg))
                return "vCPU " + std::to_string(vcpu) + ", " + Operation{Kind::mrs, vcpu, 8, sysreg, 0, {}}.text() +
                       ": " + *difference;
    const auto ram = subject_->ram();
    const auto [ours, theirs] = std::ranges::mismatch(ram, model_.ram());
    if (ours != ram.end())
        return differs("RAM at " + hex(RAM + static_cast<std::uint64_t>(ours - ram.begin())), *ours, *theirs);
    return std::nullopt;
}

std::optional<Failure> run(const Sequence& sequence, const MakeSubject& make) {
    Comparison comparison(make());
    for (std::size_t n = 0; n < sequence.size(); ++n)
        if (auto difference = comparison.step(sequence[n]))
            return Failure{Sequence(sequence.begin(), sequence.begin() + static_cast<std::ptrdiff_t>(n + 1)),
                           std::move(*difference)};
    return std::nullopt;
}

Failure shrink(Failure failure, const MakeSubject& make) {
    for (std::size_t bunch = failure.sequence.size() / 2; bunch != 0;) {
        bool shrunk = false;
        for (std::size_t at = 0; at < failure.sequence.size();) {
            auto shorter = failure.sequence;
            const auto from = shorter.begin() + static_cast<std::ptrdiff_t>(at);
            shorter.erase(from, from + static_cast<std::ptrdiff_t>(std::min(bunch, shorter.size() - at)));
            if (auto still = run(shorter, make)) {
                failure = std::move(*still);
                shrunk = true;
            } else {
                at += bunch;
            }
        }
        if (bunch > 1 || !shrunk)
            bunch /= 2;
    }
    return failure;
}

} // namespace property
