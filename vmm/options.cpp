// SPDX-License-Identifier: Apache-2.0
// The one translation unit that knows CLI11.
#include "vmm/options.hpp"

#include "vmm/bench/options.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <vector>

namespace vmm {
namespace {

using virt::log::Level;

// lkvm's suffixes, as shifts.
int shift_of(char suffix) {
    switch (suffix) {
    case 'b':
    case 'B': return 0;
    case 'k':
    case 'K': return 10;
    case 'm':
    case 'M': return 20;
    case 'g':
    case 'G': return 30;
    case 't':
    case 'T': return 40;
    case 'p':
    case 'P': return 50;
    default: return -1;
    }
}

// Names and what they mean, for options that have a few of them.
template <class Value>
using Names = std::map<std::string, Value>;

const Names<Irqchip> irqchips{{"gicv3-its", Irqchip::gicv3_its}, {"gicv3", Irqchip::gicv3}};
const Names<Backend> backends{{"auto", Backend::automatic}, {"kvm", Backend::kvm}, {"soft", Backend::soft}};
const Names<Level> levels{
    {"error", Level::error}, {"warning", Level::warning}, {"info", Level::info}, {"debug", Level::debug}};

template <class Value>
CLI::Validator one_of(const Names<Value>& names) {
    CLI::IsMember member(&names);
    member.description(""); // the help of each option lists them
    return member;
}

// lkvm takes these too, and here they have one value for the time being.
CLI::Validator only(const std::string& value) {
    return CLI::Validator(
        [value](const std::string& given) {
            return given == value ? std::string() : "'" + given + "' is not supported, only '" + value + "'";
        },
        "");
}

// What CLI11 fills; the options keep what the program thinks in.
struct BackendRaw {
    std::string backend, device, hide;
};
struct Raw {
    long long cpus = 0;
    std::string memory, initrd, dump_dtb, console, network, irqchip, loglevel;
    BackendRaw backend;
    long long timeout = 0;
    bool nodefaults = false, no_reboot = false;
};

void describe(CLI::App& app, BackendRaw& raw) {
    app.add_option("--backend", raw.backend, "Who runs the guest: kvm, soft, or the first that works: auto (default)")
        ->type_name("NAME")
        ->check(one_of(backends));
    app.add_option("--dev", raw.device, "KVM's device (default: /dev/kvm)")->type_name("FILE");
    app.add_option("--hide", raw.hide, "Pretend that KVM lacks these, comma-separated: its, irqfd, msi-devid, ...")
        ->type_name("LIST");
}

void describe(CLI::App& app, RunOptions& options, Raw& raw) {
    app.name("itsy run");
    app.description("Boot an arm64 guest");
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast); // the last one counts, as with lkvm
    app.set_help_flag("-h,--help", "Print this");
    app.add_option("-k,--kernel,kernel", options.kernel, "Kernel: an arm64 Image, or a flat binary")
        ->type_name("FILE")
        ->required();
    app.add_option("-i,--initrd", raw.initrd, "Initial RAM disk")->type_name("FILE");
    app.add_option("-p,--params", options.params, "Kernel command line")->type_name("WORDS");
    app.add_option("-c,--cpus", raw.cpus, "Number of CPUs (default: the host's)")->type_name("N");
    app.add_option("-m,--mem", raw.memory, "Memory in MiB, or with a suffix BKMGTP (default: 64M x (CPUs + 3))")
        ->type_name("SIZE");
    app.add_option("--irqchip", raw.irqchip, "Interrupt controller: gicv3-its, gicv3 (default: the best there is)")
        ->type_name("NAME")
        ->check(one_of(irqchips));
    app.add_option("--console", raw.console, "Console: serial")->type_name("NAME")->check(only("serial"));
    app.add_flag("--nodefaults", raw.nodefaults, "Add nothing to the kernel command line");
    app.add_option("-n,--network", raw.network, "Network: mode=none")->type_name("MODE")->check(only("mode=none"));
    app.add_option("--loglevel", raw.loglevel, "error, warning, info or debug (default: info)")
        ->type_name("LEVEL")
        ->check(one_of(levels));
    app.add_option("--name", options.name, "Name of the guest (default: guest-PID)")->type_name("NAME");
    describe(app, raw.backend);
    app.add_option("--dump-dtb", raw.dump_dtb, "Write the device tree to a file")->type_name("FILE");
    app.add_option("--timeout", raw.timeout, "End the guest after so many seconds, with status 124")
        ->type_name("SECONDS");
    app.add_flag("--no-reboot", raw.no_reboot, "Exit when the guest resets");
}

// Fills what `app` was told to, then checks it; what to print instead, if anything.
std::optional<Usage> parse(CLI::App& app, std::span<char* const> arguments, const std::function<void()>& check) {
    try {
        std::vector<std::string> words(arguments.rbegin(), arguments.rend()); // CLI11 wants them reversed
        app.parse(std::move(words));
        check();
    } catch (const CLI::CallForHelp&) {
        return Usage{app.help(), 0};
    } catch (const CLI::ParseError& wrong) {
        return Usage{"  Error: " + std::string(wrong.what()) + "\n  Info: see '" + app.get_name() + " --help'\n",
                     usage_status};
    }
    return std::nullopt;
}

virt::CapabilityMask hidden(const std::string& names) {
    auto mask = virt::CapabilityMask::parse(names);
    if (!mask)
        throw CLI::ValidationError("--hide", mask.error().sentence());
    return *std::move(mask);
}

BackendOptions backend(const CLI::App& app, const BackendRaw& raw) {
    BackendOptions options;
    if (app.count("--hide") > 0)
        options.hidden = hidden(raw.hide);
    if (app.count("--dev") > 0) {
        options.device = raw.device;
        options.backend = Backend::kvm; // which has a device
    }
    if (app.count("--backend") > 0)
        options.backend = backends.at(raw.backend);
    return options;
}

void check(const CLI::App& app, RunOptions& options, const Raw& raw) {
    const auto given = [&](const char* name) { return app.count(name) > 0; };
    const auto reject = [](const char* name, const std::string& why) { throw CLI::ValidationError(name, why); };
    if (given("--cpus")) {
        if (raw.cpus < 1 || raw.cpus > 1'000'000)
            reject("--cpus", "the number of CPUs is at least 1, not " + std::to_string(raw.cpus));
        options.cpus = static_cast<unsigned>(raw.cpus);
    }
    if (given("--mem")) {
        const auto size = parse_memory_size(raw.memory);
        if (!size)
            reject("--mem", size.error().sentence());
        options.memory = *size;
    }
    if (given("--timeout")) {
        if (raw.timeout < 1 || raw.timeout > 1'000'000'000)
            reject("--timeout", "the number of seconds is at least 1, not " + std::to_string(raw.timeout));
        options.timeout = std::chrono::seconds(raw.timeout);
    }
    options.backend = backend(app, raw.backend);
    if (given("--irqchip"))
        options.irqchip = irqchips.at(raw.irqchip);
    if (given("--initrd"))
        options.initrd = raw.initrd;
    if (given("--dump-dtb"))
        options.dump_dtb = raw.dump_dtb;
    options.defaults = !raw.nodefaults;
    options.reboot = !raw.no_reboot;
    if (given("--loglevel"))
        options.loglevel = levels.at(raw.loglevel);
}

} // namespace

virt::expected<std::uint64_t> parse_memory_size(const std::string& text) {
    const auto wrong = [&](const char* why) {
        return virt::failure(EINVAL, "take '" + text + "' as a memory size", why);
    };
    if (text.empty() || text.front() < '0' || text.front() > '9')
        return wrong("it is a number with an optional suffix, as 512M");
    errno = 0;
    char* rest = nullptr;
    const unsigned long long number = std::strtoull(text.c_str(), &rest, 0);
    const int shift = *rest == '\0' ? 20 : shift_of(*rest);
    if (errno != 0 || shift < 0 || (*rest != '\0' && rest[1] != '\0'))
        return wrong("it is a number with an optional suffix, as 512M");
    if (number > (UINT64_MAX >> shift))
        return wrong("it is too large");
    constexpr std::uint64_t page = 4096;
    const std::uint64_t bytes = std::uint64_t{number} << shift;
    if (bytes < (std::uint64_t{32} << 20))
        return wrong("a guest has at least 32 MiB");
    return bytes / page * page;
}

std::variant<RunOptions, Usage> parse_run_options(std::span<char* const> arguments) {
    CLI::App app;
    RunOptions options;
    options.name = "guest-" + std::to_string(::getpid());
    Raw raw;
    describe(app, options, raw);
    if (auto usage = parse(app, arguments, [&] { check(app, options, raw); }))
        return *std::move(usage);
    return options;
}

namespace bench {
namespace {

template <class Value, std::size_t size>
Names<Value> names_of(const std::array<Named<Value>, size>& all) {
    Names<Value> names;
    for (const auto& one : all)
        names.emplace(one.name, one.value);
    return names;
}

struct IrqRaw {
    // Not constants of the program: `itsy run` would pay for them at its start.
    Names<Path> known_paths = names_of(path_names);
    Names<VcpuState> known_states = names_of(state_names);
    std::vector<std::string> paths, states;
    long long count = 10'000, warmup = 100, rate = 0;
    BackendRaw backend;
};

template <class Value, std::size_t size>
std::string help_for(const char* what, const std::array<Named<Value>, size>& all) {
    std::string help = what;
    for (const auto& one : all)
        help += "\n" + std::string(one.name) + ": " + std::string(one.caption);
    return help;
}

// In the order of the report, whatever order they were given in; all if none was.
template <class Value, std::size_t size>
std::vector<Value> chosen(const std::array<Named<Value>, size>& all, const std::vector<std::string>& given) {
    std::vector<Value> values;
    for (const auto& one : all)
        if (given.empty() || std::ranges::find(given, one.name) != given.end())
            values.push_back(one.value);
    return values;
}

void describe(CLI::App& app, IrqOptions& options, IrqRaw& raw) {
    const auto many = CLI::MultiOptionPolicy::TakeAll;
    app.name("itsy bench irq");
    app.description("Measure how long interrupts take, from intended send to the guest's acknowledge");
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    app.set_help_flag("-h,--help", "Print this");
    app.add_option("--path", raw.paths, help_for("These only, comma-separated:", path_names))
        ->type_name("LIST")
        ->delimiter(',')
        ->multi_option_policy(many)
        ->check(one_of(raw.known_paths));
    app.add_option("--state", raw.states, help_for("These states of the vCPU only, comma-separated:", state_names))
        ->type_name("LIST")
        ->delimiter(',')
        ->multi_option_policy(many)
        ->check(one_of(raw.known_states));
    app.add_option("--count", raw.count, "Interrupts per measurement (default: 10000)")->type_name("N");
    app.add_option("--warmup", raw.warmup, "Interrupts before each, not counted (default: 100)")->type_name("N");
    app.add_option("--rate", raw.rate, "Interrupts per second (default: at most 10000, less on a slow host)")
        ->type_name("HZ");
    app.add_flag("--json", options.json, "Print one JSON document");
    vmm::describe(app, raw.backend);
}

void check(const CLI::App& app, IrqOptions& options, const IrqRaw& raw) {
    const auto number = [&](const char* name, const char* what, long long value) {
        constexpr long long most = 1'000'000;
        if (value < 1 || value > most)
            throw CLI::ValidationError(name, std::string(what) + " is from 1 to " + std::to_string(most) + ", not " +
                                                 std::to_string(value));
        return static_cast<std::uint32_t>(value);
    };
    options.count = number("--count", "the number of interrupts", raw.count);
    options.warmup = number("--warmup", "the number of interrupts", raw.warmup);
    if (app.count("--rate") > 0)
        options.rate = number("--rate", "the number per second", raw.rate);
    options.paths = chosen(path_names, raw.paths);
    options.states = chosen(state_names, raw.states);
    options.backend = backend(app, raw.backend);
}

} // namespace

std::variant<IrqOptions, Usage> parse_irq_options(std::span<char* const> arguments) {
    CLI::App app;
    IrqOptions options;
    IrqRaw raw;
    describe(app, options, raw);
    if (auto usage = parse(app, arguments, [&] { check(app, options, raw); }))
        return *std::move(usage);
    return options;
}

} // namespace bench
} // namespace vmm
