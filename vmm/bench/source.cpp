// SPDX-License-Identifier: Apache-2.0
// Eventfds, messages and lines.
#include "vmm/bench/source.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

namespace vmm::bench {
namespace {

using virt::expected;

expected<virt::Fd> new_eventfd() {
    virt::Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd)
        return virt::system_failure("create an eventfd");
    return fd;
}

expected<void> signal(int eventfd) {
    const std::uint64_t one = 1;
    if (::write(eventfd, &one, sizeof one) != static_cast<ssize_t>(sizeof one))
        return virt::system_failure("signal an eventfd");
    return {};
}

} // namespace

expected<Source> Source::connect(Probe& probe, Path path) {
    Source source;
    if (is_lpi(path))
        source.intid_ = Probe::lpi;
    virt::Vm& vm = probe.vm();
    if (path == Path::spi_line) {
        source.send_ = [&vm] { return vm.set_irq_line(arm64::irq_line::spi(Probe::spi), true); };
    } else if (path == Path::lpi_signal) {
        source.send_ = [&vm, msi = probe.msi()]() -> expected<void> {
            const auto delivered = vm.signal(msi);
            VIRT_TRY(delivered);
            if (!*delivered)
                return virt::failure(0, "signal an MSI: the ITS does not know it");
            return {};
        };
    } else {
        VIRT_TRY(source.bind_irqfd(probe, path));
    }
    return source;
}

expected<void> Source::bind_irqfd(Probe& probe, Path path) {
    auto& vm = probe.vm();
    auto trigger = new_eventfd();
    VIRT_TRY(trigger);
    trigger_ = *std::move(trigger);
    virt::Irqfd irqfd{.eventfd = trigger_.get(), .gsi = virt::IrqRouting::gsi_of(arm64::pin_of(Probe::spi))};
    if (is_resampled(path)) {
        auto resample = new_eventfd();
        VIRT_TRY(resample);
        resample_ = *std::move(resample);
        irqfd.resample = resample_.get();
    }
    if (vm.check_extension(virt::Capability::irq_routing) > 0)
        VIRT_TRY(assign_routed(probe, path, irqfd));
    else // KVM's first table has each pin at the GSI of the same number
        VIRT_TRY(vm.assign(irqfd));
    send_ = [fd = trigger_.get()] { return signal(fd); };
    return {};
}

expected<void> Source::assign_routed(Probe& probe, Path path, virt::Irqfd irqfd) {
    routing_ = std::make_unique<virt::IrqRouting>(probe.vm(), arm64::irqchip_pins);
    if (is_lpi(path)) {
        const auto gsi = routing_->allocate();
        VIRT_TRY(gsi);
        routing_->set(*gsi, probe.msi());
        irqfd.gsi = *gsi;
    }
    routing_->assign(irqfd);
    return routing_->irqchip_ready();
}

expected<std::uint64_t> Source::wait_for_resample(int milliseconds) {
    pollfd polled{.fd = resample_.get(), .events = POLLIN, .revents = 0};
    int ready = 0;
    do
        ready = ::poll(&polled, 1, milliseconds);
    while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return virt::system_failure("wait for a resamplefd");
    std::uint64_t count = 0;
    if (ready > 0 && ::read(resample_.get(), &count, sizeof count) != static_cast<ssize_t>(sizeof count))
        return virt::system_failure("read a resamplefd");
    return count;
}

} // namespace vmm::bench
