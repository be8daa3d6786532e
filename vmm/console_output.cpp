// SPDX-License-Identifier: Apache-2.0
// The writing thread.
#include "vmm/console_output.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
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

ConsoleOutput::ConsoleOutput(int fd) : fd_(fd) {
    install_interrupt_handler();
    buffer_.reserve(capacity);
    thread_ = std::thread([this] { write_loop(); });
}

ConsoleOutput::~ConsoleOutput() { finish(); }

void ConsoleOutput::set_ready_callback(std::function<void()> ready) {
    const std::scoped_lock lock(mutex_);
    ready_ = std::move(ready);
}

std::size_t ConsoleOutput::room() {
    const std::scoped_lock lock(mutex_);
    return capacity - buffer_.size();
}

void ConsoleOutput::put(std::uint8_t character) {
    const std::scoped_lock lock(mutex_);
    buffer_.push_back(character);
    if (idle_ || buffer_.size() == capacity / 2) {
        idle_ = false;
        changed_.notify_one();
    }
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
        const auto ready = ready_;
        lock.unlock();
        write_all(batch);
        if (ready)
            ready();
        lock.lock();
        changed_.wait_for(lock, gather, [this] { return ending_ || buffer_.size() >= capacity / 2; });
    }
    done_.store(true);
}

void ConsoleOutput::write_all(const std::vector<std::uint8_t>& batch) {
    std::size_t done = 0;
    while (done < batch.size() && !reader_gone_ && !give_up_.load()) {
        const auto written = ::write(fd_, batch.data() + done, batch.size() - done);
        if (written >= 0)
            done += static_cast<std::size_t>(written);
        else if (errno == EAGAIN) // somebody made our end non-blocking
            std::this_thread::sleep_for(gather);
        else if (errno != EINTR)
            reader_gone_ = true;
    }
}

void ConsoleOutput::end(bool give_up) {
    if (!thread_.joinable())
        return;
    {
        const std::scoped_lock lock(mutex_);
        ending_ = true;
        give_up_.store(give_up);
    }
    changed_.notify_one();
    while (give_up && !done_.load()) { // the signal may come just before the write that it should break
        ::pthread_kill(thread_.native_handle(), interrupt_signal());
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    thread_.join();
}

void ConsoleOutput::finish() { end(false); }
void ConsoleOutput::abandon() { end(true); }

} // namespace vmm
