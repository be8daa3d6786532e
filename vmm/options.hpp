// SPDX-License-Identifier: Apache-2.0
// The command line of `itsy run`, in lkvm's spelling.
#pragma once

#include "virt/expected.hpp"
#include "virt/log.hpp"
#include "vmm/backend.hpp"
#include "vmm/machine.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

namespace vmm {

struct RunOptions {
    std::string kernel;
    std::optional<std::string> initrd;
    std::string params;
    std::optional<unsigned> cpus;        ///< default: the host's online CPUs
    std::optional<std::uint64_t> memory; ///< bytes; default: 64 MiB x (CPUs + 3), at most 80 % of the host's
    std::optional<Irqchip> irqchip;      ///< default: the best there is
    bool defaults = true;                ///< false with --nodefaults: the command line is exactly `params`
    virt::log::Level loglevel = virt::log::Level::info;
    std::string name;
    BackendOptions backend;
    std::optional<std::string> dump_dtb;
    std::optional<std::chrono::seconds> timeout;
    bool reboot = true;
};

/// What to print instead of running, and where: help on stdout with status 0, a wrong call on stderr with status 2.
struct Usage {
    std::string text;
    int status;
};

/// Parses what follows `itsy run`.
[[nodiscard]] std::variant<RunOptions, Usage> parse_run_options(std::span<char* const> arguments);

/// "512", "512M", "2G", "0x100M": mebibytes without a suffix, as lkvm; bytes in the answer. EINVAL.
[[nodiscard]] virt::expected<std::uint64_t> parse_memory_size(const std::string& text);

} // namespace vmm
