// SPDX-License-Identifier: Apache-2.0
// From options to a report and an exit status.
#include "vmm/bench/irq.hpp"

#include "virt/log.hpp"
#include "vmm/backend.hpp"
#include "vmm/bench/measurement.hpp"
#include "vmm/bench/report.hpp"
#include "vmm/outcome.hpp"

#include <fmt/core.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

namespace vmm::bench {
namespace {

using virt::expected;

unsigned usable_cpus() {
    cpu_set_t cpus;
    return ::sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? static_cast<unsigned>(CPU_COUNT(&cpus)) : 1U;
}

std::optional<std::uint64_t> halt_poll_ns() {
    std::ifstream file("/sys/module/kvm/parameters/halt_poll_ns");
    std::uint64_t value = 0;
    if (file >> value)
        return value;
    return std::nullopt;
}

// As the probe's machine will have it.
expected<std::string> irqchip_of(arm64::System& system) {
    const auto vm = system.create_vm(std::min(system.max_ipa_bits(), 40U));
    VIRT_TRY(vm);
    return (*vm)->knows_device(virt::DeviceType::vgic_its) ? "gicv3-its" : "gicv3";
}

expected<Report> measure_all(const IrqOptions& options, std::string_view version) {
    const auto backend = open_backend(options.backend);
    VIRT_TRY(backend);
    auto& system = *backend->system;
    const auto irqchip = irqchip_of(system);
    VIRT_TRY(irqchip);
    utsname host{};
    ::uname(&host);
    Report report{.version = std::string(version),
                  .kernel = host.release,
                  .cpus = usable_cpus(),
                  .halt_poll_ns = backend->backend == Backend::kvm ? halt_poll_ns() : std::nullopt,
                  .backend = std::string(name_of(backend->backend)),
                  .irqchip = *irqchip,
                  .counter_frequency = system.counter_frequency(),
                  .measurements = {}};
    for (const auto path : options.paths)
        for (const auto state : options.states) {
            const auto seen = measure(system, {path, state, options.count, options.warmup, options.rate});
            if (!seen) {
                auto error = seen.error();
                error.attempted += fmt::format(" ({}, {})", name_of(path), name_of(state));
                return virt::unexpected(std::move(error));
            }
            report.measurements.push_back(*seen);
        }
    return report;
}

// A sender that oversleeps measures itself, and a kick that our parent had blocked would never stop a vCPU.
void prepare_thread() {
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

} // namespace

int run_irq(const IrqOptions& options, std::string_view version) {
    prepare_thread();
    const auto report = measure_all(options, version);
    if (!report) {
        virt::log::fatal(report.error().sentence());
        return failure_status;
    }
    fmt::print("{}", options.json ? as_json(*report) : as_table(*report));
    if (std::fflush(stdout) != 0) {
        virt::log::fatal(virt::Error{errno, "write the report to stdout"}.sentence());
        return failure_status;
    }
    int status = 0;
    for (const auto& seen : report->measurements) {
        if (seen.status != Measurement::Status::failed)
            continue;
        virt::log::error("{}, {}: {}", name_of(seen.plan.path), name_of(seen.plan.state), seen.reason);
        status = mismatch_status;
    }
    return status;
}

} // namespace vmm::bench
