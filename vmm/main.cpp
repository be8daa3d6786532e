// SPDX-License-Identifier: Apache-2.0
// Finds the command and runs it.
#include "vmm/bench/irq.hpp"
#include "vmm/options.hpp"
#include "vmm/run.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <span>
#include <string_view>

namespace {

constexpr std::string_view overview = R"(
 To boot an arm64 kernel run 'itsy run -k Image -i initrd'

usage: itsy COMMAND [ARGS]

 The most commonly used itsy commands are:
   run       boot an arm64 guest
   bench     measure interrupt latency: 'itsy bench irq'
   version   print the version
   help      print this

 See 'itsy COMMAND --help' for more information on a specific command.

)";

constexpr std::string_view bench_overview = R"(
usage: itsy bench WHAT [ARGS]

 irq       how long interrupts and doorbells take, path by path

 See 'itsy bench irq --help'.

)";

void print(std::FILE* stream, std::string_view text) { fmt::print(stream, "{}", text); }

int run(std::span<char* const> arguments) {
    const auto parsed = vmm::parse_run_options(arguments);
    if (const auto* usage = std::get_if<vmm::Usage>(&parsed)) {
        print(usage->status == 0 ? stdout : stderr, usage->text);
        return usage->status;
    }
    return vmm::run(std::get<vmm::RunOptions>(parsed));
}

int bench(std::span<char* const> arguments) {
    const std::string_view what = arguments.empty() ? "" : arguments.front();
    if (what != "irq") {
        const bool asked = what == "--help" || what == "-h";
        print(asked ? stdout : stderr, bench_overview);
        return asked ? 0 : vmm::usage_status;
    }
    const auto parsed = vmm::bench::parse_irq_options(arguments.subspan(1));
    if (const auto* usage = std::get_if<vmm::Usage>(&parsed)) {
        print(usage->status == 0 ? stdout : stderr, usage->text);
        return usage->status;
    }
    return vmm::bench::run_irq(std::get<vmm::bench::IrqOptions>(parsed), ITSY_VERSION);
}

// A closed stdin, stdout or stderr would give its number to the next file that is opened.
void open_standard_descriptors() {
    int fd = 0;
    while ((fd = ::open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO) {
    }
    if (fd > STDERR_FILENO)
        ::close(fd);
}

} // namespace

int main(int argc, char** argv) {
    open_standard_descriptors();
    const std::span<char* const> arguments(argv, static_cast<std::size_t>(argc));
    const std::string_view command = argc > 1 ? arguments[1] : "help";
    if (command == "run")
        return run(arguments.subspan(2));
    if (command == "bench")
        return bench(arguments.subspan(2));
    if (command == "version" || command == "--version") {
        print(stdout, "itsy " ITSY_VERSION "\n");
        return 0;
    }
    if (command == "help" || command == "--help" || command == "-h") {
        print(stdout, overview);
        return 0;
    }
    fmt::print(stderr, "  Error: '{}' is not an itsy command\n  Info: see 'itsy help'\n", command);
    return vmm::usage_status;
}
