// SPDX-License-Identifier: Apache-2.0
// termios. Source: POSIX, General Terminal Interface.
#include "vmm/terminal.hpp"

#include "virt/log.hpp"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace vmm {
namespace {

// For the signal handlers, which have no other way to it.
termios before;
volatile std::sig_atomic_t raw = 0;

void restore() {
    if (raw == 0)
        return;
    // A job that was moved to the background may still put its terminal in order.
    sigset_t stopping, mask;
    ::sigemptyset(&stopping);
    ::sigaddset(&stopping, SIGTTOU);
    ::pthread_sigmask(SIG_BLOCK, &stopping, &mask);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
    ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    raw = 0;
}

void restore_and_die(int signal) {
    restore();
    ::raise(signal); // SA_RESETHAND made it deadly again
}

// Those that do not end a process by default, or cannot be caught, or have a meaning here.
constexpr std::array spared{SIGKILL, SIGSTOP, SIGCONT, SIGCHLD, SIGURG, SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE};

void catch_deadly_signals() {
    struct sigaction action{};
    action.sa_handler = restore_and_die;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (int signal = 1; signal <= SIGRTMAX; ++signal) {
        // Of the real-time signals the first belong to libc, the next ones to vCPU kicks and the console.
        const bool ours = signal >= 32 && signal < SIGRTMIN + 2;
        struct sigaction present{};
        if (ours || std::ranges::find(spared, signal) != spared.end() || ::sigaction(signal, nullptr, &present) != 0 ||
            present.sa_handler == SIG_IGN)
            continue;
        ::sigaction(signal, &action, nullptr);
    }
}

} // namespace

bool stdin_is_ours() {
    const pid_t foreground = ::tcgetpgrp(STDIN_FILENO); // fails for what is no terminal, or not our session's
    return foreground < 0 || foreground == ::getpgrp();
}

RawTerminal::RawTerminal() {
    if (::isatty(STDIN_FILENO) == 0 || !stdin_is_ours() || ::tcgetattr(STDIN_FILENO, &before) != 0)
        return;
    catch_deadly_signals();
    termios wanted = before;
    ::cfmakeraw(&wanted);
    raw = 1;
    if (::tcsetattr(STDIN_FILENO, TCSANOW, &wanted) != 0)
        raw = 0;
    active_ = raw != 0;
    virt::log::set_raw_terminal(active_);
}

RawTerminal::~RawTerminal() {
    restore();
    virt::log::set_raw_terminal(false);
}

} // namespace vmm
