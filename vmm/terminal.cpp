// SPDX-License-Identifier: Apache-2.0
// termios. Source: POSIX, General Terminal Interface.
#include "vmm/terminal.hpp"

#include "virt/log.hpp"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace vmm {
namespace {

// For the signal handlers, which have no other way to it.
termios before;
volatile std::sig_atomic_t raw = 0;

void restore() {
    if (raw != 0)
        ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
    raw = 0;
}

void restore_and_die(int signal) {
    restore();
    ::raise(signal); // SA_RESETHAND made it deadly again
}

// Signals that end a process and that nobody else here handles.
constexpr std::array deadly{SIGABRT, SIGALRM, SIGBUS,  SIGFPE,  SIGHUP,  SIGILL,    SIGINT,  SIGQUIT, SIGSEGV,
                            SIGSYS,  SIGTERM, SIGTRAP, SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ};

} // namespace

RawTerminal::RawTerminal() {
    if (::isatty(STDIN_FILENO) == 0 || ::tcgetpgrp(STDIN_FILENO) != ::getpgrp() ||
        ::tcgetattr(STDIN_FILENO, &before) != 0)
        return;
    struct sigaction action{};
    action.sa_handler = restore_and_die;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (const int signal : deadly)
        ::sigaction(signal, &action, nullptr);
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
