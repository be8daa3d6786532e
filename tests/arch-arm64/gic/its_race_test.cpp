// SPDX-License-Identifier: Apache-2.0
// Messages, commands, registers, tables and vCPUs at once on two ITSs of one GIC: for ThreadSanitizer, and for what
// must hold without it: nothing is lost, and nothing is taken twice for one message.
#include "arch-arm64/gic/redistributor_frame.hpp"
#include "tests/arch-arm64/gic/its_board.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <random>
#include <thread>
#include <vector>

namespace arm64::gic {
namespace {

constexpr std::uint32_t vcpus = 3;
constexpr std::uint32_t events = 16;
constexpr int rounds = 2'000;
constexpr std::uint32_t kept = 8192;     // LPIs of events that commands move, but leave mapped: to vCPUs 0 and 1
constexpr std::uint32_t unkept = 8256;   // of events that come and go: to vCPU 2, which takes LPIs now and then
constexpr std::uint32_t restored = 8320; // of the second ITS

struct Traffic {
    std::atomic<bool> work = false; ///< set before it is signalled, cleared by the handler
    std::atomic<std::uint32_t> signals = 0;
    std::atomic<std::uint32_t> taken = 0;
};

class ItsRace : public testing::Test {
protected:
    using Random = std::minstd_rand; // one for each thread, of a fixed seed

    ItsRace() {
        board_.gic.lpis().set_PROPBASER(ItsBoard::configuration | 15); // the second ITS has reset it
        for (std::uint32_t n = 0; n < events; ++n)
            first().run({Mapti{0, n, kept + n, n % 2}});
        // The second has some LPIs of its own, and some that the first maps too.
        second_.run({Mapc{0, ItsBoard::id(0).value}, Mapd{5, 5, ItsBoard::ITT(5)}});
        for (std::uint32_t n = 0; n < events; ++n)
            second_.run({Mapti{5, n, n % 2 == 0 ? kept + n : restored + n, 0}});
        EXPECT_TRUE(second_.its.save_tables());
        for (std::uint32_t n = 0; n < 2; ++n)
            BASERs_[n] = second_.load(0x100 + 8 * n);
    }

    ItsDriver& first() { return board_.its(); }

    bool take(std::uint32_t vcpu) {
        const auto intid = static_cast<std::uint32_t>(*board_.gic.read_sysreg(VcpuIndex{vcpu}, ICC_IAR1_EL1));
        if (intid == no_interrupt)
            return false;
        if (intid >= kept && intid < kept + events) {
            kept_[intid - kept].taken.fetch_add(1);
            kept_[intid - kept].work.store(false);
        }
        board_.write_icc(vcpu, ICC_EOIR1_EL1, intid);
        return true;
    }

    void run(const std::vector<std::function<void(Random&)>>& threads) {
        std::atomic<std::size_t> busy = threads.size();
        std::vector<std::thread> running;
        for (std::size_t n = 0; n < threads.size(); ++n)
            running.emplace_back([&, n] {
                Random random(static_cast<Random::result_type>(n + 1));
                threads[n](random);
                busy.fetch_sub(1);
            });
        for (std::uint32_t vcpu = 0; vcpu < vcpus; ++vcpu)
            running.emplace_back([&, vcpu] {
                while (busy.load() != 0)
                    if (!take(vcpu))
                        std::this_thread::yield();
            });
        for (auto& thread : running)
            thread.join();
    }
    void drain() {
        for (std::uint32_t vcpu = 0; vcpu < vcpus; ++vcpu)
            for (std::uint32_t most = 4 * events; take(vcpu); --most)
                ASSERT_GT(most, 0U) << "there is no end to what vCPU " << vcpu << " takes";
    }
    void expect_nothing_lost() {
        for (std::uint32_t n = 0; n < events; ++n) {
            EXPECT_FALSE(kept_[n].work) << "LPI " << kept + n << " was signalled and never taken";
            EXPECT_LE(kept_[n].taken, kept_[n].signals) << "LPI " << kept + n;
            EXPECT_GT(kept_[n].taken, 0U) << "LPI " << kept + n;
        }
    }

    // What threads do.

    virt::Msi message(std::uint32_t device, std::uint32_t event) const {
        return {.address = ItsBoard::frame + 0x1'0040, .data = event, .device = virt::DeviceId{device}};
    }
    void announce(std::uint32_t event) {
        kept_[event].signals.fetch_add(1);
        kept_[event].work.store(true);
    }
    void signal_kept(Random& random) {
        for (int n = 0; n < 20 * rounds; ++n) {
            const auto event = static_cast<std::uint32_t>(random() % events);
            announce(event);
            ASSERT_EQ(board_.gic.signal(message(0, event)), virt::MsiOutcome::delivered);
        }
    }
    void signal_translated(Random& random) {
        std::array<std::optional<virt::TranslatedMsi>, events> translated;
        for (int n = 0; n < 20 * rounds; ++n) {
            const auto event = static_cast<std::uint32_t>(random() % events);
            announce(event);
            auto& snapshot = translated.at(event);
            if (!snapshot || !snapshot->current())
                snapshot = board_.gic.translate(message(0, event));
            ASSERT_TRUE(snapshot);
            board_.gic.deliver(*snapshot);
        }
    }
    void signal_unkept(Random& random) {
        for (int n = 0; n < 20 * rounds; ++n)
            (void)board_.gic.signal(message(1, static_cast<std::uint32_t>(random() % events)));
    }
    void command(Random& random) {
        for (int n = 0; n < rounds; ++n) {
            const auto event = static_cast<std::uint32_t>(random() % events);
            const auto ICID = static_cast<std::uint32_t>(random() % 2);
            board_.configure(kept + event, 0xA0); // disabled: what is signalled now waits
            first().run({Inv{0, event}, Movi{0, event, ICID}, Invall{ICID}});
            board_.configure(kept + event, static_cast<std::uint8_t>(0x81 | (random() % 32) << 2));
            first().run({Inv{0, event}, Movall{ICID * 3, (1 - ICID) * 3}});
            first().run({Mapd{1, 5, ItsBoard::ITT(1)}, Mapti{1, event, unkept + event, 2}, Clear{1, event},
                         Int{1, event}, Discard{1, event}, Mapti{1, event, unkept + event, 2}});
            if (n % 8 == 0)
                first().run({Mapc{2, 0, false}, Mapc{2, ItsBoard::id(2).value}});
            if (n % 8 == 4)
                first().run({Mapc{0, ItsBoard::id(static_cast<std::uint32_t>(random() % 2)).value}});
        }
    }
    void enable_and_disable_lpis(Random& /*random*/) {
        for (int n = 0; n < rounds; ++n)
            for (const auto EnableLPIs : {0U, 1U})
                write(frame_, 0x0000, EnableLPIs); // GICR_CTLR
    }
    void invalidate_by_register(Random& random) {
        for (int n = 0; n < rounds; ++n) {
            write(other_frame_, 0x00A0, kept + random() % events); // GICR_INVLPIR
            write(other_frame_, 0x00B0, 0);                        // GICR_INVALLR
        }
    }
    void save(Random& /*random*/) {
        for (int n = 0; n < rounds / 10; ++n) {
            ASSERT_TRUE(first().its.save_tables());
            ASSERT_TRUE(board_.gic.lpis().save_pending_tables());
        }
    }
    void restore(Random& /*random*/) {
        for (int n = 0; n < rounds / 10; ++n) {
            second_.its.reset();
            for (std::uint32_t table = 0; table < 2; ++table)
                ASSERT_TRUE(second_.its.set_register(0x100 + 8 * table, BASERs_.at(table)));
            ASSERT_TRUE(second_.its.restore_tables());
        }
    }
    static void write(RedistributorFrame& frame, std::uint64_t offset, std::uint64_t value) {
        ASSERT_TRUE(frame.write(0, offset, virt::Width::b4, value));
    }

    ItsBoard board_{vcpus};
    ItsDriver second_{board_.gic, board_.memory, 0x900'0000, ItsBoard::RAM + 0x18'0000};
    RedistributorFrame frame_{board_.gic, board_.redistributor(2)};
    RedistributorFrame other_frame_{board_.gic, board_.redistributor(0)};
    std::array<std::uint64_t, 2> BASERs_{};
    std::array<Traffic, events> kept_{};
};

TEST_F(ItsRace, NothingIsLostAmongMessagesCommandsTablesAndVcpus) {
    run({[this](Random& random) { signal_kept(random); }, [this](Random& random) { signal_translated(random); },
         [this](Random& random) { signal_unkept(random); }, [this](Random& random) { command(random); },
         [this](Random& random) { enable_and_disable_lpis(random); },
         [this](Random& random) { invalidate_by_register(random); }, [this](Random& random) { save(random); },
         [this](Random& random) { restore(random); }});
    drain();
    expect_nothing_lost();
    for (std::uint32_t n = 0; n < events; ++n) {
        const auto before = kept_[n].taken.load();
        announce(n);
        ASSERT_EQ(board_.gic.signal(message(0, n)), virt::MsiOutcome::delivered);
        drain();
        EXPECT_EQ(kept_[n].taken, before + 1) << "LPI " << kept + n << ": one message, one interrupt";
    }
}

} // namespace
} // namespace arm64::gic
