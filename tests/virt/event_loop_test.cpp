// SPDX-License-Identifier: Apache-2.0
// Descriptors, timers and wakes of the event loop.
#include "virt/event_loop.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

namespace virt {
namespace {

using namespace std::chrono_literals;

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        read = Fd(ends[0]);
        write = Fd(ends[1]);
    }
    Fd read, write;
};

TEST(EventLoop, ReadableDescriptorsAreServedUntilIgnored) {
    auto loop = *EventLoop::create();
    Pipe pipe;
    ASSERT_EQ(::write(pipe.write.get(), "ab", 2), 2);
    std::string got;
    loop.watch(pipe.read.get(), [&] {
        char character = 0;
        ASSERT_EQ(::read(pipe.read.get(), &character, 1), 1);
        got += character;
        if (got == "ab") {
            loop.ignore(pipe.read.get());
            loop.after(&got, 1ms, [&] { loop.stop(); });
            ASSERT_EQ(::write(pipe.write.get(), "c", 1), 1); // nobody listens
        }
    });
    ASSERT_TRUE(loop.run());
    EXPECT_EQ(got, "ab");
}

TEST(EventLoop, TimersComeInOrderAndOncePerOwner) {
    auto loop = *EventLoop::create();
    std::string got;
    const int a = 0, b = 0, c = 0;
    loop.after(&b, 20ms, [&] { loop.stop(); });
    loop.after(&a, 1ms, [&] { got += "replaced"; });
    loop.after(&a, 5ms, [&] { got += "a"; });
    loop.after(&c, 1ms, [&] { got += "cancelled"; });
    loop.cancel(&c);
    ASSERT_TRUE(loop.run());
    EXPECT_EQ(got, "a");
}

TEST(EventLoop, WakesFromOtherThreads) {
    auto loop = *EventLoop::create();
    int wakes = 0;
    loop.set_wake_callback([&] {
        if (++wakes == 100)
            loop.stop();
        else
            loop.wake();
    });
    std::thread other([&] { loop.wake(); });
    ASSERT_TRUE(loop.run());
    other.join();
    EXPECT_GE(wakes, 100);
}

TEST(EventLoop, StopBeforeRunCounts) {
    auto loop = *EventLoop::create();
    loop.stop();
    EXPECT_TRUE(loop.run());
}

TEST(EventLoop, HangUpIsAnEvent) {
    auto loop = *EventLoop::create();
    Pipe pipe;
    pipe.write = Fd();
    bool seen = false;
    loop.watch(pipe.read.get(), [&] {
        seen = true;
        loop.ignore(pipe.read.get());
        loop.stop();
    });
    ASSERT_TRUE(loop.run());
    EXPECT_TRUE(seen);
}

} // namespace
} // namespace virt
