// SPDX-License-Identifier: Apache-2.0
// Counts the instructions that a piece of code executes in user space, exactly, on any host and without counters.
#pragma once

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace bench {

inline constexpr int skipped = 77; // as CTest is told

/// Steps through `work()` in a child of this process, which must have one thread. Counts the call itself and what it
/// calls; a system call is one. Ends the program, as skipped, if ptrace(2) is refused: qemu-user has none.
template <class Work>
std::uint64_t instructions(Work work) {
    const ::pid_t child = ::fork();
    if (child == 0) {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0)
            ::_exit(skipped);
        ::raise(SIGSTOP);
        work();
        ::raise(SIGSTOP);
        ::_exit(0);
    }
    const auto stop_signal = [&] {
        int status = 0;
        if (::waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
            const bool refused = WIFEXITED(status) && WEXITSTATUS(status) == skipped;
            std::fputs(refused ? "single_step: ptrace is refused\n" : "single_step: the work ended the process\n",
                       stderr);
            std::exit(refused ? skipped : 125);
        }
        return WSTOPSIG(status);
    };
    stop_signal();
    std::uint64_t steps = 0;
    do {
        if (::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0) {
            std::perror("single_step: ptrace");
            std::exit(125);
        }
        ++steps;
    } while (stop_signal() == SIGTRAP);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    return steps;
}

/// The same for one of `times` equal calls, without what stepping to and from them costs.
template <class Work>
double instructions_per_call(Work work, unsigned times = 16) {
    const auto repeat = [&](unsigned count) {
        return instructions([&] {
            for (unsigned n = 0; n < count; ++n)
                work();
        });
    };
    return static_cast<double>(repeat(2 * times) - repeat(times)) / times;
}

} // namespace bench
