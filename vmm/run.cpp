// SPDX-License-Identifier: Apache-2.0
// From options to an exit status.
#include "vmm/run.hpp"

#include "arch-arm64/kvm/provider.hpp"
#include "virt/event_loop.hpp"
#include "vmm/console_input.hpp"
#include "vmm/console_output.hpp"
#include "vmm/memory_map.hpp"
#include "vmm/payload.hpp"
#include "vmm/terminal.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>

namespace vmm {
namespace {

using virt::expected;

// A guest that listens to its power key has that long to use it.
constexpr std::chrono::seconds power_key_grace{10};
constexpr std::array ending_signals{SIGTERM, SIGINT, SIGHUP, SIGQUIT};

std::uint64_t default_memory(unsigned cpus) {
    const std::uint64_t wanted = (std::uint64_t{64} << 20) * (cpus + 3);
    const auto pages = static_cast<std::uint64_t>(std::max(::sysconf(_SC_PHYS_PAGES), 0L));
    const std::uint64_t most = pages / 5 * 4 * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return std::min(wanted, most) >> 21 << 21;
}

// lkvm's: a console, and a root device that the first disk would be, unless the user names one.
std::string command_line(const RunOptions& options) {
    if (!options.defaults)
        return options.params;
    std::string line = "console=ttyS0";
    if (options.params.find("root=") == std::string::npos)
        line += " root=/dev/vda rw";
    return options.params.empty() ? line : line + " " + options.params;
}

unsigned clamp_cpus(const arm64::System& system, unsigned wanted) {
    const int most = system.check_extension(virt::Capability::max_vcpus);
    const auto limit = static_cast<unsigned>(std::max(most, 1));
    if (wanted <= limit)
        return wanted;
    virt::log::warning("Limiting the number of CPUs to {}", limit);
    return limit;
}

expected<void> write_file(const std::string& path, std::span<const std::byte> bytes) {
    const std::string what = "write the device tree to " + path;
    const virt::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!fd)
        return virt::system_failure(what);
    while (!bytes.empty()) {
        const auto written = ::write(fd.get(), bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR)
            return virt::system_failure(what);
        bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    return {};
}

/// From the first machine to the last, through resets.
class Session {
public:
    Session(const RunOptions& options, arm64::System& system, const Payload& payload, virt::GuestMemory& memory,
            virt::EventLoop& loop, MachineConfig config)
        : options_(options),
          system_(system),
          payload_(payload),
          memory_(memory),
          loop_(loop),
          config_(std::move(config)),
          output_(STDOUT_FILENO),
          input_(loop, STDIN_FILENO, terminal_.active(), {.quit = [this] { finish(outcome::Escape{}); }}) {
        output_.set_ready_callback([this] { room_in_output(); });
        loop_.set_wake_callback([this] { woken(); });
    }

    Outcome run(int signals);

private:
    expected<void> start_machine();
    void woken();
    void finish(Outcome outcome);
    void take_signal(int signals);
    void room_in_output();

    const RunOptions& options_;
    arm64::System& system_;
    const Payload& payload_;
    virt::GuestMemory& memory_;
    virt::EventLoop& loop_;
    MachineConfig config_;

    RawTerminal terminal_;
    ConsoleOutput output_;
    ConsoleInput input_;
    std::mutex machine_mutex_; // guards the pointer, for the output thread
    std::unique_ptr<Machine> machine_;
    std::optional<Outcome> outcome_;
    bool power_key_pressed_ = false;
};

expected<void> Session::start_machine() {
    auto machine = Machine::create(system_, config_, memory_, loop_, output_);
    VIRT_TRY(machine);
    const auto placement = payload_.place(memory_.base(), memory_.size());
    VIRT_TRY(placement);
    const auto device_tree = (*machine)->device_tree(*placement);
    if (options_.dump_dtb)
        VIRT_TRY(write_file(*options_.dump_dtb, device_tree));
    VIRT_TRY(payload_.load(memory_, *placement, device_tree));
    VIRT_TRY((*machine)->set_entry(*placement));
    {
        const std::scoped_lock lock(machine_mutex_);
        machine_ = *std::move(machine);
    }
    input_.connect(&machine_->serial());
    machine_->start();
    return {};
}

void Session::room_in_output() {
    const std::scoped_lock lock(machine_mutex_);
    if (machine_)
        machine_->serial().transmitter_ready();
}

void Session::woken() {
    input_.resume();
    machine_->on_wake();
    const auto ended = machine_->outcome();
    if (!ended)
        return;
    if (!std::holds_alternative<outcome::Reset>(*ended) || !options_.reboot || power_key_pressed_) {
        finish(*ended);
        return;
    }
    virt::log::info("The guest resets");
    input_.connect(nullptr);
    std::unique_ptr<Machine> old;
    {
        const std::scoped_lock lock(machine_mutex_);
        old = std::move(machine_);
    }
    old.reset(); // the old VM is gone before the new one takes its memory
    if (const auto started = start_machine(); !started)
        finish(outcome::Failure{started.error()});
}

void Session::finish(Outcome outcome) {
    if (!outcome_)
        outcome_ = std::move(outcome);
    loop_.stop();
}

void Session::take_signal(int signals) {
    signalfd_siginfo info{};
    if (::read(signals, &info, sizeof info) != static_cast<ssize_t>(sizeof info))
        return;
    const outcome::Killed killed{static_cast<int>(info.ssi_signo)};
    if (power_key_pressed_) { // asked twice: at once
        finish(killed);
        return;
    }
    power_key_pressed_ = true;
    virt::log::info("Pressing the guest's power key; once more ends it at once");
    machine_->press_power_key();
    loop_.after(&power_key_pressed_, power_key_grace, [this, killed] { finish(killed); });
}

Outcome Session::run(int signals) {
    loop_.watch(signals, [this, signals] { take_signal(signals); });
    if (options_.timeout)
        loop_.after(&options_, *options_.timeout, [this] { finish(outcome::Timeout{}); });
    if (const auto started = start_machine(); !started)
        return outcome::Failure{started.error()};
    if (const auto looped = loop_.run(); !looped)
        finish(outcome::Failure{looped.error()});
    if (machine_)
        machine_->stop();
    // A guest that ended by itself gets all of its output out; from here on a signal ends the process as by default.
    if (std::holds_alternative<outcome::Killed>(*outcome_) || std::holds_alternative<outcome::Timeout>(*outcome_) ||
        std::holds_alternative<outcome::Escape>(*outcome_)) {
        output_.abandon();
    } else {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_UNBLOCK, &all, nullptr);
        output_.finish();
    }
    return *outcome_;
}

expected<Outcome> start(const RunOptions& options) {
    // Blocked here, before any thread starts, so that only the loop sees them. One that comes earlier kills.
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : ending_signals)
        ::sigaddset(&signals, signal);

    auto payload = Payload::open(options.kernel, options.initrd);
    VIRT_TRY(payload);
    const bool linux_guest = payload->kind() == arm64::boot::ImageLayout::Kind::linux_image;
    if (!linux_guest)
        virt::log::warning("{} has no arm64 Image header: loading it flat at offset {:#x}", options.kernel,
                           arm64::boot::default_text_offset);
    const auto system = arm64::kvm::open(options.device, options.hidden);
    VIRT_TRY(system);

    const auto online = static_cast<unsigned>(std::max(::sysconf(_SC_NPROCESSORS_ONLN), 1L));
    const unsigned cpus = clamp_cpus(**system, options.cpus.value_or(online));
    const auto size = options.memory.value_or(default_memory(cpus));
    VIRT_TRY(Machine::address_bits(**system, map::ram + size));
    VIRT_TRY(payload->place(map::ram, size));
    auto memory = virt::GuestMemory::allocate(map::ram, size);
    VIRT_TRY(memory);
    auto loop = virt::EventLoop::create();
    VIRT_TRY(loop);

    virt::log::info("# itsy run -k {} -m {} -c {} --name {}", options.kernel, size >> 20, cpus, options.name);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    const virt::Fd signal_fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signal_fd)
        return virt::system_failure("create a signalfd");
    ::signal(SIGPIPE, SIG_IGN);

    Session session(
        options, **system, *payload, *memory, *loop,
        {.cpus = cpus, .irqchip = options.irqchip, .command_line = command_line(options), .linux_guest = linux_guest});
    return session.run(signal_fd.get());
}

} // namespace

int run(const RunOptions& options) {
    virt::log::set_level(options.loglevel);
    const auto ended = start(options);
    if (!ended) {
        virt::log::fatal(ended.error().sentence());
        return failure_status;
    }
    if (const auto* failure = std::get_if<outcome::Failure>(&*ended))
        virt::log::fatal(failure->error.sentence());
    return exit_status(*ended);
}

} // namespace vmm
