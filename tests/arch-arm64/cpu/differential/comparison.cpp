// SPDX-License-Identifier: Apache-2.0
// See comparison.hpp.
#include "tests/arch-arm64/cpu/differential/comparison.hpp"
#include "tests/arch-arm64/cpu/differential/instruction.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <span>

namespace differential {
namespace {

constexpr unsigned enough = 4;
/// A process is told an address without its tag.
constexpr std::uint64_t untagged = ~(std::uint64_t{0xFF} << 56);
constexpr std::uint64_t other_half = std::uint64_t{1} << 47;

class Differences {
public:
    void add(std::string_view what, std::uint64_t ours, std::uint64_t theirs) {
        if (ours != theirs)
            add(fmt::format("{} {:#x} instead of {:#x}", what, ours, theirs));
    }
    void add(const std::string& text) {
        if (count_++ < enough)
            text_ += (text_.empty() ? "" : ", ") + text;
    }
    [[nodiscard]] std::optional<std::string> result() const {
        if (count_ == 0)
            return std::nullopt;
        return count_ <= enough ? text_ : fmt::format("{}, and {} more", text_, count_ - enough);
    }

private:
    std::string text_;
    unsigned count_ = 0;
};

bool is_abort(Stop stop) { return stop == Stop::data_abort || stop == Stop::alignment; }

void add_registers(const Outcome& ours, const Outcome& theirs, Knowledge knowledge, Differences& to) {
    for (unsigned n = 0; n < 31; ++n)
        to.add(fmt::format("X{}", n), ours.after.X[n], theirs.after.X[n]);
    to.add("SP", ours.after.SP, theirs.after.SP);
    to.add("NZCV", ours.after.NZCV, theirs.after.NZCV);
    for (unsigned n = 0; n < 32; ++n)
        if (const auto &our = ours.after.V[n], &their = theirs.after.V[n]; our != their)
            to.add(
                fmt::format("V{} {:016x}_{:016x} instead of {:016x}_{:016x}", n, our[1], our[0], their[1], their[0]));
    to.add("FPCR", ours.after.FPCR & knowledge.FPCR, theirs.after.FPCR & knowledge.FPCR);
    to.add("FPSR", ours.after.FPSR & knowledge.FPSR, theirs.after.FPSR & knowledge.FPSR);
}

void add_memory(const Outcome& ours, const Outcome& theirs, Differences& to) {
    if (ours.changed == theirs.changed && ours.changes_hash == theirs.changes_hash)
        return;
    to.add("number of changed doublewords", ours.changed, theirs.changed);
    for (unsigned n = 0; n < max_changes; ++n) {
        const auto our = n < ours.changed ? ours.changes[n] : Change{},
                   their = n < theirs.changed ? theirs.changes[n] : Change{};
        if (our != their)
            to.add(fmt::format("[{:#x}] {:#x} instead of [{:#x}] {:#x}", our.offset, our.value, their.offset,
                               their.value));
    }
}

} // namespace

std::optional<std::string> difference(const Outcome& ours, const Outcome& theirs, Knowledge knowledge) {
    Differences differences;
    if (ours.stop != theirs.stop)
        differences.add(fmt::format("{} instead of {}", name(ours.stop), name(theirs.stop)));
    differences.add("PC", ours.after.PC, theirs.after.PC);
    differences.add("comment", ours.detail, theirs.detail);
    if (ours.stop != theirs.stop)
        return differences.result();
    if (is_abort(ours.stop)) {
        differences.add("SP", ours.after.SP, theirs.after.SP);
        differences.add("NZCV", ours.after.NZCV, theirs.after.NZCV);
        // QEMU's process gets no address of the other half: its host has none.
        if (((ours.address | theirs.address) & untagged) < other_half)
            differences.add("address", ours.address & untagged, theirs.address & untagged);
        return differences.result();
    }
    add_registers(ours, theirs, knowledge, differences);
    add_memory(ours, theirs, differences);
    return differences.result();
}

std::string describe(const Case& subject) {
    std::string text;
    for (std::uint32_t n = 0; n < subject.count; ++n)
        text += fmt::format("{}{:08x}", n == 0 ? "" : " ", subject.words[n]);
    std::set<unsigned> registers;
    const bool vectors = std::ranges::any_of(std::span(subject.words).first(subject.count), has_vectors);
    for (std::uint32_t n = 0; n < subject.count; ++n)
        for (const unsigned shift : {0U, 5U, 10U, 16U})
            registers.insert(subject.words[n] >> shift & 31);
    for (const auto n : registers)
        text +=
            n == 31 ? fmt::format(" SP={:#x}", subject.before.SP) : fmt::format(" X{}={:#x}", n, subject.before.X[n]);
    for (const auto n : registers)
        if (vectors)
            text += fmt::format(" V{}={:016x}_{:016x}", n, subject.before.V[n][1], subject.before.V[n][0]);
    return text + fmt::format(" NZCV={:x} FPCR={:08x} FPSR={:08x}", subject.before.NZCV >> 28, subject.before.FPCR,
                              subject.before.FPSR);
}

const char* name(Stop stop) {
    switch (stop) {
    case Stop::completed: return "completed";
    case Stop::UNDEFINED: return "UNDEFINED";
    case Stop::breakpoint: return "BRK";
    case Stop::instruction_abort: return "instruction abort";
    case Stop::data_abort: return "data abort";
    case Stop::alignment: return "alignment fault";
    case Stop::SVC: return "SVC";
    case Stop::endless: return "endless";
    case Stop::not_supported: return "not supported";
    case Stop::died: return "died";
    case Stop::unstable: return "another outcome when executed again";
    }
    return "nothing";
}

} // namespace differential
