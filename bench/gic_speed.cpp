// SPDX-License-Identifier: Apache-2.0
// What the GIC and the ITS in userspace take by the CPU clock of this machine: a record, not a gate. What can be
// compared between runs are the ratios, each taken of parts that ran in turns.
#include "bench/its_rig.hpp"
#include "virt/irq_router.hpp"
#include "virt/route_table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using bench::GicRig;
using bench::ItsRig;

constexpr std::uint32_t few = 8192;
constexpr std::uint32_t all = 57344;
constexpr int rounds = 15; // of which the median counts

[[noreturn]] void fail(std::string_view what) {
    fmt::print(stderr, "gic_speed: {}\n", what);
    std::_Exit(125);
}

/// Seconds that this thread has run: whatever else the machine does meanwhile takes caches from us, but no time.
double now() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

/// Nanoseconds of one of `times` calls, which get numbers from 0 on.
template <class Work>
double once(unsigned times, Work work) {
    const double begin = now();
    for (unsigned n = 0; n < times; ++n)
        work(n);
    return (now() - begin) * 1e9 / times;
}

template <class Work>
double nanoseconds(unsigned times, Work work) {
    std::vector<double> taken;
    for (int round = 0; round < rounds; ++round)
        taken.push_back(once(times, work));
    return median(std::move(taken));
}

/// All of them in turns, so that none visits what the last one left in the cache; the step is odd.
struct Walk {
    std::uint32_t lpis;
    std::uint32_t step;
    [[nodiscard]] std::uint32_t at(std::uint32_t n) const {
        return static_cast<std::uint32_t>(std::uint64_t{n} * step % lpis);
    }
};

void print(std::string_view name, double at_few, double at_all, std::string_view target) {
    fmt::print("{:44}{:>10.1f}{:>10.1f}{:>8.2f}  {}\n", name, at_few, at_all, at_all / at_few, target);
}

struct Times {
    double INV, INVALL, take, translation, signal, through_its, pre_translated;
};

/// Row 12, and row 13's nanoseconds.
Times time_steps(std::uint32_t lpis) {
    ItsRig rig(lpis, 2);
    const Walk walk{lpis, 1031};
    Times times{};
    times.INV = nanoseconds(2000, [&](unsigned n) { rig.INV(walk.at(n)); });

    constexpr std::uint32_t batch = 1024; // pending at once
    const auto take = [&](std::uint32_t n) {
        if (!rig.take(ItsRig::lpi(n), arm64::VcpuIndex{ItsRig::device(n) % 2}))
            fail("another interrupt came");
    };
    std::vector<double> signals, takes;
    for (int round = 0; round < rounds; ++round) {
        const auto first = static_cast<std::uint32_t>(round) * batch;
        signals.push_back(once(batch, [&](unsigned n) { rig.gic.signal(ItsRig::msi(walk.at(first + n))); }));
        takes.push_back(once(batch, [&](unsigned n) { take(walk.at(first + n)); }));
    }
    times.signal = median(signals);
    times.take = median(takes);

    arm64::gic::Translator& its = rig.its;
    times.translation = nanoseconds(200'000, [&](unsigned n) {
        const auto lpi = walk.at(n);
        if (its.translate(virt::DeviceId{ItsRig::device(lpi)}, arm64::EventId{ItsRig::event(lpi)}) == nullptr)
            fail("not mapped");
    });

    // The two ways, in turns; 1024 routes, none pending before.
    virt::IrqRouter through(rig.gic, GicRig::interrupts - 32, virt::MsiWay::through_its);
    virt::IrqRouter ahead(rig.gic, GicRig::interrupts - 32, virt::MsiWay::pre_translated);
    virt::RouteTable routes(GicRig::interrupts - 32);
    for (std::uint32_t n = 0; n < batch; ++n)
        routes.set(virt::Gsi{n}, ItsRig::msi(walk.at(n)));
    if (!through.replace(routes.encoded()) || !ahead.replace(routes.encoded()))
        fail("no routes");
    std::vector<double> way_through, way_ahead;
    for (int round = 0; round < rounds; ++round)
        for (const auto& [router, taken] : {std::pair{&through, &way_through}, std::pair{&ahead, &way_ahead}}) {
            taken->push_back(once(batch, [&](unsigned n) { router->raise(virt::Gsi{n}); }));
            for (std::uint32_t n = 0; n < batch; ++n)
                take(walk.at(n));
        }
    times.through_its = median(way_through);
    times.pre_translated = median(way_ahead);
    return times;
}

/// INVALL of a collection whose vCPU is the target of 1024 LPIs, among `lpis`.
double time_INVALL(std::uint32_t lpis) {
    ItsRig rig(lpis, 2);
    for (std::uint32_t n = 0; n < lpis; ++n)
        rig.MOVI(n, n < 1024 ? 0 : 1);
    return nanoseconds(200, [&](unsigned) { rig.INVALL(0); });
}

/// What a machine scales for such work: numbers are looked up in a table of as many lines, by about as many
/// instructions, in plain memory that nobody writes.
class Control {
public:
    explicit Control(std::uint32_t numbers) : lines_(std::bit_ceil(numbers / 2)) {
        for (std::uint32_t n = 0; n < numbers; ++n) {
            auto place = home(n);
            while (lines_[place][n % 4].number != 0)
                place = (place + 1) % lines_.size();
            lines_[place][n % 4] = {.number = n + 1, .value = n};
        }
    }
    [[nodiscard]] bool find(std::uint32_t n) const {
        for (auto place = home(n);; place = (place + 1) & (lines_.size() - 1)) {
            const auto& entry = lines_[place][n % 4];
            if (entry.number == n + 1)
                return entry.value == n;
            if (entry.number == 0)
                return false;
        }
    }

private:
    struct Entry {
        std::uint64_t number = 0;
        std::uint64_t value = 0;
    };
    using Line = std::array<Entry, 4>;

    [[nodiscard]] std::size_t home(std::uint32_t n) const {
        std::uint64_t hash = n / 4;
        for (int round = 0; round < 8; ++round)
            hash = (hash ^ hash >> 29) * std::uint64_t{0x9E37'79B9'7F4A'7C15};
        return (hash >> 32) & (lines_.size() - 1);
    }
    std::vector<Line> lines_;
};

/// Calls per second of `threads` threads together; `work(thread, n)`.
template <class Work>
double rate(unsigned threads, Work work) {
    constexpr unsigned warm = 200'000;
    constexpr unsigned times = 2'000'000;
    std::atomic<unsigned> ready = 0;
    std::atomic<bool> go = false;
    std::vector<std::thread> running;
    std::vector<double> rates(threads);
    for (unsigned thread = 0; thread < threads; ++thread)
        running.emplace_back([&, thread] {
            for (unsigned n = 0; n < warm; ++n) // this core's cache
                work(thread, n);
            ++ready;
            while (!go.load(std::memory_order_acquire))
                std::this_thread::yield();
            const double begin = now();
            for (unsigned n = 0; n < times; ++n)
                work(thread, n);
            rates[thread] = times / (now() - begin);
        });
    while (ready.load() != threads)
        std::this_thread::yield();
    go.store(true, std::memory_order_release);
    for (auto& one : running)
        one.join();
    return std::accumulate(rates.begin(), rates.end(), 0.0);
}

/// Of one thread: what the first does and what the second does, which need not cost the same.
template <class Work>
double alone(Work work) {
    return (rate(1, work) + rate(1, [&](unsigned /*thread*/, unsigned n) { work(1, n); })) / 2;
}

/// Row 14.
void print_scaling() {
    ItsRig rig(all, 2);
    const Control control(all);
    arm64::gic::Translator& its = rig.its;
    const auto translate = [&](unsigned thread, unsigned n) {
        // Distinct devices: those of even and of odd numbers.
        const std::uint32_t device = (n * 5 % 14) * 2 + thread;
        if (its.translate(virt::DeviceId{device}, arm64::EventId{n * 37 % ItsRig::events}) == nullptr)
            fail("not mapped");
    };
    const auto look_up = [&](unsigned thread, unsigned n) {
        const std::uint32_t device = (n * 5 % 14) * 2 + thread;
        if (!control.find(device * ItsRig::events + n * 37 % ItsRig::events))
            fail("not found");
    };
    std::vector<double> one, two, scaling, possible, ratio;
    for (int round = 0; round < 2 * rounds; ++round) {
        one.push_back(alone(translate));
        two.push_back(rate(2, translate));
        scaling.push_back(two.back() / one.back());
        const double control_one = alone(look_up);
        possible.push_back(rate(2, look_up) / control_one);
        ratio.push_back(scaling.back() / possible.back());
    }
    fmt::print("translations per second, 1 thread  {:>8.1f} M   target >= 20 M, stretch 50 M\n", median(one) / 1e6);
    fmt::print(
        "translations per second, 2 threads {:>8.1f} M   scaling {:.2f}, control loop {:.2f}: {:.2f} of it, target "
        ">= 0.9, stretch 0.97\n",
        median(two) / 1e6, median(scaling), median(possible), median(ratio));
}

} // namespace

int main() {
    const auto at_few = time_steps(few);
    const auto at_all = time_steps(all);
    fmt::print("{:44}{:>10}{:>10}{:>8}\n", "nanoseconds", "8 K LPIs", "57 K", "ratio");
    print("INV", at_few.INV, at_all.INV, "target 1,500, stretch 500");
    print("INVALL of 1024", time_INVALL(few), time_INVALL(all), "target 20,000, stretch 5,000");
    print("acknowledge + EOI of an LPI", at_few.take, at_all.take, "target 1,000, stretch 300");
    print("translation", at_few.translation, at_all.translation, "");
    print("LPI by signal_msi, until it is pending", at_few.signal, at_all.signal, "");
    print("LPI by its route, through the ITS", at_few.through_its, at_all.through_its, "");
    print("LPI by its route, pre-translated", at_few.pre_translated, at_all.pre_translated, "");
    fmt::print("pre-translated / through the ITS            {:>10.2f}{:>10.2f}\n\n",
               at_few.pre_translated / at_few.through_its, at_all.pre_translated / at_all.through_its);
    print_scaling();
    return 0;
}
