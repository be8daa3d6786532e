// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/gic/translations.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <thread>
#include <vector>

namespace arm64::gic {
namespace {

Translations::Key key(std::uint32_t DeviceID, std::uint32_t EventID) {
    return Translations::key(DeviceID, EventID).value();
}

TEST(Translations, NumbersHave16Bits) {
    EXPECT_TRUE(Translations::key(0xFFFF, 0xFFFF));
    EXPECT_FALSE(Translations::key(0x1'0000, 0));
    EXPECT_FALSE(Translations::key(0, 0x1'0000));
    EXPECT_FALSE(Translations::key(0xFFFF'FFFF, 0xFFFF'FFFF));
    EXPECT_NE(key(0, 1).value, key(1, 0).value);
}

TEST(Translations, FindWhatWasAddedAndNothingElse) {
    Translations translations;
    EXPECT_FALSE(translations.find(key(0, 0)));
    EXPECT_FALSE(translations.find(key(0xFFFF, 0xFFFF)));
    translations.add(key(0, 0), 8192, 5);
    translations.add(key(0xFFFF, 0xFFFF), 65535, Translations::no_vcpu);
    const auto first = translations.find(key(0, 0));
    const auto last = translations.find(key(0xFFFF, 0xFFFF));
    ASSERT_TRUE(first && last);
    EXPECT_EQ(first->intid(), 8192U);
    EXPECT_EQ(first->vcpu(), 5U);
    EXPECT_EQ(last->intid(), 65535U);
    EXPECT_EQ(last->vcpu(), Translations::no_vcpu);
    EXPECT_FALSE(translations.find(key(0, 1)));
    translations.remove(key(0, 0));
    EXPECT_FALSE(translations.find(key(0, 0)));
    EXPECT_TRUE(translations.find(key(0xFFFF, 0xFFFF)));
}

TEST(Translations, AreAMapWhateverComesAndGoes) {
    Translations translations;
    std::map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>> model;
    std::minstd_rand engine(1); // NOLINT(cert-msc51-cpp): the same each time
    const auto random = [&engine] { return static_cast<std::uint32_t>(engine()); };
    for (int step = 0; step < 40'000; ++step) {
        const auto one = key(random() % 8 * 0x1111, random() % 200);
        const bool there = model.contains(one.value);
        if (!there && random() % 3 != 0) {
            model[one.value] = {8192 + random() % 57344, random() % 8};
            translations.add(one, model[one.value].first, model[one.value].second);
        } else if (there && random() % 2 != 0) {
            translations.remove(one);
            model.erase(one.value);
        } else if (there) {
            model[one.value].second = random() % 8;
            translations.retarget(one, model[one.value].second);
        }
        if (step % 1000 != 0)
            continue;
        ASSERT_EQ(translations.size(), model.size());
        for (std::uint32_t device = 0; device < 8; ++device)
            for (std::uint32_t event = 0; event < 200; ++event) {
                const auto found = translations.find(key(device * 0x1111, event));
                const auto expected = model.find(key(device * 0x1111, event).value);
                ASSERT_EQ(found.has_value(), expected != model.end()) << device << " " << event;
                if (found) {
                    ASSERT_EQ(found->intid(), expected->second.first);
                    ASSERT_EQ(found->vcpu(), expected->second.second);
                }
            }
    }
}

TEST(Translations, RoomIsLostToNothing) {
    Translations translations;
    const auto places = translations.places();
    for (std::uint32_t n = 0; n < 10'000; ++n) {
        translations.add(key(n % 0xFFFF, n % 77), 8192, 0);
        if (n >= 50)
            translations.remove(key((n - 50) % 0xFFFF, (n - 50) % 77));
    }
    EXPECT_EQ(translations.places(), places);
    for (std::uint32_t n = 0; n < 1000; ++n)
        translations.add(key(1, 100 + n), 8192, 0);
    EXPECT_LE(translations.places(), 4096U);
    EXPECT_GE(translations.places(), 2 * translations.size()) << "half full at most";
}

TEST(Translations, AMarkHoldsForItsGeneration) {
    Translations translations;
    translations.add(key(1, 2), 8192, 3);
    EXPECT_FALSE(translations.find(key(1, 2))->marked(0));
    translations.find(key(1, 2))->mark(0);
    EXPECT_TRUE(translations.find(key(1, 2))->marked(0));
    EXPECT_FALSE(translations.find(key(1, 2))->marked(1));
    translations.retarget(key(1, 2), 4);
    EXPECT_TRUE(translations.find(key(1, 2))->marked(0)) << "another vCPU is no other LPI";
    EXPECT_EQ(translations.find(key(1, 2))->vcpu(), 4U);
    const auto before = translations.find(key(1, 2)).value();
    translations.retarget(key(1, 2), 5);
    before.mark(7);
    EXPECT_FALSE(translations.find(key(1, 2))->marked(7)) << "it is not what was looked at";
    translations.remove(key(1, 2));
    translations.add(key(1, 2), 8193, 3);
    EXPECT_FALSE(translations.find(key(1, 2))->marked(0));
}

TEST(Translations, TheShortWayFindsWhatIsMarked) {
    Translations translations;
    for (const auto one : {key(0, 0), key(0xFFFF, 0xFFFF)}) {
        EXPECT_EQ(translations.find_marked(one, 0), 0U);
        translations.add(one, 8192, 3);
        EXPECT_EQ(translations.find_marked(one, 0), 0U);
        translations.find(one)->mark(5);
        EXPECT_EQ(translations.find_marked(one, 5), 8192U);
        EXPECT_EQ(translations.find_marked(one, 6), 0U);
        EXPECT_EQ(translations.find_marked(key(0, 1), 5), 0U);
        translations.remove(one);
        EXPECT_EQ(translations.find_marked(one, 5), 0U);
    }
}

// EventIDs that are alike in their lowest bits must not crowd each other out.
TEST(Translations, EventsMayBeMultiplesOfFour) {
    Translations translations;
    for (std::uint32_t n = 0; n < 4096; ++n)
        translations.add(key(n % 3, n / 3 * 4), 8192 + n, 0);
    EXPECT_LE(translations.places(), 4 * 4 * translations.size());
    for (std::uint32_t n = 0; n < 4096; n += 2)
        translations.remove(key(n % 3, n / 3 * 4));
    for (std::uint32_t n = 0; n < 4096; ++n) {
        const auto found = translations.find(key(n % 3, n / 3 * 4));
        ASSERT_EQ(found.has_value(), n % 2 == 1) << n;
        if (found) {
            ASSERT_EQ(found->intid(), 8192 + n);
        }
    }
}

TEST(Translations, MarksOutliveGrowthAndMoves) {
    Translations translations;
    for (std::uint32_t n = 0; n < 100; ++n) {
        translations.add(key(0, n), 8192 + n, 0);
        translations.find(key(0, n))->mark(1);
    }
    for (std::uint32_t n = 100; n < 2000; ++n)
        translations.add(key(0, n), 8192 + n, 0);
    for (std::uint32_t n = 0; n < 100; n += 2)
        translations.remove(key(0, n));
    for (std::uint32_t n = 1; n < 100; n += 2)
        EXPECT_TRUE(translations.find(key(0, n))->marked(1)) << n;
    EXPECT_FALSE(translations.find(key(0, 100))->marked(1));
}

TEST(Translations, ReadersAlwaysFindWhatStays) {
    Translations translations;
    constexpr std::uint32_t staying = 64;
    for (std::uint32_t n = 0; n < staying; ++n)
        translations.add(key(1, n), 8192 + n, n);
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> wrong = 0;
    std::vector<std::thread> readers;
    for (std::uint32_t reader = 0; reader < 2; ++reader)
        readers.emplace_back([&, reader] {
            for (std::uint32_t n = reader; !stop; ++n) {
                const auto found = translations.find(key(1, n % staying));
                if (!found || found->intid() != 8192 + n % staying || found->vcpu() != n % staying)
                    ++wrong;
                else
                    found->mark(n);
                // One that comes and goes is what it was mapped to, or is not there.
                const auto other = translations.find(key(2, n % 500));
                if (other && (other->intid() != 10'000 + n % 500 || other->vcpu() != n % 500))
                    ++wrong;
            }
        });
    for (int round = 0; round < 20; ++round) {
        for (std::uint32_t n = 0; n < 500; ++n)
            translations.add(key(2, n), 10'000 + n, n);
        for (std::uint32_t n = 0; n < 500; ++n)
            translations.remove(key(2, (n * 7) % 500));
    }
    stop = true;
    for (auto& reader : readers)
        reader.join();
    EXPECT_EQ(wrong, 0U);
    EXPECT_EQ(translations.size(), staying);
}

} // namespace
} // namespace arm64::gic
