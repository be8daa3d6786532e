// SPDX-License-Identifier: Apache-2.0
// Every test of the event loop runs on both backends.
#pragma once

#include "virt/event_loop.hpp"
#include "virt/fd.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace virt {

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        read = Fd(ends[0]);
        write = Fd(ends[1]);
    }
    Fd read, write;
};

struct SocketPair {
    explicit SocketPair(int type = SOCK_STREAM) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, type, 0, ends.data()), 0);
        a = Fd(ends[0]);
        b = Fd(ends[1]);
    }
    Fd a, b;
};

inline Fd make_eventfd(std::uint64_t count = 0, int flags = EFD_NONBLOCK) {
    Fd made(::eventfd(0, flags));
    EXPECT_TRUE(made);
    if (count != 0) {
        EXPECT_EQ(::write(made.get(), &count, sizeof count), 8);
    }
    return made;
}

inline void add(const Fd& eventfd, std::uint64_t count = 1) {
    EXPECT_EQ(::write(eventfd.get(), &count, sizeof count), 8);
}

/// What an eventfd holds, taken; 0 if nothing.
inline std::uint64_t take(const Fd& eventfd) {
    std::uint64_t count = 0;
    return ::read(eventfd.get(), &count, sizeof count) == 8 ? count : 0;
}

class EventLoopTest : public testing::TestWithParam<EventLoop::Backend> {
protected:
    void SetUp() override {
        auto made = EventLoop::create(GetParam());
        if (!made && GetParam() == EventLoop::Backend::ring)
            GTEST_SKIP() << made.error().sentence();
        ASSERT_TRUE(made) << made.error().sentence();
        loop_ = *std::move(made);
    }

    /// Runs the loop until `stop`; a guard against hanging, which no test relies upon.
    void run() {
        Timer guard(*loop_, [this] {
            ADD_FAILURE() << "the loop hangs";
            loop_->stop();
        });
        guard.set(std::chrono::seconds(60));
        const auto ran = loop_->run();
        ASSERT_TRUE(ran) << ran.error().sentence();
    }

    /// Lets the loop turn until nothing but what is told to it later can happen, then calls `then`.
    void settle(InlineFunction<void()> then) {
        then_ = std::move(then);
        turns_ = 4;
        settle_.set(EventLoop::Clock::duration::zero());
    }

    std::unique_ptr<EventLoop> loop_;

private:
    void settled() {
        if (--turns_ > 0) {
            settle_.set(EventLoop::Clock::duration::zero());
        } else {
            auto then = std::move(then_); // it may settle again
            then();
        }
    }

    struct Late { // a timer of a loop that is made by SetUp
        std::unique_ptr<Timer> timer;
        EventLoopTest& test;
        void set(EventLoop::Clock::duration delay) {
            if (!timer)
                timer = std::make_unique<Timer>(*test.loop_, [this] { test.settled(); });
            timer->set(delay);
        }
    };
    Late settle_{nullptr, *this};
    InlineFunction<void()> then_;
    int turns_ = 0;
};

inline std::string backend_of(const testing::TestParamInfo<EventLoop::Backend>& info) {
    return info.param == EventLoop::Backend::ring ? "ring" : "epoll";
}

// NOLINTNEXTLINE(*-macro-usage): the suite's name is a token
#define ON_BOTH_BACKENDS(suite)                                                                                        \
    INSTANTIATE_TEST_SUITE_P(Both, suite, testing::Values(EventLoop::Backend::ring, EventLoop::Backend::epoll),        \
                             backend_of)

} // namespace virt
