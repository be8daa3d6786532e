// SPDX-License-Identifier: Apache-2.0
// What the GIC and the ITS in userspace cost by themselves: instructions and allocations of each step of an interrupt,
// with 8 K and with 57 K LPIs mapped. `--gate` compares them with the limits of bench/README.md.
#include "bench/allocations.hpp"
#include "bench/its_rig.hpp"
#include "bench/single_step.hpp"
#include "tests/virt/routing_encoding.hpp"
#include "virt/event_loop.hpp"
#include "virt/fd.hpp"
#include "virt/irq_router.hpp"
#include "virt/irqfd.hpp"
#include "virt/route_table.hpp"

#include <fmt/core.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using bench::GicRig;
using bench::ItsRig;

#ifdef __OPTIMIZE__
constexpr bool optimised = true;
#else
constexpr bool optimised = false; // counts are printed, and have no limits but those of ratios and allocations
#endif

constexpr std::uint32_t few = 8192;
constexpr std::uint32_t all = 57344; // of 16 bits of INTID
constexpr double most_of_a_translation = 60;
constexpr double most_growth = 1.1;
constexpr unsigned samples = 64; // LPIs, from the first to the last

struct Counted {
    std::string_view name;
    double instructions;
    std::optional<double> limit = {};
};

[[noreturn]] void fail(std::string_view what) {
    fmt::print(stderr, "gic_counts: {}\n", what);
    std::_Exit(125);
}

/// Of one of `times` calls; `work` gets numbers from 0 on.
template <class Work>
double count(unsigned times, Work work) {
    const auto repeat = [&](unsigned turns) {
        return static_cast<double>(bench::instructions([&] {
            for (unsigned n = 0; n < turns; ++n)
                work(n);
        }));
    };
    return (repeat(times) - repeat(0)) / times;
}

/// An ITS with one interrupt, known beforehand: what it takes to ask one.
class Constant final : public arm64::gic::Translator {
public:
    [[nodiscard]] bool answers(virt::Gpa /*address*/) const override { return true; }
    virt::MsiOutcome signal(std::optional<virt::DeviceId> /*device*/, arm64::EventId /*event*/) override {
        return virt::MsiOutcome::delivered;
    }
    arm64::gic::Interrupt* translate(std::optional<virt::DeviceId> /*device*/, arm64::EventId /*event*/) override {
        return &one_;
    }
    void forget_translations() override {}

private:
    arm64::gic::Interrupt one_;
};

std::uint32_t sample(const ItsRig& rig, unsigned n) {
    return static_cast<std::uint32_t>(std::uint64_t{n} * (rig.lpis() - 1) / (samples - 1));
}

void set_routes(const ItsRig& rig, virt::IrqRouter& router) {
    virt::RouteTable table(GicRig::interrupts - 32);
    for (unsigned n = 0; n < samples; ++n)
        table.set(virt::Gsi{n}, ItsRig::msi(sample(rig, n)));
    if (!router.replace(table.encoded()))
        fail("no routes");
}

/// Of a collection whose vCPU is the target of 1024 LPIs; the rest is another's.
double count_INVALL(std::uint32_t lpis) {
    ItsRig rig(lpis, 2);
    for (std::uint32_t n = 0; n < lpis; ++n)
        rig.MOVI(n, n < 1024 ? 0 : 1);
    return count(1, [&](unsigned /*turn*/) { rig.INVALL(0); });
}

/// Each step of an LPI. Every one of them is warm; what is pending before a step, and after it, is said by its name.
std::vector<Counted> count_lpis(std::uint32_t lpis) {
    ItsRig rig(lpis);
    virt::IrqRouter through(rig.gic, GicRig::interrupts - 32, virt::MsiWay::through_its);
    virt::IrqRouter ahead(rig.gic, GicRig::interrupts - 32, virt::MsiWay::pre_translated);
    set_routes(rig, through);
    set_routes(rig, ahead);
    const auto take = [&](unsigned n) {
        if (!rig.take(ItsRig::lpi(sample(rig, n))))
            fail("another interrupt came");
    };
    for (auto* const router : {&through, &ahead})
        for (unsigned n = 0; n < samples; ++n) {
            router->raise(virt::Gsi{n});
            take(n);
        }
    std::vector<Counted> rows;
    std::array<std::pair<virt::DeviceId, arm64::EventId>, samples> messages;
    for (unsigned n = 0; n < samples; ++n)
        messages.at(n) = {virt::DeviceId{ItsRig::device(sample(rig, n))},
                          arm64::EventId{ItsRig::event(sample(rig, n))}};
    const auto translations = [&](arm64::gic::Translator& by) {
        return count(samples, [&](unsigned n) {
            const auto& [device, event] = messages[n];
            if (by.translate(device, event) == nullptr)
                fail("not mapped");
        });
    };
    Constant constant;
    rows.push_back({"translation (DeviceID, EventID) -> LPI", translations(rig.its) - translations(constant),
                    most_of_a_translation});
    rows.push_back({"LPI by signal_msi, until it is pending", count(samples, [&](unsigned n) {
                        if (rig.gic.signal(ItsRig::msi(sample(rig, n))) != virt::MsiOutcome::delivered)
                            fail("not delivered");
                    })});
    rows.push_back(
        {"LPI by its route, through the ITS", count(samples, [&](unsigned n) { through.raise(virt::Gsi{n}); })});
    rows.push_back(
        {"LPI by its route, pre-translated", count(samples, [&](unsigned n) { ahead.raise(virt::Gsi{n}); })});
    rows.push_back({"the same, after an invalidation", [&] {
                        rig.MOVI(0, 0);
                        return count(samples, [&](unsigned n) { ahead.raise(virt::Gsi{n}); });
                    }()});
    for (unsigned n = 0; n < samples; ++n)
        ahead.raise(virt::Gsi{n});
    rows.push_back({"acknowledge + EOI of an LPI", count(samples, take)});
    for (unsigned n = 0; n < samples; ++n)
        take(n);
    for (std::uint32_t n = 0; n < rig.lpis(); ++n)
        rig.gic.signal(ItsRig::msi(n));
    rows.push_back({"acknowledge + EOI, every LPI pending", count(samples, [&](unsigned n) {
                        if (!rig.take(ItsRig::lpi(n)))
                            fail("another interrupt came");
                    })});
    rows.push_back(
        {"INV, from the store to GITS_CWRITER on", count(samples, [&](unsigned n) { rig.INV(sample(rig, n)); })});
    rows.push_back({"INVALL of 1024 LPIs", count_INVALL(lpis)});
    return rows;
}

std::vector<Counted> count_spi() {
    GicRig rig;
    const auto raise = [&](unsigned /*turn*/) { rig.gic.raise(virt::Pin{GicRig::spi.value - 32}); };
    const auto take = [&](unsigned /*turn*/) {
        if (!rig.take(GicRig::spi))
            fail("another interrupt came");
    };
    for (unsigned n = 0; n < 16; ++n)
        raise(n), take(n);
    std::vector<Counted> rows;
    rows.push_back({"SPI, until it is pending", count(1, raise)});
    raise(0);
    rows.push_back({"acknowledge + EOI of an SPI", count(1, take)});
    return rows;
}

/// Allocations of one interrupt.
struct Heap {
    std::string name;
    double allocations;
};

template <class Work>
Heap heap(std::string name, Work work) {
    constexpr unsigned warm = 64;
    constexpr unsigned counted = 10'000;
    for (unsigned n = 0; n < warm; ++n)
        work(n);
    const auto before = bench::allocations.load();
    for (unsigned n = 0; n < counted; ++n)
        work(n);
    return {std::move(name), static_cast<double>(bench::allocations.load() - before) / counted};
}

/// From write(2) to the guest's EOI, the loop in this thread.
std::optional<Heap> heap_of_irqfd(std::string name, virt::EventLoop::Backend backend, virt::MsiWay way) {
    auto created = virt::EventLoop::create(backend);
    if (!created) {
        fmt::print(stderr, "{}: {}\n", name, created.error().sentence());
        return std::nullopt;
    }
    virt::EventLoop& loop = **created;
    ItsRig rig(few);
    virt::IrqRouter router(rig.gic, GicRig::interrupts - 32, way);
    set_routes(rig, router);
    virt::Irqfds irqfds(router, loop);
    const virt::Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const virt::Fd turn(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!irqfds.assign({.eventfd = event.get(), .gsi = virt::Gsi{1}}))
        fail("no irqfd");
    const auto signal = [](const virt::Fd& fd) {
        const std::uint64_t one = 1;
        if (::write(fd.get(), &one, sizeof one) != sizeof one)
            fail("an eventfd is full");
    };
    constexpr int warm = 16;
    constexpr int counted = 10'000;
    int taken = 0;
    std::uint64_t before = 0;
    const auto step = [&] {
        if (rig.take(ItsRig::lpi(sample(rig, 1))) && ++taken == warm)
            before = bench::allocations.load();
        if (taken == warm + counted)
            loop.stop();
        else
            signal(event);
        signal(turn);
    };
    const auto turned = loop.consume(turn.get(), virt::EventLoop::Pending::deliver, [&](std::uint64_t) { step(); });
    signal(turn);
    if (!turned || !loop.run())
        fail("the loop does not run");
    const Heap result{std::move(name), static_cast<double>(bench::allocations.load() - before) / counted};
    loop.cancel(turned->operation);
    return result;
}

std::vector<Heap> count_heap() {
    std::vector<Heap> rows;
    {
        GicRig rig;
        rows.push_back(heap("SPI", [&](unsigned) {
            rig.gic.raise(virt::Pin{GicRig::spi.value - 32});
            rig.take(GicRig::spi);
        }));
    }
    {
        ItsRig rig(few);
        rows.push_back(heap("LPI by signal_msi", [&](unsigned n) {
            rig.gic.signal(ItsRig::msi(n % few));
            rig.take(ItsRig::lpi(n % few));
        }));
    }
    using Backend = virt::EventLoop::Backend;
    for (const auto& [name, way] : {std::pair{"through the ITS", virt::MsiWay::through_its},
                                    std::pair{"pre-translated", virt::MsiWay::pre_translated}})
        for (const auto& [loop, backend] : {std::pair{"io_uring", Backend::ring}, std::pair{"epoll", Backend::epoll}})
            if (auto row = heap_of_irqfd(fmt::format("LPI by irqfd, {}, {}", name, loop), backend, way))
                rows.push_back(*std::move(row));
    return rows;
}

} // namespace

int main(int count, char** words) {
    const bool gate = count == 2 && std::string_view(words[1]) == "--gate"; // NOLINT(*-pointer-arithmetic): main
    if (count > 1 && !gate) {
        fmt::print(stderr, "usage: gic_counts [--gate]\nInstructions and allocations of the GIC in userspace; --gate: "
                           "exit with 1 if above a limit\n");
        return 2;
    }
    bool good = true;
    const auto judge = [&](bool within) {
        good = good && within;
        return within ? "" : "  above";
    };
    fmt::print("{:44}{:>10}{:>10}{:>9}{:>8}\n", "instructions", "8 K LPIs", "57 K", "ratio", "limit");
    for (const auto& row : count_spi())
        fmt::print("{:44}{:>10.1f}\n", row.name, row.instructions);
    const auto at_few = count_lpis(few);
    const auto at_all = count_lpis(all);
    for (std::size_t n = 0; n < at_few.size(); ++n) {
        const auto& less = at_few.at(n);
        const auto& more = at_all.at(n);
        const double growth = more.instructions / less.instructions;
        const bool small = !optimised || !less.limit || more.instructions <= *less.limit;
        fmt::print("{:44}{:>10.1f}{:>10.1f}{:>9.3f}{:>8}{}\n", less.name, less.instructions, more.instructions, growth,
                   less.limit ? fmt::format("{:.0f}", *less.limit) : "", judge(growth <= most_growth && small));
    }
    fmt::print("\nheap allocations of one interrupt\n");
    for (const auto& row : count_heap())
        fmt::print("{:44}{:>10.4f}{}\n", row.name, row.allocations, judge(row.allocations == 0));
    return gate && !good ? 1 : 0;
}
