// SPDX-License-Identifier: Apache-2.0
// What TLBs and instruction caches keep, and what makes them forget it.
#include "tests/arch-arm64/cpu/mmu_bench.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace arm64::cpu::test {
namespace {

constexpr std::uint64_t VA = 0x10'0000'0000, high = 0xFFFF'FFC0'0000'0000;

/// Pages of RAM hold their addresses, so that a load says where it was.
struct TlbBench : MmuBench {
    explicit TlbBench(const walk::Granule& granule = walk::granules[0], unsigned TxSZ = 25) : MmuBench(granule, TxSZ) {
        for (auto at = ram; at < tables_at; at += 0x1000)
            board.put<std::uint64_t>(at, at);
    }
};

TEST(Tlb, ATranslationStaysUntilItIsInvalidated) {
    struct Form {
        std::uint32_t word;
        std::uint64_t operand;
    };
    for (const auto va : {VA, high})
        for (const auto& form : {Form{TLBI_VMALLE1, 0},
                                 {TLBI_VMALLE1IS, 0},
                                 {TLBI_VAE1, tlbi_operand(va, 5)},
                                 {TLBI_VAE1IS, tlbi_operand(va, 5)},
                                 {TLBI_VALE1, tlbi_operand(va, 5)},
                                 {TLBI_VALE1IS, tlbi_operand(va, 5)},
                                 {TLBI_VAAE1, tlbi_operand(va)},
                                 {TLBI_VAAE1IS, tlbi_operand(va)},
                                 {TLBI_VAALE1, tlbi_operand(va)},
                                 {TLBI_VAALE1IS, tlbi_operand(va)},
                                 {TLBI_ASIDE1, std::uint64_t{5} << 48},
                                 {TLBI_ASIDE1IS, std::uint64_t{5} << 48}})
            for (const unsigned el : {0U, 1U})
                for (const bool pan : {false, true}) {
                    SCOPED_TRACE(testing::Message() << std::hex << form.word << " of " << va << ", EL" << el << pan);
                    TlbBench bench;
                    bench.set_asid(5);
                    bench.cpu.PAN = pan;
                    const auto bits = nG | (el == 0 ? user : 0);
                    bench.map(va, MmuBench::ram, bits);
                    EXPECT_EQ(bench.read(va, el), MmuBench::ram);
                    bench.map(va, MmuBench::ram + 0x1000, bits);
                    EXPECT_EQ(bench.read(va, el), MmuBench::ram) << "of the TLB";
                    EXPECT_TRUE(bench.system_instruction(form.word, form.operand));
                    EXPECT_EQ(bench.read(va, el), MmuBench::ram + 0x1000);
                    bench.unmap(va);
                    EXPECT_TRUE(bench.system_instruction(form.word, form.operand));
                    EXPECT_EQ(bench.read(va, el), std::nullopt);
                }
}

TEST(Tlb, WhatIsMadeWritableOrReadableNeedsNoInvalidation) {
    TlbBench bench;
    EXPECT_FALSE(bench.read(VA));
    bench.map(VA, MmuBench::ram, read_only);
    EXPECT_EQ(bench.read(VA), MmuBench::ram) << "faults are not cached";
    EXPECT_FALSE(bench.write(VA, 1));
    bench.map(VA, MmuBench::ram, 0);
    EXPECT_TRUE(bench.write(VA, 1)) << "hardware may need it, but need not";
}

TEST(Tlb, TheInvalidationOfOneAddressOfABlockIsThatOfAllOfIt) {
    for (const auto& granule : walk::granules)
        for (const auto level : granule.leaf_levels) {
            const auto bits = granule.shift.at(level);
            if (bits == 12)
                continue;
            SCOPED_TRACE(testing::Message() << granule.name << ", level " << level);
            TlbBench bench(granule, 16);
            const auto va = bit(45), size = bit(bits);
            bench.map(va, size > bit(29) ? 0x4000'0000 : Board::base, 0, level);
            std::vector<std::uint64_t> offsets{0, size / 2, size - 0x1000};
            if (size > bit(23)) // RAM is smaller
                offsets = {0x20'0000, 0x2A'B000, 0x7F'F000};
            else if (size == bit(21))
                offsets = {0, 0x1000, 0x1F'F000};
            for (const auto offset : offsets)
                ASSERT_TRUE(bench.read(va + offset));
            bench.unmap(va, level);
            for (const auto offset : offsets)
                EXPECT_TRUE(bench.read(va + offset)) << "of the TLB";
            bench.system_instruction(TLBI_VAE1, tlbi_operand(va + size / 4));
            for (const auto offset : offsets)
                EXPECT_FALSE(bench.read(va + offset)) << offset;
        }
}

TEST(Tlb, InvalidatingAnAddressForgetsItWhateverItsTag) {
    TlbBench bench;
    bench.map(VA, MmuBench::ram, 0);
    EXPECT_TRUE(bench.read(VA | bit(60)));
    bench.unmap(VA);
    EXPECT_TRUE(bench.read(VA | bit(60)));
    bench.system_instruction(TLBI_VAE1, tlbi_operand(VA));
    EXPECT_FALSE(bench.read(VA | bit(60)));
}

TEST(Tlb, FetchesAreTranslatedAnewAfterInvalidation) {
    for (const auto form : {TLBI_VAE1, TLBI_VMALLE1, TLBI_ASIDE1}) {
        TlbBench bench;
        bench.set_asid(3);
        for (unsigned n = 0; n < 2; ++n) // MOV X3, #n; SVC
            bench.board.put_code(MmuBench::ram + n * 0x1000, std::array{0xD280'0003U | n << 5, svc});
        bench.map(VA, MmuBench::ram, user | read_only | nG);
        EXPECT_TRUE(bench.resume(0, VA));
        EXPECT_EQ(bench.x(3), 0U);
        bench.map(VA, MmuBench::ram + 0x1000, user | read_only | nG);
        EXPECT_TRUE(bench.resume(0, VA));
        EXPECT_EQ(bench.x(3), 0U) << "as before";
        bench.system_instruction(form, tlbi_operand(VA, 3));
        EXPECT_TRUE(bench.resume(0, VA));
        EXPECT_EQ(bench.x(3), 1U);
    }
}

TEST(Tlb, AsidsKeepApartWhatIsNotGlobal) {
    TlbBench bench;
    bench.set_asid(1);
    bench.map(VA, MmuBench::ram, nG);
    bench.map(high, MmuBench::ram + 0x4000, 0);
    bench.map(high + 0x1000, MmuBench::ram + 0x6000, nG);
    EXPECT_EQ(bench.read(VA), MmuBench::ram);
    EXPECT_EQ(bench.read(high), MmuBench::ram + 0x4000);
    EXPECT_EQ(bench.read(high + 0x1000), MmuBench::ram + 0x6000);
    bench.map(VA, MmuBench::ram + 0x1000, nG);
    bench.map(high, MmuBench::ram + 0x5000, 0);
    bench.map(high + 0x1000, MmuBench::ram + 0x7000, nG);
    bench.set_asid(2);
    EXPECT_EQ(bench.read(VA), MmuBench::ram + 0x1000);
    EXPECT_EQ(bench.read(high + 0x1000), MmuBench::ram + 0x7000);
}

TEST(Tlb, AnAsidFindsItsTranslationsAgain) {
    TlbBench bench;
    constexpr auto other = high + 0x3000; // not in the same place of the TLB
    bench.set_asid(1);
    for (const auto va : {VA, other}) {
        bench.map(va, MmuBench::ram, nG);
        EXPECT_EQ(bench.read(va), MmuBench::ram);
        bench.map(va, MmuBench::ram + 0x1000, nG);
    }
    bench.set_asid(2);
    EXPECT_TRUE(bench.system_instruction(TLBI_ASIDE1, std::uint64_t{2} << 48));
    bench.set_asid(1);
    EXPECT_EQ(bench.read(VA), MmuBench::ram) << "of the TLB: another ASID was invalidated";
    EXPECT_EQ(bench.read(other), MmuBench::ram);
    EXPECT_TRUE(bench.system_instruction(TLBI_ASIDE1, std::uint64_t{1} << 48));
    EXPECT_EQ(bench.read(VA), MmuBench::ram + 0x1000);
    EXPECT_EQ(bench.read(other), MmuBench::ram + 0x1000);
}

TEST(Tlb, GlobalTranslationsOfTheUpperHalfAreOnesOfAllAsids) {
    TlbBench bench;
    bench.set_asid(1);
    bench.map(high, MmuBench::ram, 0);
    EXPECT_EQ(bench.read(high), MmuBench::ram);
    bench.map(high, MmuBench::ram + 0x1000, 0);
    bench.set_asid(2);
    EXPECT_EQ(bench.read(high), MmuBench::ram) << "of the TLB";
    EXPECT_TRUE(bench.system_instruction(TLBI_ASIDE1, std::uint64_t{2} << 48));
    EXPECT_EQ(bench.read(high), MmuBench::ram) << "it is nobody's in particular";
    EXPECT_TRUE(bench.system_instruction(TLBI_VAE1, tlbi_operand(high, 3)));
    EXPECT_EQ(bench.read(high), MmuBench::ram + 0x1000);
}

TEST(Tlb, ChangingHowAddressesAreTranslatedForgets) {
    TlbBench bench;
    bench.map(VA, MmuBench::ram, 0);
    EXPECT_EQ(bench.read(VA), MmuBench::ram);
    constexpr std::uint32_t MSR_MAIR_EL1 = 0xD518'A200, MSR_TCR_EL1 = 0xD518'2040, MSR_SCTLR_EL1 = 0xD518'1000;
    EXPECT_TRUE(bench.read(VA + 1));
    EXPECT_TRUE(bench.system_instruction(MSR_MAIR_EL1, 0));
    EXPECT_FALSE(bench.read(VA + 1)) << "Device memory now";
    EXPECT_TRUE(bench.system_instruction(MSR_MAIR_EL1, MAIR));
    const auto tcr = bench.cpu.system.TCR_EL1;
    EXPECT_TRUE(bench.system_instruction(MSR_TCR_EL1, tcr & ~bit(37)));
    EXPECT_FALSE(bench.read(VA | bit(60))) << "no TBI now";
    EXPECT_TRUE(bench.system_instruction(MSR_TCR_EL1, tcr));
    EXPECT_TRUE(bench.read(VA | bit(60)));
    EXPECT_TRUE(bench.system_instruction(MSR_SCTLR_EL1, bench.cpu.system.SCTLR_EL1 & ~std::uint64_t{1}));
    EXPECT_EQ(bench.read(MmuBench::ram), MmuBench::ram);
    EXPECT_TRUE(bench.system_instruction(MSR_SCTLR_EL1, bench.cpu.system.SCTLR_EL1 | 1));
    EXPECT_FALSE(bench.read(MmuBench::ram)) << "flat only while there was no translation";
    EXPECT_EQ(bench.read(VA), MmuBench::ram);
}

TEST(Tlb, ManyInvalidationsAndAsidsNeverBringAnOldTranslationBack) {
    TlbBench bench;
    for (unsigned n = 0; n < 9000; ++n) { // more than there are numbers for
        if (n % 3 == 0)
            bench.set_asid(n % 251);
        const auto physical = MmuBench::ram + (n % 8) * 0x1000;
        bench.map(VA, physical, nG);
        bench.system_instruction(n % 2 == 0 ? TLBI_VMALLE1 : TLBI_ASIDE1, std::uint64_t{n / 3 * 3 % 251} << 48);
        ASSERT_EQ(bench.read(VA), physical) << n;
    }
}

TEST(Tlb, CodeIsExecutedAsItWasUntilTheInstructionCacheIsInvalidated) {
    for (const auto form : {IC_IVAU, IC_IALLU, IC_IALLUIS}) {
        TlbBench bench;
        bench.map(VA, MmuBench::ram, user | read_only);
        const auto put = [&](unsigned n) {
            bench.board.put_code(MmuBench::ram + 0x100, std::array{0xD280'0003U | n << 5, svc});
        };
        const auto run = [&] {
            EXPECT_TRUE(bench.resume(1, VA + 0x100));
            return bench.x(3);
        };
        constexpr auto maintenance = Bench::code + 0x1000;
        bench.board.put_code(maintenance, std::array{form, dsb, isb, svc});
        put(1);
        EXPECT_EQ(run(), 1U);
        put(2);
        EXPECT_EQ(run(), 1U);
        bench.x(0) = VA + 0x140; // another line of the page will do, but here only
        EXPECT_TRUE(bench.resume(1, maintenance));
        EXPECT_EQ(run(), 2U);
    }
}

TEST(Tlb, CodeThatInvalidatesItselfGoesOn) {
    TlbBench bench;
    bench.x(0) = Bench::code;
    bench.x(3) = 0;
    constexpr std::uint32_t increment = 0x9100'0463; // ADD X3, X3, #1
    EXPECT_TRUE(bench.execute(1, {increment, IC_IALLU, increment, IC_IVAU, increment, IC_IALLUIS, dsb, increment,
                                  TLBI_VMALLE1IS, dsb, isb, increment}));
    EXPECT_EQ(bench.x(3), 5U);
}

// ---- Random operations
// ------------------------------------------------------------------------------------------------

/// Two regions of 2 MiB in each half, as blocks or pages; four ASIDs, with tables of their own in the lower half. The
/// model knows which translations may still be cached; a global one it takes for one of each ASID.
class Model {
public:
    explicit Model(std::uint64_t seed) : random_(seed) {
        for (std::uint64_t n = 0; n < asids; ++n) {
            auto& tables =
                lowers_.emplace_back(walk::granules[0], 25U, walk::Half::lower, MmuBench::tables_at + n * 0x10'0000);
            for (std::uint64_t at = 0; at < (2 << 20); at += 0x1000)
                tables.map(Board::base + at, Board::base + at, 3, AF | user | read_only);
        }
        put(load_at, ldr, svc);
        put(ttbr_at, MSR_TTBR0_EL1, isb, svc);
        constexpr std::array forms{TLBI_VMALLE1, TLBI_VAE1, TLBI_ASIDE1, TLBI_VAAE1, TLBI_VALE1, TLBI_VAALE1};
        for (unsigned n = 0; n < forms.size(); ++n)
            put(tlbi_at + n * 16, forms.at(n), dsb, isb, svc);
        switch_to(0);
    }

    void step() {
        switch (random_() % 16) {
        case 0: switch_to(random_() % asids); break;
        case 1: invalidate(); break;
        case 2:
        case 3: change(); break;
        default: access(); break;
        }
        if (random_() % 256 == 0)
            bench_.cluster.forget_memory();
    }
    /// Accesses that found what was no longer mapped there, so that the test knows that it tests.
    unsigned by_the_tlb = 0;

private:
    static constexpr std::uint64_t asids = 4, pages = 6; // pages of a region that are tried
    static constexpr virt::Gpa load_at = Bench::code, ttbr_at = load_at + 32, tlbi_at = load_at + 64;

    struct Page {
        bool upper;
        unsigned region; // 0, 1
        unsigned number; // of the pages tried
        auto operator<=>(const Page&) const = default;
        [[nodiscard]] std::uint64_t va() const {
            constexpr std::array<std::uint64_t, pages> numbers{0, 1, 2, 255, 510, 511};
            return (upper ? high : VA) + (std::uint64_t{region} << 21) + (numbers.at(number) << 12);
        }
    };

    template <class... Words>
    void put(virt::Gpa at, Words... words) {
        bench_.board.put_code(at, std::array<std::uint32_t, sizeof...(words)>{words...});
    }
    void run(virt::Gpa at, std::uint64_t operand) {
        bench_.x(0) = operand;
        ASSERT_TRUE(bench_.resume(1, at));
    }
    walk::Tables& tables(const Page& page, std::uint64_t asid) { return page.upper ? bench_.upper : lowers_[asid]; }
    Page random_page() {
        return {random_() % 2 == 0, static_cast<unsigned>(random_() % 2), static_cast<unsigned>(random_() % pages)};
    }
    void write(const walk::Tables& tables) {
        for (const auto& [address, entry] : tables.entries())
            bench_.board.put(address, entry);
    }
    void switch_to(std::uint64_t asid) {
        asid_ = asid;
        write(lowers_[asid]);
        run(ttbr_at, asid << 48 | lowers_[asid].root());
    }
    walk::Result mapped(const Page& page, std::uint64_t asid) { return tables(page, asid).walk(page.va()); }

    /// What is about to change may be in the TLB, and stays there.
    void remember(const Page& page, std::uint64_t asid) {
        for (unsigned number = 0; number < pages; ++number) {
            const Page one{page.upper, page.region, number};
            for (std::uint64_t of = 0; of < asids; ++of)
                if (page.upper || of == asid)
                    if (const auto now = mapped(one, of))
                        cached_[of][one][now->address] |= now->level == 2;
        }
    }
    void change() {
        const auto page = random_page();
        const auto asid = page.upper ? asid_ : random_() % asids;
        remember(page, asid);
        auto& of_half = tables(page, asid);
        const auto bits = AF | (page.upper && random_() % 2 == 0 ? 0 : nG);
        auto& entry = of_half.entry(page.va(), 2);
        auto& table = tables_[{page.upper ? asids : asid, page.region}]; // a descriptor that is out of use meanwhile
        if ((entry & 3) == 3)
            table = entry;
        switch (random_() % 4) {
        case 0: entry = (Board::base + ((1 + random_() % 3) << 21)) | bits | 0b01; break;
        case 1:
            if ((entry & 3) == 3)
                of_half.entry(page.va(), 3) = 0;
            else
                entry = 0;
            break;
        default:
            if ((entry & 3) != 3)
                entry = table;
            of_half.map(page.va(), MmuBench::ram + (random_() % 1536 << 12), 3, bits);
            break;
        }
        if (page.upper || asid == asid_)
            write(of_half);
    }
    void invalidate() {
        const auto page = random_page();
        const auto asid = random_() % asids;
        const auto form = static_cast<unsigned>(random_() % 6);
        run(tlbi_at + form * 16, tlbi_operand(page.va(), asid));
        const bool all = form == 0, by_asid = form == 2, any_asid = form == 3 || form == 5;
        for (std::uint64_t of = 0; of < asids; ++of) {
            if (!all && !any_asid && of != asid)
                continue;
            for (auto& [one, entries] : cached_[of]) {
                if (all || (by_asid ? !one.upper : one == page))
                    entries.clear();
                else if (!by_asid && one.upper == page.upper && one.region == page.region)
                    std::erase_if(entries, [](const auto& entry) { return entry.second; });
            }
        }
    }
    void access() {
        const auto page = random_page();
        const auto now = mapped(page, asid_);
        bench_.x(0) = page.va();
        if (!bench_.resume(1, load_at)) {
            ASSERT_FALSE(now) << std::hex << page.va() << " is mapped";
            return;
        }
        const auto where = bench_.x(1);
        if (now && now->address == where)
            return;
        ++by_the_tlb;
        ASSERT_TRUE(cached_[asid_][page].contains(where))
            << std::hex << page.va() << " was found at " << where << ", ASID " << asid_;
    }

    std::mt19937_64 random_;
    TlbBench bench_;
    std::vector<walk::Tables> lowers_;
    std::uint64_t asid_ = 0;
    std::array<std::map<Page, std::map<std::uint64_t, bool>>, asids> cached_; // physical address; of a block
    std::map<std::pair<std::uint64_t, unsigned>, std::uint64_t> tables_;
};

TEST(TlbProperty, NothingIsFoundThatWasInvalidatedAndAllThatIsMapped) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        Model model(seed);
        for (unsigned n = 0; n < 4000; ++n) {
            model.step();
            if (HasFailure())
                return;
        }
        EXPECT_GT(model.by_the_tlb, 50U);
    }
}

} // namespace
} // namespace arm64::cpu::test
