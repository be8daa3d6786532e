// SPDX-License-Identifier: Apache-2.0
// What an interrupt costs on the way from a GSI to a userspace irqchip, and a route's change: instructions and
// allocations, which are the same in every run. `--gate` compares them with the limits of bench/README.md.
#include "bench/single_step.hpp"
#include "tests/virt/fake_irqchip.hpp"
#include "tests/virt/fake_vm.hpp"
#include "virt/event_loop.hpp"
#include "virt/irq_router.hpp"
#include "virt/irq_routing.hpp"
#include "virt/irqfd.hpp"

#include <fmt/core.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace {

std::uint64_t allocations = 0; // of the main thread, the only one

} // namespace

void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size))
        return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using virt::Gsi;
using virt::Msi;
using virt::Pin;

constexpr std::uint32_t pins = 988;
constexpr Msi msi{.address = 0x808'0040, .data = 1, .device = virt::DeviceId{8}};

/// A provider whose routing table is ours. What the table costs the kernel is no cost of the VMM.
class Provider final : public virt::FakeVm {
public:
    explicit Provider(virt::IrqRouter* router) : router_(router) {}
    virt::expected<void> change_gsi_routing(virt::RouteTable& routes, std::span<const Gsi> changed) override {
        if (router_ != nullptr)
            router_->change(routes, changed);
        else
            sink = &routes.encoded();
        return {};
    }
    const void* volatile sink = nullptr;

private:
    virt::IrqRouter* router_;
};

struct Row {
    const char* name;
    std::optional<double> instructions;
    double allocations;
};

template <class Work>
Row measure(const char* name, Work work) {
    constexpr unsigned warm = 16;
    constexpr unsigned counted = 10'000;
    for (unsigned n = 0; n < warm; ++n)
        work();
    const auto before = allocations;
    for (unsigned n = 0; n < counted; ++n)
        work();
    const double allocated = static_cast<double>(allocations - before) / counted;
    return {name, bench::instructions_per_call(work), allocated};
}

/// One of `routes` MSI routes moves to another EventID and back, and is committed: a vector that changes its CPU.
Row change(const char* name, std::uint32_t routes, virt::IrqRouter* router) {
    Provider vm(router);
    virt::IrqRouting routing(vm, pins);
    for (std::uint32_t n = 0; n < routes; ++n) {
        // Pins too, once all other GSIs are taken.
        const auto gsi = routing.allocate().value_or(Gsi{n % pins});
        routing.set(gsi, msi);
        routing.assign({.eventfd = static_cast<int>(n), .gsi = gsi});
    }
    if (!routing.irqchip_ready())
        std::abort();
    std::uint32_t data = 0;
    const Gsi changed{pins + routes / 2 % 1000};
    return measure(name, [&] {
        routing.set(changed, Msi{.address = msi.address, .data = ++data, .device = msi.device});
        if (!routing.commit())
            std::abort();
    });
}

/// Allocations of a signal, from write(2) to the irqchip and back: its instructions are the kernel's for the most part.
std::optional<Row> irqfd(const char* name, virt::EventLoop::Backend backend) {
    auto created = virt::EventLoop::create(backend);
    if (!created) {
        fmt::print(stderr, "{}: {}\n", name, created.error().sentence());
        return std::nullopt;
    }
    virt::EventLoop& loop = **created;
    virt::FakeIrqchip chip;
    virt::IrqRouter router(chip, pins);
    virt::RouteTable table(pins);
    table.set(Gsi{1}, Pin{1});
    virt::Irqfds irqfds(router, loop);
    const virt::Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const virt::Fd resample(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!router.replace(table.encoded()) ||
        !irqfds.assign({.eventfd = event.get(), .gsi = Gsi{1}, .resample = resample.get()}))
        std::abort();
    constexpr int warm = 16;
    constexpr int counted = 10'000;
    int signals = 0;
    std::uint64_t before = 0;
    const auto signal = [&] {
        const std::uint64_t one = 1;
        if (::write(event.get(), &one, sizeof one) != sizeof one)
            std::abort();
    };
    // A device that asserts again as soon as the guest is done with the last interrupt.
    const auto resampled = loop.consume(resample.get(), virt::EventLoop::Pending::deliver, [&](std::uint64_t) {
        if (++signals == warm)
            before = allocations;
        if (signals == warm + counted)
            loop.stop();
        else
            signal();
    });
    chip.on_raise = [&](Pin pin) { chip.listener->deactivated(pin); };
    signal();
    if (!resampled || !loop.run())
        std::abort();
    const Row row{name, std::nullopt, static_cast<double>(allocations - before) / counted};
    loop.cancel(resampled->operation);
    return row;
}

} // namespace

int main(int argc, char** argv) {
    const bool gate = argc > 1 && std::string_view(argv[1]) == "--gate";
    virt::FakeIrqchip chip;
    virt::IrqRouter router(chip, pins);
    virt::RouteTable table(pins);
    for (std::uint32_t gsi = 0; gsi < virt::RouteTable::gsis; ++gsi)
        table.set(Gsi{gsi}, gsi < 64 ? virt::Route(Pin{gsi}) : virt::Route(msi));
    if (!router.replace(table.encoded()))
        return 125;

    std::vector<Row> rows;
    rows.push_back(change("change of one of 16 routes, kernel's table", 16, nullptr));
    rows.push_back(change("change of one of 4096 routes, kernel's table", 4096, nullptr));
    virt::IrqRouter few(chip, pins);
    virt::IrqRouter many(chip, pins);
    rows.push_back(change("change of one of 16 routes, our table", 16, &few));
    rows.push_back(change("change of one of 4096 routes, our table", 4096, &many));
    rows.push_back(measure("direct call, pin", [&] { router.raise(Gsi{5}); }));
    rows.push_back(measure("direct call, MSI route", [&] { router.raise(Gsi{4000}); }));
    rows.push_back(measure("signal_msi", [&] {
        if (!router.signal(msi))
            std::abort();
    }));
    for (const auto& [name, backend] : {std::pair{"irqfd and resample, io_uring", virt::EventLoop::Backend::ring},
                                        std::pair{"irqfd and resample, epoll", virt::EventLoop::Backend::epoll}})
        if (const auto row = irqfd(name, backend))
            rows.push_back(*row);

    fmt::print("{:<46} {:>12} {:>11}\n", "", "instructions", "allocations");
    bool good = true;
    for (const auto& row : rows) {
        fmt::print("{:<46} {:>12} {:>11.4f}\n", row.name,
                   row.instructions ? fmt::format("{:.0f}", *row.instructions) : "", row.allocations);
        good = good && row.allocations == 0;
    }
    for (const std::size_t n : {0U, 2U}) {
        const double ratio = *rows[n + 1].instructions / *rows[n].instructions;
        fmt::print("{:<46} {:>12.3f}\n", "4096 routes against 16", ratio);
        good = good && ratio <= 1.1;
    }
    if (gate && !good)
        fmt::print(stderr, "interrupt_counts: above a limit: 0 allocations, and 1.1 for the ratio\n");
    return gate && !good ? 1 : 0;
}
