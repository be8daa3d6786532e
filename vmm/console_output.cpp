// SPDX-License-Identifier: Apache-2.0
// The writing thread.
#include "vmm/console_output.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <utility>

namespace vmm {
namespace {

constexpr std::size_t capacity = 4096;
constexpr std::chrono::milliseconds gather{4};

// Without SA_RESTART, unlike the kick of a vCPU: it is meant to break a blocked write.
int interrupt_signal() { return SIGRTMIN + 1; }

void install_interrupt_handler() {
    struct sigaction action{};
    action.sa_handler = [](int) {};
    ::sigaction(interrupt_signal(), &action, nullptr);
}

} // namespace

ConsoleOutput::ConsoleOutput(int fd) : fd_(fd) { install_interrupt_handler(); }

ConsoleOutput::~ConsoleOutput() { finish(); }

void ConsoleOutput::set_callbacks(std::function<void()> ready, std::function<void(virt::Error)> failed) {
    ready_ = std::move(ready);
    failed_ = std::move(failed);
}

std::size_t ConsoleOutput::room() {
    const std::scoped_lock lock(mutex_);
    return capacity - buffer_.size();
}

void ConsoleOutput::put(std::uint8_t character) {
    const std::scoped_lock lock(mutex_);
    if (!thread_.joinable()) // many a probe prints nothing
        start_thread();
    if (dropping_.load(std::memory_order_relaxed))
        return;
    buffer_.push_back(character);
    if (idle_ || buffer_.size() == capacity / 2) {
        idle_ = false;
        changed_.notify_one();
    }
}

void ConsoleOutput::start_thread() try {
    buffer_.reserve(capacity);
    thread_ = std::thread([this] { write_loop(); });
} catch (const std::system_error& refused) { // the one way in which std::thread says no
    if (!dropping_.exchange(true) && failed_)
        failed_({refused.code().value(), "start the console's thread"});
}

void ConsoleOutput::write_loop() {
    std::vector<std::uint8_t> batch;
    batch.reserve(capacity);
    std::unique_lock lock(mutex_);
    for (;;) {
        if (buffer_.empty()) {
            idle_ = true;
            changed_.wait(lock, [this] { return ending_ || !buffer_.empty(); });
            idle_ = false;
        }
        if (buffer_.empty() || give_up_.load())
            break;
        batch.clear();
        batch.swap(buffer_);
        lock.unlock();
        write_all(batch);
        if (ready_)
            ready_();
        lock.lock();
        changed_.wait_for(lock, gather, [this] { return ending_ || buffer_.size() >= capacity / 2; });
    }
    done_ = true;
    changed_.notify_all();
}

void ConsoleOutput::write_all(const std::vector<std::uint8_t>& batch) {
    std::size_t done = 0;
    while (done < batch.size() && !dropping_.load() && !give_up_.load()) {
        const auto written = ::write(fd_, batch.data() + done, batch.size() - done);
        if (written >= 0) {
            done += static_cast<std::size_t>(written);
        } else if (errno == EAGAIN) { // somebody made our end non-blocking
            std::this_thread::sleep_for(gather);
        } else if (errno != EINTR) {
            const int code = errno;
            dropping_.store(true);
            if (code != EPIPE && failed_)
                failed_({code, "write the guest's console to stdout"});
        }
    }
}

bool ConsoleOutput::finish(std::optional<std::chrono::milliseconds> limit) {
    if (!thread_.joinable())
        return true;
    bool in_time = true;
    {
        std::unique_lock lock(mutex_);
        ending_ = true;
        changed_.notify_all();
        if (limit)
            in_time = changed_.wait_for(lock, *limit, [this] { return done_; });
        give_up_.store(!in_time);
        while (!in_time && !done_) { // the signal may come just before the write that it should break
            ::pthread_kill(thread_.native_handle(), interrupt_signal());
            changed_.wait_for(lock, std::chrono::milliseconds(1));
        }
    }
    thread_.join();
    return in_time;
}

} // namespace vmm
