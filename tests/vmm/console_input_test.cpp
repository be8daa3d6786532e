// SPDX-License-Identifier: Apache-2.0
// The console's way in: paced, lossless, with commands behind Ctrl-A.
#include "vmm/console_input.hpp"

#include "virt/fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

namespace vmm {
namespace {

using namespace std::chrono_literals;

class NoLine final : public virt::IrqLine {
public:
    void raise() override {}
    void lower() override {}
};

class NoTransmitter final : public devices::Transmitter {
public:
    std::size_t room() override { return 16; }
    void put(std::uint8_t) override {}
};

class Typing : public testing::Test {
protected:
    Typing() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        read_ = virt::Fd(ends[0]);
        write_ = virt::Fd(ends[1]);
        serial_.write(2, virt::Width::b1, 0x01); // FCR: FIFO on
    }

    void type(const std::string& text) {
        ASSERT_EQ(::write(write_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }

    /// What a guest reads that polls the UART now and then, until `enough` characters came or nothing comes any more.
    std::string read_as_guest(bool terminal, std::size_t enough) {
        ConsoleInput input(loop_, read_.get(), terminal, {.quit = [this] { quits_ = true; }});
        loop_.set_wake_callback([&] { input.resume(); });
        std::string got;
        virt::Timer poll(loop_, [&] {
            while ((serial_.read(5, virt::Width::b1) & 1) != 0)
                got += static_cast<char>(serial_.read(0, virt::Width::b1));
            quiet_ = got.size() == seen_ ? quiet_ + 1 : 0;
            seen_ = got.size();
            if (got.size() >= enough || quiet_ > 200)
                loop_.stop();
            else
                poll.set(100us);
        });
        input.connect(&serial_);
        poll.set(0us);
        EXPECT_TRUE(loop_.run());
        return got;
    }

    std::unique_ptr<virt::EventLoop> made_ = *virt::EventLoop::create();
    virt::EventLoop& loop_ = *made_;
    virt::Fd read_, write_;
    NoLine line_;
    NoTransmitter transmitter_;
    devices::Serial serial_{line_, transmitter_};
    bool quits_ = false;
    std::size_t seen_ = 0;
    int quiet_ = 0;
};

TEST_F(Typing, NothingIsLostBehindAFullFifo) {
    std::string text;
    for (int n = 0; text.size() < 20'000; ++n)
        text += std::to_string(n);
    std::thread typist([&] { type(text); });
    const auto got = read_as_guest(false, text.size());
    typist.join();
    EXPECT_TRUE(got == text);
}

TEST_F(Typing, NothingPastedIsLostEither) {
    const std::string text(80'000, 'x'); // more than is read ahead
    std::thread typist([&] { type(text); });
    const auto got = read_as_guest(true, text.size());
    typist.join();
    EXPECT_EQ(got.size(), text.size());
}

TEST_F(Typing, CtrlAIsOrdinaryWithoutATerminal) {
    type("a\x01x");
    EXPECT_EQ(read_as_guest(false, 3), "a\x01x");
    EXPECT_FALSE(quits_);
}

TEST_F(Typing, CtrlACommands) {
    type("a\x01\x01"
         "b\x01"
         "c\x01xd");
    EXPECT_EQ(read_as_guest(true, 100), "a\x01"
                                        "bcd");
    EXPECT_TRUE(quits_);
}

TEST_F(Typing, CtrlABSendsABreak) {
    type("\x01"
         "b");
    const auto got = read_as_guest(true, 1);
    EXPECT_EQ(got, std::string(1, '\0'));
}

TEST_F(Typing, EndOfFileDoesNotSpin) {
    type("bye");
    write_ = virt::Fd();
    // A pipe that hung up stays readable for ever, so it must not be watched: what comes later stays in it.
    virt::Timer reopen(loop_, [this] {
        write_ = virt::Fd(::open(("/proc/self/fd/" + std::to_string(read_.get())).c_str(), O_WRONLY));
        type("more");
    });
    reopen.set(10ms);
    EXPECT_EQ(read_as_guest(false, 100), "bye");
    int waiting = 0;
    ASSERT_EQ(::ioctl(read_.get(), FIONREAD, &waiting), 0);
    EXPECT_EQ(waiting, 4);
}

} // namespace
} // namespace vmm
