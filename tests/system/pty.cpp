// SPDX-License-Identifier: Apache-2.0
// A person at a terminal, as a program: runs a command on a pseudo-terminal and follows a script.
//
//   pty [ACTION]... -- COMMAND [ARG]...
//
//   expect TEXT      waits until the terminal showed TEXT (behind what an earlier expect found)
//   send TEXT        types TEXT; \n, \r, \\ and \xHH are understood
//   send-file PATH   types a file's bytes, Ctrl-A twice, as one has to
//   receive N PATH   writes the next N bytes to PATH
//   signal NUMBER    sends the command a signal
//   pause MS         waits
//   status N         the command must end with exit status N (128 + signal if it was killed)
//
// At the end the terminal's settings must be what they were before the command started. Exits 0 if all went as the
// script says; otherwise prints what did not, and what the terminal showed. One wait may take --limit SECONDS (60).
// `--terminal foreign`: it is not the command's controlling terminal. `--signals blocked`: all of them, at its start.
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

std::string unescape(const std::string& text) {
    std::string plain;
    for (std::size_t n = 0; n < text.size(); ++n) {
        if (text[n] != '\\' || n + 1 == text.size()) {
            plain += text[n];
            continue;
        }
        const char what = text[++n];
        if (what == 'n')
            plain += '\n';
        else if (what == 'r')
            plain += '\r';
        else if (what == 'x' && n + 2 < text.size()) {
            plain += static_cast<char>(std::stoi(text.substr(n + 1, 2), nullptr, 16));
            n += 2;
        } else
            plain += what;
    }
    return plain;
}

class Terminal {
public:
    struct Start {
        int limit = 60; // seconds
        bool controlling = true;
        bool signals_blocked = false;
    };

    Terminal(const std::vector<char*>& command, Start start) : limit_(start.limit) {
        if (::openpty(&ours_, &theirs_, nullptr, nullptr, nullptr) != 0)
            throw std::runtime_error("no pseudo-terminal");
        ::fcntl(ours_, F_SETFL, O_NONBLOCK);
        ::fcntl(ours_, F_SETFD, FD_CLOEXEC);
        before_ = settings();
        child_ = ::fork();
        if (child_ == 0) {
            if (start.controlling) {
                ::login_tty(::dup(theirs_));
            } else {
                ::setsid();
                for (const int fd : {0, 1, 2})
                    ::dup2(theirs_, fd);
            }
            if (start.signals_blocked) {
                sigset_t all;
                ::sigfillset(&all);
                ::sigprocmask(SIG_SETMASK, &all, nullptr);
            }
            ::execvp(command[0], command.data());
            std::_Exit(127);
        }
    }
    ~Terminal() {
        if (!ended_)
            ::kill(child_, SIGKILL);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    void expect(const std::string& text) {
        const auto deadline = Clock::now() + limit_;
        for (;;) {
            const auto found = shown_.find(text, seen_);
            if (found != std::string::npos) {
                seen_ = found + text.size();
                return;
            }
            listen(deadline, "expect " + text);
        }
    }

    void send(const std::string& text) {
        const auto deadline = Clock::now() + limit_;
        std::size_t done = 0;
        while (done < text.size()) {
            const auto written = ::write(ours_, text.data() + done, std::min<std::size_t>(text.size() - done, 512));
            if (written > 0)
                done += static_cast<std::size_t>(written);
            else
                listen(deadline, "send");
        }
    }

    void receive(std::size_t count, const std::string& path) {
        const auto deadline = Clock::now() + limit_;
        while (shown_.size() - seen_ < count)
            listen(deadline, "receive " + std::to_string(count) + ", got " + std::to_string(shown_.size() - seen_));
        std::ofstream(path, std::ios::binary) << shown_.substr(seen_, count);
        seen_ += count;
    }

    void signal(int number) { ::kill(child_, number); }

    void pause(int milliseconds) {
        const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
        while (Clock::now() < end)
            take_for(std::chrono::milliseconds(10));
    }

    void finish(int wanted) {
        const auto deadline = Clock::now() + limit_;
        int status = 0;
        while (::waitpid(child_, &status, WNOHANG) == 0)
            listen(deadline, "end");
        ended_ = true;
        take_for(std::chrono::milliseconds(0));
        const int got = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (got != wanted)
            throw std::runtime_error("exit status " + std::to_string(got) + " instead of " + std::to_string(wanted));
        const auto after = settings();
        if (after.c_iflag != before_.c_iflag || after.c_oflag != before_.c_oflag || after.c_cflag != before_.c_cflag ||
            after.c_lflag != before_.c_lflag || std::memcmp(after.c_cc, before_.c_cc, sizeof after.c_cc) != 0)
            throw std::runtime_error("the terminal was not restored");
    }

    [[nodiscard]] std::string last_words() const {
        return shown_.size() > 2000 ? shown_.substr(shown_.size() - 2000) : shown_;
    }

private:
    [[nodiscard]] termios settings() const {
        termios now{};
        if (::tcgetattr(theirs_, &now) != 0)
            throw std::runtime_error("tcgetattr failed");
        return now;
    }

    void take_for(std::chrono::milliseconds wait) {
        pollfd polled{.fd = ours_, .events = POLLIN, .revents = 0};
        std::array<char, 4096> block{};
        if (::poll(&polled, 1, static_cast<int>(wait.count())) <= 0)
            return;
        for (ssize_t got = 0; (got = ::read(ours_, block.data(), block.size())) > 0;)
            shown_.append(block.data(), static_cast<std::size_t>(got));
    }

    void listen(Clock::time_point deadline, const std::string& purpose) {
        siginfo_t ended{};
        if (purpose != "end" && ::waitid(P_PID, static_cast<id_t>(child_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid == child_)
            throw std::runtime_error("the command ended before: " + purpose);
        if (Clock::now() > deadline)
            throw std::runtime_error("waited in vain: " + purpose);
        take_for(std::chrono::milliseconds(20));
    }

    std::chrono::seconds limit_;
    int ours_ = -1, theirs_ = -1;
    termios before_{};
    pid_t child_ = -1;
    bool ended_ = false;
    std::string shown_;
    std::size_t seen_ = 0;
};

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string typed(const std::string& text) {
    std::string keys;
    for (const char character : text)
        keys += character == '\x01' ? std::string(2, character) : std::string(1, character);
    return keys;
}

class Script {
public:
    explicit Script(std::span<char*> words) : words_(words) {
        while (!words_.empty() && std::string(words_[next_]) != "--") {
            const std::string option = words_[next_];
            if (option == "--limit")
                start_.limit = std::stoi(words_[next_ + 1]);
            start_.controlling &= option != "--terminal";
            start_.signals_blocked |= option == "--signals";
            if (++next_ == words_.size())
                throw std::runtime_error("no -- COMMAND");
        }
        command_.assign(words_.begin() + static_cast<std::ptrdiff_t>(next_) + 1, words_.end());
        command_.push_back(nullptr);
        words_ = words_.first(next_);
        next_ = 0;
    }

    int play() {
        Terminal terminal(command_, start_);
        try {
            while (next_ < words_.size())
                step(terminal, word());
            terminal.finish(status_);
        } catch (const std::exception& problem) {
            std::printf("pty: %s; the terminal showed:\n%s\n", problem.what(), terminal.last_words().c_str());
            return 1;
        }
        return 0;
    }

private:
    std::string word() {
        if (next_ == words_.size())
            throw std::runtime_error("an action lacks its argument");
        return words_[next_++];
    }

    void step(Terminal& terminal, const std::string& action) {
        const auto argument = word();
        if (action == "expect")
            terminal.expect(unescape(argument));
        else if (action == "send")
            terminal.send(unescape(argument));
        else if (action == "send-file")
            terminal.send(typed(content(argument)));
        else if (action == "receive")
            terminal.receive(std::stoul(argument), word());
        else if (action == "signal")
            terminal.signal(std::stoi(argument));
        else if (action == "pause")
            terminal.pause(std::stoi(argument));
        else if (action == "status")
            status_ = std::stoi(argument);
        else if (action != "--limit" && action != "--terminal" && action != "--signals")
            throw std::runtime_error("unknown action " + action);
    }

    std::span<char*> words_;
    std::size_t next_ = 0;
    Terminal::Start start_;
    int status_ = 0;
    std::vector<char*> command_;
};

} // namespace

int main(int argc, char** argv) {
    try {
        return Script(std::span(argv, static_cast<std::size_t>(argc)).subspan(1)).play();
    } catch (const std::exception& problem) {
        std::printf("pty: %s\n", problem.what());
        return 1;
    }
}
