// SPDX-License-Identifier: Apache-2.0
// The property test on a whole provider, through device attributes and its puppets: sequences of what is defined on
// every one, the kernel's KVM above all.
#include "tests/conformance/provider.hpp"
#include "tests/property/comparison.hpp"
#include "tests/property/generator.hpp"
#include "tests/property/machine_subject.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

namespace property {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

std::optional<Failure> try_one(std::uint64_t seed, std::uint64_t steps) {
    Generator generator(seed, Repertoire::defined);
    Comparison comparison(make_machine_subject());
    Sequence sequence;
    for (const auto& operation : generator.beginning()) {
        sequence.push_back(operation);
        if (auto difference = comparison.perform(operation))
            return Failure{std::move(sequence), std::move(*difference)};
    }
    for (std::uint64_t n = 0; n < steps; ++n) {
        sequence.push_back(n + 1 == steps ? Operation{} : generator.next(comparison.model()));
        if (auto difference = comparison.step(sequence.back()))
            return Failure{std::move(sequence), std::move(*difference)};
    }
    return std::nullopt;
}

TEST(Property, RandomSequencesAgreeWithTheModel) {
    const auto& facts = conformance::facts();
    if (!facts.rdbase_is_vcpu_id || !facts.changing_baser_forgets_mappings)
        GTEST_SKIP() << conformance::provider().name() << " is older than the model";
    const auto first = from_environment("ITSY_PROPERTY_SEED", 1);
    const auto sequences = from_environment("ITSY_PROPERTY_SEQUENCES", 200);
    const auto steps = from_environment("ITSY_PROPERTY_STEPS", 60);
    for (auto seed = first; seed < first + sequences; ++seed) {
        const auto failure = try_one(seed, steps);
        if (!failure)
            continue;
        const auto least = shrink(*failure, make_machine_subject);
        std::string text;
        for (const auto& operation : least.sequence)
            text += "  " + operation.text() + "\n";
        FAIL() << "seed " << seed << " differs: " << failure->difference << "\nThe least sequence found:\n"
               << text << "mismatch: " << least.difference;
    }
}

} // namespace
} // namespace property
