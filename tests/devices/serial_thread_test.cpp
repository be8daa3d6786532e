// SPDX-License-Identifier: Apache-2.0
// 1 MiB each way between host threads and a guest that acts on interrupts only: nothing lost, no wake-up missed.

#include "devices/serial.hpp"

#include "devices/serial_registers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <thread>
#include <tuple>

namespace devices::test {
namespace {

using namespace pc16550d;
using namespace std::chrono_literals;

constexpr std::size_t total = 1U << 20; // characters, each way
constexpr auto patience = 20s;          // a missed wake-up fails the test, it does not hang it

// Something one thread waits for and another signals.
class Flag {
public:
    void set(bool value) {
        {
            const std::lock_guard lock(mutex_);
            value_ = value;
        }
        condition_.notify_all();
    }
    [[nodiscard]] bool wait() {
        std::unique_lock lock(mutex_);
        return condition_.wait_for(lock, patience, [this] { return value_; });
    }
    [[nodiscard]] bool take() { // waits, then clears
        std::unique_lock lock(mutex_);
        const bool seen = condition_.wait_for(lock, patience, [this] { return value_; });
        value_ = false;
        return seen;
    }

private:
    std::mutex mutex_;
    std::condition_variable condition_;
    bool value_ = false;
};

class Line final : public virt::IrqLine {
public:
    void raise() override { level.set(true); }
    void lower() override { level.set(false); }
    Flag level;
};

class Source final : public InputSource {
public:
    void input_wanted() override { wanted.set(true); }
    Flag wanted;
};

class Ring final : public Transmitter {
public:
    std::size_t room() override {
        const std::lock_guard lock(mutex_);
        return ring_.size() - count_;
    }
    void put(std::uint8_t character) override {
        {
            const std::lock_guard lock(mutex_);
            ASSERT_LT(count_, ring_.size());
            ring_[(head_ + count_++) % ring_.size()] = character;
        }
        filled.set(true);
    }
    // Moves at most `characters.size()` out; returns how many.
    [[nodiscard]] std::size_t drain(std::span<std::uint8_t> characters) {
        const std::lock_guard lock(mutex_);
        std::size_t moved = 0;
        for (; moved < characters.size() && count_ != 0; ++moved, --count_) {
            characters[moved] = ring_[head_];
            head_ = (head_ + 1) % ring_.size();
        }
        return moved;
    }
    Flag filled;

private:
    std::mutex mutex_;
    std::array<std::uint8_t, 100> ring_{}; // no multiple of 16: back-pressure comes at every phase
    std::size_t head_ = 0;
    std::size_t count_ = 0;
};

// A sequence that shows a lost, doubled or swapped character, and its digest (FNV-1a).
class Sequence {
public:
    [[nodiscard]] std::uint8_t next() {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::uint8_t>(state_ >> 56);
    }

private:
    std::uint64_t state_ = 1;
};

class Digest {
public:
    void add(std::uint8_t byte) {
        value_ = (value_ ^ byte) * 0x100000001b3U;
        ++count_;
    }
    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] bool operator==(const Digest&) const = default;

private:
    std::uint64_t value_ = 0xcbf29ce484222325U;
    std::size_t count_ = 0;
};

TEST(SerialThreads, OneMebibyteEachWay) {
    Line line;
    Ring ring;
    Source source;
    Serial serial(line, ring);
    serial.set_input_source(source);

    const auto in = [&](std::uint64_t offset) {
        return static_cast<std::uint32_t>(serial.read(offset, virt::Width::b1));
    };
    const auto out = [&](std::uint64_t offset, std::uint32_t value) { serial.write(offset, virt::Width::b1, value); };
    // Before anybody types: a change of FIFO mode clears the receiver.
    out(FCR::offset, FCR::FIFO_enable | 2U << FCR::RCVR_trigger_shift);
    out(MCR::offset, MCR::DTR | MCR::RTS | MCR::OUT2);

    Digest typed, seen_by_guest, printed, seen_by_host;

    std::thread typist([&] {
        Sequence sequence;
        std::array<std::uint8_t, 37> batch{};
        while (typed.count() < total) {
            const std::size_t size = std::min(batch.size(), total - typed.count());
            for (std::uint8_t& byte : std::span(batch).first(size))
                typed.add(byte = sequence.next());
            std::span<const std::uint8_t> rest = std::span(batch).first(size);
            for (;;) {
                rest = rest.subspan(serial.receive(rest));
                if (rest.empty())
                    break;
                if (!source.wanted.take()) {
                    ADD_FAILURE() << "input_wanted() never came";
                    return;
                }
            }
        }
    });

    std::thread printer([&] {
        std::array<std::uint8_t, 64> batch{};
        while (seen_by_host.count() < total) {
            const std::size_t size = ring.drain(batch);
            for (const std::uint8_t byte : std::span(batch).first(size))
                seen_by_host.add(byte);
            if (size != 0)
                serial.transmitter_ready();
            else if (!ring.filled.take()) {
                ADD_FAILURE() << "nothing is printed any more";
                return;
            }
        }
    });

    Sequence sequence;
    out(IER::offset, IER::ERBI | IER::ELSI | IER::ETBEI);
    while (seen_by_guest.count() < total || printed.count() < total) {
        if (!line.level.wait()) {
            ADD_FAILURE() << "an interrupt never came";
            break;
        }
        if ((in(IIR::offset)&IIR::none) != 0)
            continue;
        std::uint32_t status = in(LSR::offset);
        EXPECT_EQ(status & (LSR::OE | LSR::BI), 0U);
        while ((status & LSR::DR) != 0) {
            seen_by_guest.add(static_cast<std::uint8_t>(in(RBR::offset)));
            status = in(LSR::offset);
        }
        if ((status & LSR::THRE) != 0)
            for (std::size_t i = 0; i < Serial::fifo_size && printed.count() < total; ++i) {
                const std::uint8_t byte = sequence.next();
                printed.add(byte);
                out(THR::offset, byte);
            }
        if (printed.count() == total)
            out(IER::offset, IER::ERBI | IER::ELSI);
    }
    typist.join();
    printer.join();
    EXPECT_EQ(seen_by_guest.count(), total);
    EXPECT_TRUE(seen_by_guest == typed);
    EXPECT_TRUE(seen_by_host == printed);
    EXPECT_EQ(typed.count(), total);
    EXPECT_EQ(printed.count(), total);
}

// Polling guest, and hosts that get in each other's way: breaks, needless transmitter_ready(), a reset.
TEST(SerialThreads, EverythingAtOnce) {
    Line line;
    Ring ring;
    Source source;
    Serial serial(line, ring);
    serial.set_input_source(source);
    std::atomic<bool> done = false;

    std::thread host([&] {
        const std::array<std::uint8_t, 20> text{};
        std::array<std::uint8_t, 7> batch{};
        while (!done) {
            std::ignore = serial.receive(text);
            serial.receive_break();
            std::ignore = ring.drain(batch);
            serial.transmitter_ready();
        }
    });
    std::thread resetter([&] {
        while (!done) {
            serial.reset();
            std::this_thread::yield();
        }
    });
    std::uint64_t random = 1;
    for (int i = 0; i < 100'000; ++i) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        const std::uint64_t offset = random >> 60;
        if ((random >> 59 & 1) != 0)
            serial.write(offset, virt::Width::b1, random >> 40 & 0xff);
        else
            EXPECT_LE(serial.read(offset, virt::Width::b1), 0xffU);
    }
    done = true;
    host.join();
    resetter.join();
    serial.reset();
    EXPECT_EQ(serial.read(IIR::offset, virt::Width::b1), IIR::none);
}

} // namespace
} // namespace devices::test
