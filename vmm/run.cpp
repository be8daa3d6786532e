// SPDX-License-Identifier: Apache-2.0
// From options to an exit status.
#include "vmm/run.hpp"

#include "virt/event_loop.hpp"
#include "vmm/backend.hpp"
#include "vmm/console_input.hpp"
#include "vmm/console_output.hpp"
#include "vmm/memory_map.hpp"
#include "vmm/payload.hpp"
#include "vmm/terminal.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <malloc.h>
#include <pthread.h>
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

// A guest that listens to its power key has that long to use it. Pressed again and again: early in its boot a guest
// does not listen yet.
constexpr std::chrono::seconds power_key_grace{10};
constexpr std::chrono::seconds power_key_again{1};
// What a guest printed before it was ended from outside has that long to reach a reader that keeps up.
constexpr std::chrono::milliseconds last_words{500};
constexpr std::array ending_signals{SIGTERM, SIGINT, SIGHUP, SIGQUIT};

unsigned online_cpus() { return static_cast<unsigned>(std::max(::sysconf(_SC_NPROCESSORS_ONLN), 1L)); }

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
    Session(const RunOptions& options, OpenedBackend& backend, const Payload& payload, virt::GuestMemory& memory,
            virt::EventLoop& loop, MachineConfig config)
        : options_(options),
          backend_(backend),
          payload_(payload),
          memory_(memory),
          loop_(loop),
          config_(std::move(config)),
          output_(STDOUT_FILENO),
          input_(loop, stdin_is_ours() ? STDIN_FILENO : -1, terminal_.active(),
                 {.quit = [this] { finish(outcome::Escape{}); }}) {
        output_.set_callbacks([this] { room_in_output(); }, [this](virt::Error error) { fail(std::move(error)); });
        loop_.set_wake_callback([this] { woken(); });
    }

    Outcome run(int signals);

private:
    expected<std::unique_ptr<arm64::Vm>> make_vm();
    expected<void> start_machine();
    void woken();
    void finish(Outcome outcome);
    void take_signal(int signals);
    void press_power_key();
    void room_in_output();
    void fail(virt::Error error);
    void drain();

    const RunOptions& options_;
    OpenedBackend& backend_;
    const Payload& payload_;
    virt::GuestMemory& memory_;
    virt::EventLoop& loop_;
    MachineConfig config_;

    RawTerminal terminal_;
    ConsoleOutput output_;
    ConsoleInput input_;
    std::mutex machine_mutex_; // guards the pointer, for the output thread
    std::unique_ptr<Machine> machine_;
    std::mutex error_mutex_; // guards the next one; innermost
    std::optional<virt::Error> output_error_;
    std::optional<Outcome> outcome_;
    std::optional<outcome::Killed> killed_; // what the guest has not obeyed yet
    std::optional<virt::EventLoop::Clock::time_point> deadline_;
    virt::Timer timeout_{loop_, [this] { finish(outcome::Timeout{}); }};
    virt::Timer power_key_again_{loop_, [this] { press_power_key(); }};
    virt::Timer power_key_grace_{loop_, [this] { finish(*killed_); }};
};

expected<std::unique_ptr<arm64::Vm>> Session::make_vm() {
    const auto bits = Machine::address_bits(*backend_.system, memory_.base() + memory_.size());
    VIRT_TRY(bits);
    auto probe = std::move(backend_.probe);
    if (probe != nullptr && backend_.probe_bits == *bits)
        return probe;
    return backend_.system->create_vm(*bits);
}

expected<void> Session::start_machine() {
    auto vm = make_vm();
    VIRT_TRY(vm);
    auto machine = Machine::create(*std::move(vm), config_, memory_, loop_, output_);
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
    return machine_->start();
}

void Session::room_in_output() {
    const std::scoped_lock lock(machine_mutex_);
    if (machine_)
        machine_->serial().transmitter_ready();
}

void Session::fail(virt::Error error) {
    {
        const std::scoped_lock lock(error_mutex_);
        output_error_ = std::move(error);
    }
    loop_.wake();
}

void Session::woken() {
    {
        const std::scoped_lock lock(error_mutex_);
        if (output_error_)
            finish(outcome::Failure{*output_error_});
    }
    if (outcome_ || !machine_)
        return;
    input_.resume();
    machine_->on_wake();
    const auto ended = machine_->outcome();
    if (!ended)
        return;
    if (!std::holds_alternative<outcome::Reset>(*ended) || !options_.reboot || killed_) {
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
    if (outcome_ || !machine_)
        return;
    const outcome::Killed killed{static_cast<int>(info.ssi_signo)};
    if (killed_) { // asked twice: at once
        finish(killed);
        return;
    }
    killed_ = killed;
    virt::log::info("Pressing the guest's power key; once more ends it at once");
    press_power_key();
    power_key_grace_.set(power_key_grace);
}

void Session::press_power_key() {
    machine_->press_power_key();
    power_key_again_.set(power_key_again);
}

// Gets what the guest printed out.
void Session::drain() {
    const bool ended_from_outside = std::holds_alternative<outcome::Killed>(*outcome_) ||
                                    std::holds_alternative<outcome::Timeout>(*outcome_) ||
                                    std::holds_alternative<outcome::Escape>(*outcome_);
    if (ended_from_outside) {
        output_.finish(last_words);
        return;
    }
    // A guest that ended by itself gets all of it out, however slow the reader: as long as --timeout allows, and from
    // here on a signal ends the process as by default.
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    if (!deadline_)
        output_.finish();
    else if (!output_.finish(std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - virt::EventLoop::Clock::now())))
        outcome_ = outcome::Timeout{};
}

Outcome Session::run(int signals) {
    loop_.watch(signals, [this, signals] { take_signal(signals); });
    if (options_.timeout) {
        deadline_ = virt::EventLoop::Clock::now() + *options_.timeout;
        timeout_.set(*deadline_);
    }
    if (const auto started = start_machine(); !started)
        finish(outcome::Failure{started.error()});
    else if (const auto looped = loop_.run(); !looped)
        finish(outcome::Failure{looped.error()});
    if (machine_)
        machine_->stop();
    drain();
    return *outcome_;
}

// The signals that end a guest in order, without those that this process was told to ignore (nohup).
sigset_t wanted_signals() {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : ending_signals) {
        struct sigaction present{};
        if (::sigaction(signal, nullptr, &present) == 0 && present.sa_handler != SIG_IGN)
            ::sigaddset(&signals, signal);
    }
    return signals;
}

expected<Outcome> start(const RunOptions& options) {
    auto payload = Payload::open(options.kernel, options.initrd);
    VIRT_TRY(payload);
    const bool linux_guest = payload->kind() == arm64::boot::ImageLayout::Kind::linux_image;
    if (!linux_guest)
        virt::log::warning("{} has no arm64 Image header: loading it flat at offset {:#x}", options.kernel,
                           arm64::boot::default_text_offset);
    auto backend = open_backend(options.backend);
    VIRT_TRY(backend);
    const auto& system = *backend->system;

    const unsigned cpus = clamp_cpus(system, options.cpus ? *options.cpus : online_cpus());
    const auto size = options.memory ? *options.memory : default_memory(cpus);
    VIRT_TRY(Machine::address_bits(system, map::ram + size));
    VIRT_TRY(payload->place(map::ram, size));
    auto memory = virt::GuestMemory::allocate(map::ram, size);
    VIRT_TRY(memory);
    auto loop = virt::EventLoop::create();
    VIRT_TRY(loop);

    // Before any thread starts, so that only the loop sees these; and none that our parent had blocked stays blocked,
    // for a kick is a signal too. A SIGTERM before this line kills, as by default.
    const sigset_t signals = wanted_signals();
    ::pthread_sigmask(SIG_SETMASK, &signals, nullptr);
    const virt::Fd signal_fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signal_fd)
        return virt::system_failure("create a signalfd");
    ::signal(SIGPIPE, SIG_IGN);

    virt::log::info("# itsy run -k {} -m {} -c {} --name {}", options.kernel, size >> 20, cpus, options.name);
    Session session(
        options, *backend, *payload, *memory, **loop,
        {.cpus = cpus, .irqchip = options.irqchip, .command_line = command_line(options), .linux_guest = linux_guest});
    return session.run(signal_fd.get());
}

// What a start costs is measured (bench/README.md, row 3).
void thrift() {
    // One heap for all threads: nothing allocates often enough to contend, and each further one costs 128 MiB of
    // address space and four system calls.
    ::mallopt(M_ARENA_MAX, 1);
    // glibc's 8 MiB stacks are backed by a huge page each, cleared at the start of a thread and given back at its end.
    pthread_attr_t attributes;
    if (::pthread_attr_init(&attributes) == 0) {
        constexpr std::size_t stack = 256 * 1024;
        if (::pthread_attr_setstacksize(&attributes, stack) == 0)
            ::pthread_setattr_default_np(&attributes);
        ::pthread_attr_destroy(&attributes);
    }
}

} // namespace

int run(const RunOptions& options) {
    thrift();
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
