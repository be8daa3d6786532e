// SPDX-License-Identifier: Apache-2.0
// System calls per event of the event loop: on io_uring, on epoll, and of an epoll_wait + read loop beside them.
//
// The loop runs in a traced child. Each time it is about to wait, the tracer signals 1 or 32 of its eventfds, so that
// exactly these are pending; what the child enters the kernel for is counted from outside.
#include "virt/event_loop.hpp"
#include "virt/fd.hpp"

#include <fmt/core.h>
#include <signal.h>       // NOLINT(modernize-deprecated-headers): kill
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

namespace {

enum class Subject { control, epoll, ring };

constexpr int warm_up = 16;
constexpr int turns = 1000;
constexpr int skipped = 77; // as CTest is told

using Eventfds = std::vector<virt::Fd>;

[[noreturn]] void fail(std::string_view what) {
    fmt::print(stderr, "event_loop: {}\n", what);
    std::_Exit(125);
}

Eventfds make_eventfds(std::size_t count) {
    Eventfds made;
    for (std::size_t n = 0; n < count; ++n)
        if (!made.emplace_back(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)))
            fail("no eventfd");
    return made;
}

void run_control(const Eventfds& eventfds) {
    const virt::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    for (const auto& eventfd : eventfds) {
        epoll_event event{.events = EPOLLIN, .data = {.fd = eventfd.get()}};
        ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, eventfd.get(), &event);
    }
    for (;;) {
        std::array<epoll_event, 64> events{};
        const int count = ::epoll_wait(epoll.get(), events.data(), events.size(), -1);
        for (int n = 0; n < count; ++n) {
            std::uint64_t value = 0;
            if (::read(events.at(static_cast<std::size_t>(n)).data.fd, &value, sizeof value) != sizeof value)
                fail("no count");
        }
    }
}

void run_loop(virt::EventLoop& loop, const Eventfds& eventfds, std::atomic<std::uint64_t>& own_count) {
    for (const auto& eventfd : eventfds)
        if (!loop.consume(eventfd.get(), virt::EventLoop::Pending::deliver,
                          [&](std::uint64_t) { own_count.store(loop.system_calls()); }))
            fail("an eventfd was refused");
    if (const auto ran = loop.run(); !ran)
        fail(ran.error().sentence());
}

// The child is about to wait, and has nothing left to do.
bool is_wait(const __ptrace_syscall_info& info) {
    switch (info.entry.nr) {
    case SYS_io_uring_enter: return info.entry.args[2] != 0; // min_complete
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait: return true;
    default: return false;
    }
}

struct Count {
    double per_event;
    std::uint64_t calls;
    std::uint64_t own; // by the loop itself; 0: it has no counter
};

Count trace(pid_t child, const Eventfds& eventfds, const std::atomic<std::uint64_t>& own_count) {
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        fail("the child does not start");
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    int turn = 0;
    std::uint64_t calls = 0, own_before = 0;
    for (;;) {
        if (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0 || ::waitpid(child, &status, 0) != child ||
            !WIFSTOPPED(status))
            fail("the child has ended");
        if (WSTOPSIG(status) != (SIGTRAP | 0x80))
            continue;
        __ptrace_syscall_info info{};
        if (::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) <= 0)
            fail("PTRACE_GET_SYSCALL_INFO is refused: it needs Linux 5.3");
        if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
            continue;
        if (is_wait(info)) {
            if (++turn == warm_up) {
                calls = 0;
                own_before = own_count.load();
            }
            if (turn == warm_up + turns) {
                ++calls;
                break;
            }
            const std::uint64_t one = 1;
            for (const auto& eventfd : eventfds)
                if (::write(eventfd.get(), &one, sizeof one) != sizeof one)
                    fail("an eventfd is full");
        }
        calls += turn >= warm_up ? 1 : 0;
    }
    --calls; // the first wait and the last one are of one turn
    const auto own = own_count.load() - own_before;
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return {static_cast<double>(calls) / static_cast<double>(turns * eventfds.size()), calls, own};
}

/// Nothing: io_uring is refused here.
std::optional<Count> measure(Subject subject, std::size_t pending) {
    using Backend = virt::EventLoop::Backend;
    const auto eventfds = make_eventfds(pending);
    void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        fail("no memory");
    auto& own_count = *new (page) std::atomic<std::uint64_t>(0);
    // Made here, to be asked whether it can be; a child cannot use its parent's ring, though.
    if (subject == Subject::ring) {
        if (const auto tried = virt::EventLoop::create(Backend::ring); !tried) {
            fmt::print("{}\n", tried.error().sentence());
            return std::nullopt;
        }
    }
    const auto child = ::fork();
    if (child < 0)
        fail("no process");
    if (child == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        if (subject == Subject::control)
            run_control(eventfds);
        auto loop = virt::EventLoop::create(subject == Subject::ring ? Backend::ring : Backend::epoll);
        if (!loop)
            fail(loop.error().sentence());
        run_loop(**loop, eventfds, own_count);
        std::_Exit(1);
    }
    const auto count = trace(child, eventfds, own_count);
    ::munmap(page, 4096);
    return count;
}

struct Row {
    Subject subject;
    const char* name;
    std::array<double, 2> most; // GOALS; of the fallback: what its calls must cost
};

constexpr std::array pendings{std::size_t{1}, std::size_t{32}};
constexpr std::array rows{Row{Subject::control, "epoll_wait + read", {2.0, 33.0 / 32}},
                          Row{Subject::epoll, "event loop, epoll", {2.0, 33.0 / 32}},
                          Row{Subject::ring, "event loop, io_uring", {1.0, 0.1}}};

} // namespace

int main(int count, char** words) {
    const bool gate = count == 2 && std::string_view(words[1]) == "--gate"; // NOLINT(*-pointer-arithmetic): main
    if (count > 1 && !gate) {
        fmt::print(stderr,
                   "usage: event_loop [--gate]\nSystem calls per event; --gate: exit with 1 if above a limit\n");
        return 2;
    }
    fmt::print("{:24}{:>10}{:>14}{:>8}\n", "system calls per event", "pending", "counted", "limit");
    bool good = true, all = true;
    for (const auto& row : rows) {
        for (std::size_t n = 0; n < pendings.size(); ++n) {
            const auto measured = measure(row.subject, pendings.at(n));
            if (!measured) {
                all = false;
                break;
            }
            const bool within = measured->per_event <= row.most.at(n);
            const bool honest = row.subject == Subject::control || measured->own == measured->calls;
            fmt::print("{:24}{:>10}{:>14.5f}{:>8.3f}{}", row.name, pendings.at(n), measured->per_event, row.most.at(n),
                       within ? "\n" : "  above\n");
            if (!honest)
                fmt::print("{:24}it counts {} itself, and makes {}\n", "", measured->own, measured->calls);
            good = good && within && honest;
        }
    }
    if (!good && gate)
        return 1;
    return all || !gate ? 0 : skipped;
}
