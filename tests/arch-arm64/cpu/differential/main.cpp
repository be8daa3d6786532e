// SPDX-License-Identifier: Apache-2.0
// The differential test: random instructions of every row of the decode table, on our CPU and on oracles. Exit status:
// 0 if they agree, 1 if they differ or a row was not tried, 2 for a wrong command line.
#include "arch-arm64/cpu/decoder.hpp"
#include "tests/arch-arm64/cpu/differential/generator.hpp"
#include "tests/arch-arm64/cpu/differential/hand_written.hpp"
#include "tests/arch-arm64/cpu/differential/options.hpp"
#include "tests/arch-arm64/cpu/differential/oracle.hpp"
#include "tests/arch-arm64/cpu/differential/sequence.hpp"
#include "tests/arch-arm64/cpu/differential/subject.hpp"
#include "tests/arch-arm64/cpu/differential/trial.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

namespace {

using namespace differential;
using arm64::cpu::Row;

constexpr const char* unallocated = "(unallocated)";

/// The same cases for a row whatever other rows there are.
std::uint64_t seed_of(std::string_view name, std::string_view bits, std::uint64_t seed) {
    std::uint64_t hash = 0xCBF2'9CE4'8422'2325 ^ seed;
    for (const auto text : {name, bits})
        for (const char letter : text)
            hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100'0000'01B3;
    return hash;
}

/// One memory content for some cases: it is filled anew only then.
std::uint64_t memory_seed(std::uint64_t seed, std::uint64_t n) { return seed + n / 64 + 1; }

std::vector<Case> cases_of(const Row& row, const Options& options) {
    const auto seed = seed_of(row.name, row.bits, options.seed);
    Generator generator(seed);
    std::vector<Case> cases;
    // A word may be another row's, whose encoding is a special case of this one.
    for (std::uint64_t tries = 0; cases.size() < options.cases && tries < 100 * options.cases; ++tries) {
        const auto word = generator.word(row.encoding);
        const auto memory = memory_seed(seed, cases.size());
        const auto next = is_store_exclusive(word) && !generator.random().once_in(8)
                              ? generator.exclusive_pair(word, memory)
                              : generator.one(word, memory);
        if (arm64::cpu::decode(next.words[next.count - 1]) == &row)
            cases.push_back(next);
    }
    return cases;
}

std::vector<Case> cases_of_nothing(const Options& options) {
    const auto seed = seed_of(unallocated, "", options.seed);
    Generator generator(seed);
    std::vector<Case> cases;
    for (std::uint64_t tries = 0; cases.size() < 20 * options.cases && tries < 2000 * options.cases; ++tries)
        if (const auto word = generator.any_word(); arm64::cpu::decode(word) == nullptr)
            cases.push_back(generator.one(word, memory_seed(seed, cases.size())));
    return cases;
}

class Report {
public:
    explicit Report(const Options& options) : options_(options) {
        fmt::print("{:<44}", "row");
        for (const auto oracle : options.oracles)
            fmt::print("{:>6}: cases  differ", name(oracle));
        fmt::print("\n");
    }

    void add(std::string_view row, std::string_view bits, const std::vector<Tally>& tallies) {
        ++rows_;
        std::uint64_t compared = 0;
        auto line = fmt::format("{:<44}", row);
        for (const auto& tally : tallies) {
            line += fmt::format("{:>13}{:>8}", tally.cases, tally.differences);
            compared += tally.cases;
            compared_ += tally.cases;
            differences_ += tally.differences;
        }
        fmt::print("{}  {}\n", line, bits);
        for (std::size_t n = 0; n < tallies.size(); ++n)
            for (const auto& text : tallies[n].first)
                fmt::print("    {}: {}\n", name(options_.oracles[n]), text);
        if (const auto* by_hand = hand_written(row); by_hand != nullptr) {
            fmt::print("    {}: {}\n", by_hand->test, by_hand->reason);
            if (!std::filesystem::exists(std::filesystem::path(ITSY_SOURCE) / by_hand->test))
                fail(row, "its hand-written test does not exist");
        } else if (compared == 0) {
            for (const auto& tally : tallies)
                for (const auto& [reason, count] : tally.left_out)
                    fmt::print("    {} left out: {}\n", count, reason);
            fail(row, "nothing was compared");
        }
    }

    [[nodiscard]] int finish() const {
        fmt::print("differential: {} rows, {} comparisons, {} differences, {} rows not tried, seed {}\n", rows_,
                   compared_, differences_, failures_, options_.seed);
        return rows_ != 0 && differences_ == 0 && failures_ == 0 ? 0 : 1;
    }

private:
    static const char* name(OracleKind oracle) { return oracle == OracleKind::QEMU ? "QEMU" : "VIXL"; }
    void fail(std::string_view row, std::string_view why) {
        ++failures_;
        fmt::print("    {}: {}\n", row, why);
    }

    const Options& options_;
    std::uint64_t rows_ = 0, compared_ = 0, differences_ = 0, failures_ = 0;
};

std::vector<Case> sequences(const Options& options) {
    Sequences sequences(arm64::cpu::rows(), options.seed);
    std::vector<Case> cases;
    const auto count = options.sequences.value_or(options.row.empty() ? 2000 : 0);
    while (cases.size() < count)
        cases.push_back(sequences.next(memory_seed(options.seed, cases.size())));
    return cases;
}

bool wanted(std::string_view name, const Options& options) { return name.find(options.row) != std::string_view::npos; }

} // namespace

int main(int argc, char** argv) {
    auto options = parse(argc, argv);
    if (!options) {
        std::fputs(Options::usage, stderr);
        return 2;
    }
    std::unique_ptr<Executor> subject;
    if (options->oracles_only) {
        subject = std::make_unique<Oracle>(command(Program::QEMU_neoverse_n1));
        options->oracles = {OracleKind::VIXL};
    } else {
        subject = std::make_unique<Subject>();
    }
    Trial trial(*subject, options->all ? ~std::size_t{0} : 2);
    Report report(*options);
    if (options->word) {
        Generator generator(options->seed);
        std::vector<Case> cases;
        cases.reserve(options->cases);
        for (std::uint64_t n = 0; n < options->cases; ++n)
            cases.push_back(generator.one(*options->word, memory_seed(options->seed, n)));
        const auto* const row = arm64::cpu::decode(*options->word);
        report.add(row == nullptr ? unallocated : row->name, row == nullptr ? "" : row->bits,
                   trial.run(cases, options->oracles));
        return report.finish();
    }
    const auto attempt = [&](std::string_view name, std::string_view bits, std::vector<Case> cases) {
        if (options->oracles_only)
            std::erase_if(cases, [](const Case& next) { return unable(OracleKind::QEMU, next).has_value(); });
        report.add(name, bits, trial.run(cases, options->oracles));
    };
    for (const auto& row : arm64::cpu::rows())
        if (wanted(row.name, *options))
            attempt(row.name, row.bits, cases_of(row, *options));
    if (wanted(unallocated, *options))
        attempt(unallocated, "", cases_of_nothing(*options));
    if (auto cases = sequences(*options); !cases.empty())
        attempt("(sequences)", "", std::move(cases));
    return report.finish();
}
