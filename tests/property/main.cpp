// SPDX-License-Identifier: Apache-2.0
// The property test: random sequences, on the model and on a subject. Exit status: 0 if they agree, 1 if they differ, 2
// for a wrong command line.
#include "tests/property/comparison.hpp"
#include "tests/property/generator.hpp"
#include "tests/property/gic_subject.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr std::uint64_t steps_of_a_sequence = 2000, steps_to_a_check = 100;

struct Options {
    std::uint64_t seed = 1;
    std::uint64_t steps = 100'000;
};

/// The operations of a sequence up to the first difference, and how many of them agreed.
std::optional<property::Failure> try_one(std::uint64_t seed, std::uint64_t steps) {
    property::Generator generator(seed);
    property::Comparison comparison(property::make_gic_subject());
    property::Sequence sequence;
    const auto beginning = generator.beginning();
    for (std::uint64_t n = 0; n < steps; ++n) {
        sequence.push_back(n < beginning.size()                          ? beginning[n]
                           : n % steps_to_a_check == 0 || n + 1 == steps ? property::Operation{}
                                                                         : generator.next(comparison.model()));
        if (auto difference = comparison.step(sequence.back()))
            return property::Failure{std::move(sequence), std::move(*difference)};
    }
    return std::nullopt;
}

bool number(const char* text, std::uint64_t& value) {
    char* end = nullptr;
    value = std::strtoull(text, &end, 0);
    return *text != '\0' && *end == '\0';
}

int usage() {
    std::fputs("usage: test-property [--seed N] [--steps N]\n", stderr);
    return 2;
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    for (int n = 1; n < argc; n += 2) {
        const std::string_view name = argv[n];
        auto* const value = name == "--seed" ? &options.seed : name == "--steps" ? &options.steps : nullptr;
        if (value == nullptr || n + 1 == argc || !number(argv[n + 1], *value))
            return usage();
    }
    std::uint64_t done = 0;
    for (std::uint64_t sequence = 0; done < options.steps; ++sequence) {
        const auto steps = std::min(steps_of_a_sequence, options.steps - done);
        const auto seed = options.seed * 1'000'003 + sequence;
        if (const auto failure = try_one(seed, steps)) {
            std::printf("property: seed %llu differs at step %llu: %s\n", static_cast<unsigned long long>(options.seed),
                        static_cast<unsigned long long>(done) + failure->sequence.size(), failure->difference.c_str());
            const auto least = property::shrink(*failure, property::make_gic_subject);
            std::printf("The least sequence found, of %zu operations:\n", least.sequence.size());
            for (const auto& operation : least.sequence)
                std::printf("  %s\n", operation.text().c_str());
            std::printf("mismatch: %s\n", least.difference.c_str());
            return 1;
        }
        done += steps;
    }
    std::printf("property: seed %llu: %llu steps agree\n", static_cast<unsigned long long>(options.seed),
                static_cast<unsigned long long>(done));
    return 0;
}
