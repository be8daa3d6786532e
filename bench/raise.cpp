// SPDX-License-Identifier: Apache-2.0
// What it costs a sender to raise an interrupt, whatever becomes of it: the kernel's ways, and a call into our own
// routing. In nanoseconds, which are instructions where bench/instructions runs it.
#include "arch-arm64/kvm/provider.hpp"
#include "tests/virt/fake_irqchip.hpp"
#include "virt/irq_router.hpp"
#include "vmm/bench/probe.hpp"
#include "vmm/bench/source.hpp"

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <string_view>
#include <thread>

namespace {

using vmm::bench::Clock;
using vmm::bench::Path;

constexpr std::uint64_t warm = 100;
constexpr std::uint64_t counted = 10'000;

template <class Send>
virt::expected<void> measure(std::string_view name, const Clock& clock, Send send) {
    std::uint64_t begin = 0;
    for (std::uint64_t n = 0; n < warm + counted; ++n) {
        if (n == warm)
            begin = clock.now();
        VIRT_TRY(send());
    }
    fmt::print("raise {} {}\n", name, clock.to_ns(clock.now() - begin) / counted);
    return {};
}

// The guest has set its GIC up and is not running any more: nobody is interrupted, and only the sender is measured.
virt::expected<void> measure(arm64::System& system, const Clock& clock, Path path) {
    const auto probe = vmm::bench::Probe::create(system, path, vmm::bench::VcpuState::wfi, 16);
    VIRT_TRY(probe);
    auto source = vmm::bench::Source::connect(**probe, path);
    VIRT_TRY(source);
    VIRT_TRY((*probe)->start(clock));
    VIRT_TRY(source->send()); // translated, and known to the ITS's cache
    while ((*probe)->acknowledged() == 0) {
        if (auto why = (*probe)->ended())
            return virt::unexpected(*std::move(why));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    (*probe)->stop();
    return measure(name_of(path), clock, [&] { return source->send(); });
}

virt::expected<void> measure_all() {
    const auto system = arm64::kvm::open("/dev/kvm", {});
    VIRT_TRY(system);
    const Clock clock(**system);
    for (const auto path : {Path::spi_irqfd, Path::lpi_irqfd, Path::lpi_signal, Path::spi_line})
        VIRT_TRY(measure(**system, clock, path));

    virt::FakeIrqchip chip;
    virt::IrqRouter router(chip, arm64::irqchip_pins);
    virt::RouteTable table(arm64::irqchip_pins);
    table.set(virt::Gsi{1}, virt::Pin{1});
    table.set(virt::Gsi{2}, virt::Msi{.address = 0x1'0040, .data = 1, .device = virt::DeviceId{8}});
    VIRT_TRY(router.replace(table.encoded()));
    for (const auto& [name, gsi] : {std::pair{"spi-direct-call", 1U}, std::pair{"lpi-direct-call", 2U}})
        VIRT_TRY(measure(name, clock, [&]() -> virt::expected<void> {
            router.raise(virt::Gsi{gsi});
            return {};
        }));
    return {};
}

} // namespace

int main() {
    const auto measured = measure_all();
    if (!measured)
        fmt::print(stderr, "raise: {}\n", measured.error().sentence());
    return measured ? 0 : 125;
}
