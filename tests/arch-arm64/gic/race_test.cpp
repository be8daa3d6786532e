// SPDX-License-Identifier: Apache-2.0
// Everything at once on one GIC: devices, vCPUs, register writes. What it says it says under ThreadSanitizer; without
// it, that nothing is lost, and nothing taken twice for one edge.
#include "arch-arm64/gic/distributor.hpp"
#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/icc_registers.hpp"
#include "arch-arm64/gic/redistributor_frame.hpp"
#include "virt/slot_memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace arm64::gic {
namespace {

constexpr std::uint32_t vcpus = 3;
constexpr std::uint32_t interrupts = 64;
constexpr std::uint32_t first_level = 48; // SPIs from here on are level-sensitive
constexpr std::uint32_t forwarded = interrupts - 1; // and this one has a source at the host
constexpr int rounds = 100'000;

/// What the two sides of an interrupt know of each other.
struct Traffic {
    std::atomic<bool> work = false;     ///< set before it is signalled, cleared by the handler
    std::atomic<bool> handled = false;  ///< some vCPU is between acknowledge and end
    std::atomic<std::uint32_t> signals = 0;
    std::atomic<std::uint32_t> taken = 0;
    std::mutex device; ///< of a level-sensitive one, whose line and work change together
};

/// A source that asserts until the guest's handler serves it.
class Source final : public PhysicalIrq {
public:
    explicit Source(Interrupt& one) : one_(one) {}

    void assert_it() {
        asserted_.store(true);
        Gic::sample(one_);
    }
    void serve() {
        asserted_.store(false);
        Gic::sample(one_);
    }
    [[nodiscard]] bool level() const override { return asserted_.load(); }
    void deactivated() override { Gic::sample(one_); }
    void set_active(bool active) override { active_.store(active); }
    [[nodiscard]] bool active() const override { return active_.load(); }

private:
    Interrupt& one_;
    std::atomic<bool> asserted_ = false;
    std::atomic<bool> active_ = false;
};

class GicRace : public testing::Test, protected CpuSide {
protected:
    using Random = std::minstd_rand; // one for each thread, of a fixed seed

    GicRace() {
        gic_.set_forwarding(true);
        for (std::uint32_t n = 0; n < vcpus; ++n) {
            gic_.write_sysreg(VcpuIndex{n}, ICC_PMR_EL1, 0xFF);
            gic_.write_sysreg(VcpuIndex{n}, ICC_IGRPEN1_EL1, 1);
        }
        // All priorities preempt alike, so that an active one may get another. EOImode is 1 on one of them.
        for (std::uint32_t n = 0; n < vcpus; ++n) {
            gic_.write_sysreg(VcpuIndex{n}, ICC_BPR0_EL1, 7);
            gic_.write_sysreg(VcpuIndex{n}, ICC_CTLR_EL1, n == 1 ? 3 : 1);
        }
        for (std::uint32_t intid = first_spi; intid < interrupts; ++intid)
            Redistributor::update(spi(intid), [&](Interrupt& one) {
                one.enabled = true;
                one.trigger = intid < first_level ? Trigger::edge : Trigger::level;
            });
        Gic::map(spi(forwarded), source_);
    }

    void set_line(VcpuIndex vcpu, Input input, Level level) override {
        if (input == Input::irq)
            irq_[vcpu.value].store(level == Level::high);
    }

    Interrupt& spi(std::uint32_t intid) { return *gic_.spi(Intid{intid}); }

    /// One turn of a vCPU. Answers whether there was something to take.
    bool take(std::uint32_t n) {
        const VcpuIndex vcpu{n};
        const auto intid = static_cast<std::uint32_t>(*gic_.read_sysreg(vcpu, ICC_IAR1_EL1));
        if (intid == no_interrupt)
            return false;
        if (intid < first_spi) {
            sgis_[n][intid].taken.fetch_add(1);
            sgis_[n][intid].work.store(false);
        } else if (intid < first_lpi) {
            auto& one = spis_[intid - first_spi];
            EXPECT_FALSE(one.handled.exchange(true)) << "SPI " << intid << " is active on two vCPUs";
            one.taken.fetch_add(1);
            if (intid < first_level) {
                one.work.store(false);
            } else if (intid == forwarded) {
                source_.serve();
            } else {
                const std::scoped_lock lock(one.device);
                one.work.store(false);
                gic_.lower(pin_of(Intid{intid}));
            }
            one.handled.store(false);
        }
        gic_.write_sysreg(vcpu, ICC_EOIR1_EL1, intid);
        if (n == 1)
            gic_.write_sysreg(vcpu, ICC_DIR_EL1, intid);
        return true;
    }

    /// Runs all of `threads` to their end, and vCPUs beside them; then the vCPUs until nothing waits.
    void run(const std::vector<std::function<void(Random&)>>& threads) {
        std::atomic<std::size_t> busy = threads.size();
        std::vector<std::thread> running;
        for (std::size_t n = 0; n < threads.size(); ++n)
            running.emplace_back([&, n] {
                Random random(static_cast<Random::result_type>(n + 1));
                threads[n](random);
                busy.fetch_sub(1);
            });
        for (std::uint32_t n = 0; n < vcpus; ++n)
            running.emplace_back([&, n] {
                while (busy.load() != 0)
                    if (!take(n))
                        std::this_thread::yield();
            });
        for (auto& thread : running)
            thread.join();
    }
    /// Takes what waits. No INTID comes twice now: nobody signals any more.
    void drain() {
        std::array<std::uint32_t, interrupts> before{};
        for (std::uint32_t n = 0; n < interrupts - first_spi; ++n)
            before[n] = spis_[n].taken;
        for (std::uint32_t n = 0; n < vcpus; ++n) {
            for (std::uint32_t most = 2 * interrupts; take(n); --most)
                ASSERT_GT(most, 0U) << "there is no end to what vCPU " << n << " takes";
            EXPECT_FALSE(irq_[n].load()) << "nothing waits for vCPU " << n << ", but its input is asserted";
        }
        for (std::uint32_t n = 0; n < interrupts - first_spi; ++n)
            EXPECT_LE(spis_[n].taken - before[n], 1U) << "SPI " << n + first_spi << " came twice for one signal";
    }
    void expect_nothing_lost() {
        EXPECT_FALSE(source_.level()) << "a source was asserted and never served";
        EXPECT_GT(spis_[forwarded - first_spi].taken, 0U);
        for (std::uint32_t n = 0; n < forwarded - first_spi; ++n) {
            EXPECT_FALSE(spis_[n].work) << "SPI " << n + first_spi
                                        << " was signalled and never taken: " << state(spi(n + first_spi));
            EXPECT_LE(spis_[n].taken, spis_[n].signals) << "SPI " << n + first_spi;
            EXPECT_GT(spis_[n].taken, 0U) << "SPI " << n + first_spi;
        }
        for (std::uint32_t vcpu = 0; vcpu < vcpus; ++vcpu)
            for (auto& sgi : sgis_[vcpu]) {
                EXPECT_FALSE(sgi.work) << "an SGI to vCPU " << vcpu << " was sent and never taken";
                EXPECT_LE(sgi.taken, sgi.signals);
            }
    }

    static std::string state(Interrupt& one) {
        return Redistributor::inspect(one, [](const Interrupt& found) {
            return std::string(found.active ? "active " : "") + (found.latch ? "latch " : "") +
                   (found.line ? "line " : "") + (found.queued ? "queued " : "") + (found.enabled ? "" : "disabled ") +
                   "priority " + std::to_string(found.priority);
        });
    }

    // What threads do.

    void signal_spis(Random& random) {
        for (int n = 0; n < rounds; ++n) {
            const auto pin = static_cast<std::uint32_t>(random() % (forwarded - first_spi));
            auto& one = spis_[pin];
            one.signals.fetch_add(1);
            const auto lock =
                pin + first_spi < first_level ? std::unique_lock<std::mutex>() : std::unique_lock(one.device);
            one.work.store(true);
            gic_.raise(virt::Pin{pin});
        }
    }
    void send_sgis(Random& random) {
        for (int n = 0; n < rounds; ++n) {
            const auto intid = static_cast<std::uint32_t>(random() % 16);
            for (std::uint32_t vcpu = 0; vcpu < vcpus; ++vcpu) {
                sgis_[vcpu][intid].signals.fetch_add(1);
                sgis_[vcpu][intid].work.store(true);
            }
            gic_.write_sysreg(VcpuIndex{0}, ICC_SGI1R_EL1, std::uint64_t{intid} << 24 | 0b111);
        }
    }
    void pend_by_register(Random& random) {
        for (int n = 0; n < rounds; ++n) {
            const auto pin = static_cast<std::uint32_t>(random() % (first_level - first_spi));
            spis_[pin].signals.fetch_add(1);
            spis_[pin].work.store(true);
            write(0x0204, virt::Width::b4, 1U << pin); // GICD_ISPENDR1
        }
    }
    void route(Random& random) {
        for (int n = 0; n < rounds; ++n)
            write(0x6000 + 8 * any_spi(random), virt::Width::b8, random() % vcpus); // GICD_IROUTER
    }
    void enable_and_disable(Random& random) {
        for (int n = 0; n < rounds / 10; ++n) { // 32 at a time
            const auto some = random();
            write(0x0184, virt::Width::b4, some); // GICD_ICENABLER1
            write(0x0104, virt::Width::b4, some); // GICD_ISENABLER1
        }
    }
    void prioritise(Random& random) {
        for (int n = 0; n < rounds; ++n)
            write(0x0400 + any_spi(random), virt::Width::b1, random() % 32 * 8 % 0xF8); // GICD_IPRIORITYR
    }
    void read_registers(Random& /*random*/) {
        for (int n = 0; n < rounds / 100; ++n) {
            for (const auto& row : Distributor::rows())
                for (std::uint64_t at = row.offset; at < row.offset + std::min(row.size, 8U); at += 4)
                    read(distributor_, at);
            for (const auto& row : RedistributorFrame::rows())
                read(frame_, row.offset);
        }
    }
    void assert_source(Random& /*random*/) {
        for (int n = 0; n < rounds; ++n)
            source_.assert_it();
    }
    /// Ends as it began: mapped.
    void unmap_and_map(Random& /*random*/) {
        for (int n = 0; n < rounds / 10; ++n) { // unmapping waits for calls to the source
            gic_.unmap(spi(forwarded));
            Gic::map(spi(forwarded), source_);
        }
    }
    void write(std::uint64_t offset, virt::Width width, std::uint64_t value) {
        ASSERT_TRUE(distributor_.write(0, offset, width, value));
    }
    static void read(virt::IoDevice& frame, std::uint64_t offset) {
        std::uint64_t value = 0;
        ASSERT_TRUE(frame.read(0, offset, virt::Width::b4, value));
    }
    static std::uint32_t any_spi(Random& random) {
        return first_spi + static_cast<std::uint32_t>(random() % (interrupts - first_spi));
    }

    Interrupt& initialise() {
        for (std::uint32_t n = 0; n < vcpus; ++n)
            gic_.add_vcpu(virt::VcpuId{n}, n);
        gic_.init(interrupts);
        return spi(forwarded);
    }

    virt::SlotMemory memory_;
    Gic gic_{*this, memory_};
    Source source_{initialise()};
    Distributor distributor_{gic_};
    RedistributorFrame frame_{gic_, gic_.redistributor(VcpuIndex{1})};
    std::array<std::atomic<bool>, vcpus> irq_{};
    std::array<Traffic, interrupts - first_spi> spis_{};
    std::array<std::array<Traffic, 16>, vcpus> sgis_{};
};

TEST_F(GicRace, NothingIsLostAmongDevicesVcpusAndRoutes) {
    run({[this](Random& random) { signal_spis(random); }, [this](Random& random) { signal_spis(random); },
         [this](Random& random) { send_sgis(random); }, [this](Random& random) { route(random); },
         [this](Random& random) { route(random); }, [this](Random& random) { enable_and_disable(random); },
         [this](Random& random) { prioritise(random); }, [this](Random& random) { assert_source(random); },
         [this](Random& random) { unmap_and_map(random); }, [this](Random& random) { pend_by_register(random); },
         [this](Random& random) { read_registers(random); }});
    drain();
    expect_nothing_lost();
}

} // namespace
} // namespace arm64::gic
