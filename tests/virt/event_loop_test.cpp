// SPDX-License-Identifier: Apache-2.0
// Readiness, timers, wakes, stop, and who may cancel whom when.
#include "tests/virt/event_loop_fixture.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <thread>
#include <vector>

namespace virt {
namespace {

using namespace std::chrono_literals;

class EventLoopBasics : public EventLoopTest {};
ON_BOTH_BACKENDS(EventLoopBasics);

TEST_P(EventLoopBasics, ReadableDescriptorsAreServedUntilIgnored) {
    Pipe pipe;
    ASSERT_EQ(::write(pipe.write.get(), "ab", 2), 2);
    std::string got;
    loop_->watch(pipe.read.get(), [&] {
        char character = 0;
        ASSERT_EQ(::read(pipe.read.get(), &character, 1), 1);
        got += character;
        if (got != "ab")
            return;
        loop_->ignore(pipe.read.get());
        ASSERT_EQ(::write(pipe.write.get(), "c", 1), 1); // nobody listens
        settle([&] { loop_->stop(); });
    });
    run();
    EXPECT_EQ(got, "ab");
}

TEST_P(EventLoopBasics, AWatchCanBeSetAgain) {
    Pipe pipe;
    std::string got;
    const auto listen = [&](char name) {
        return [&, name] {
            char character = 0;
            ASSERT_EQ(::read(pipe.read.get(), &character, 1), 1);
            got += name;
            got += character;
            if (character == 'y')
                loop_->stop();
        };
    };
    loop_->watch(pipe.read.get(), listen('1'));
    settle([&] { // it is the kernel's by now
        loop_->ignore(pipe.read.get());
        loop_->watch(pipe.read.get(), listen('2'));
        ASSERT_EQ(::write(pipe.write.get(), "xy", 2), 2);
    });
    run();
    EXPECT_EQ(got, "2x2y");
}

TEST_P(EventLoopBasics, HangUpIsAnEvent) {
    Pipe pipe;
    bool seen = false;
    loop_->watch(pipe.read.get(), [&] {
        seen = true;
        loop_->ignore(pipe.read.get());
        loop_->stop();
    });
    settle([&] { pipe.write = Fd(); });
    run();
    EXPECT_TRUE(seen);
}

TEST_P(EventLoopBasics, AClosedPeerIsAnEvent) {
    SocketPair pair;
    bool seen = false;
    loop_->watch(pair.a.get(), [&] {
        char byte = 0;
        EXPECT_EQ(::read(pair.a.get(), &byte, 1), 0);
        seen = true;
        loop_->stop();
    });
    settle([&] { pair.b = Fd(); });
    run();
    EXPECT_TRUE(seen);
}

// As stdin may be.
TEST_P(EventLoopBasics, FilesAreAlwaysReadable) {
    for (const auto* path : {"/dev/null", "/proc/self/exe"}) {
        auto loop = *EventLoop::create(GetParam());
        const Fd file(::open(path, O_RDONLY | O_CLOEXEC));
        ASSERT_TRUE(file);
        int times = 0;
        loop->watch(file.get(), [&] {
            if (++times == 3) {
                loop->ignore(file.get());
                loop->stop();
            }
        });
        ASSERT_TRUE(loop->run());
        EXPECT_EQ(times, 3) << path;
    }
}

TEST_P(EventLoopBasics, ABrokenDescriptorIsForTheReaderToFind) {
    constexpr int closed = 5000;
    bool seen = false;
    loop_->watch(closed, [&] {
        seen = true;
        loop_->ignore(closed);
        loop_->stop();
    });
    run();
    EXPECT_TRUE(seen);
}

TEST_P(EventLoopBasics, AThousandWatchesAreMoreThanTheQueueHolds) {
    std::vector<Fd> eventfds;
    int seen = 0;
    for (int n = 0; n < 1000; ++n) {
        const int fd = eventfds.emplace_back(make_eventfd(1)).get();
        loop_->watch(fd, [&, fd] {
            loop_->ignore(fd);
            if (++seen == 1000)
                loop_->stop();
        });
    }
    run();
    EXPECT_EQ(seen, 1000);
}

TEST_P(EventLoopBasics, TimersComeInOrderAndOncePerSetting) {
    std::string got;
    Timer a(*loop_, [&] { got += "a"; });
    Timer b(*loop_, [&] { loop_->stop(); });
    Timer c(*loop_, [&] { got += "cancelled"; });
    b.set(20ms);
    a.set(1ms);
    a.set(5ms);
    c.set(1ms);
    EXPECT_TRUE(c.is_set());
    c.cancel();
    EXPECT_FALSE(c.is_set());
    run();
    EXPECT_EQ(got, "a");
}

TEST_P(EventLoopBasics, AThousandTimers) {
    const auto start = EventLoop::Clock::now();
    std::vector<unsigned> got;
    std::vector<std::unique_ptr<Timer>> timers;
    std::vector<EventLoop::Clock::time_point> due;
    for (unsigned n = 0; n < 1000; ++n) {
        due.push_back(start + std::chrono::microseconds(n * 7919 % 1000 / 2)); // each time twice
        timers.push_back(std::make_unique<Timer>(*loop_, [&got, n] { got.push_back(n); }));
    }
    for (unsigned n = 0; n < 1000; ++n) // in other places first
        timers[n]->set(start + std::chrono::microseconds(n * 31 % 97));
    for (unsigned n = 0; n < 1000; ++n)
        timers[n]->set(due[n]);
    for (unsigned n = 0; n < 1000; n += 10)
        timers[n]->cancel();
    Timer end(*loop_, [&] { loop_->stop(); });
    end.set(start + 2ms);
    run();
    ASSERT_EQ(got.size(), 900U);
    for (std::size_t n = 1; n < got.size(); ++n) {
        const auto before = got[n - 1], after = got[n];
        EXPECT_TRUE(due[before] < due[after] || (due[before] == due[after] && before < after)) << before << after;
    }
}

TEST_P(EventLoopBasics, ATimerMaySetItselfAndOthersAndDestroyItself) {
    int ticks = 0;
    std::unique_ptr<Timer> other;
    Timer tick(*loop_, [&] {
        if (++ticks < 100)
            tick.set(0us);
        else
            other->set(0us);
    });
    other = std::make_unique<Timer>(*loop_, [&] {
        other.reset();
        loop_->stop();
    });
    tick.set(0us);
    run();
    EXPECT_EQ(ticks, 100);
    EXPECT_EQ(other, nullptr);
}

TEST_P(EventLoopBasics, TimersDoNotStarveDescriptors) {
    Pipe pipe;
    Timer forever(*loop_, [&] { forever.set(0us); });
    forever.set(0us);
    loop_->watch(pipe.read.get(), [&] { loop_->stop(); });
    settle([&] { ASSERT_EQ(::write(pipe.write.get(), "x", 1), 1); });
    run();
}

TEST_P(EventLoopBasics, ATimeoutIsFinerThanAMillisecond) {
    int ticks = 0;
    const auto start = EventLoop::Clock::now();
    Timer tick(*loop_, [&] {
        if (++ticks == 10)
            loop_->stop();
        else
            tick.set(100us);
    });
    tick.set(100us);
    run();
    EXPECT_GE(EventLoop::Clock::now() - start, 1ms); // never early
}

TEST_P(EventLoopBasics, WakesFromOtherThreads) {
    int wakes = 0;
    loop_->set_wake_callback([&] {
        if (++wakes == 100)
            loop_->stop();
        else
            loop_->wake();
    });
    std::thread other([&] { loop_->wake(); });
    run();
    other.join();
    EXPECT_GE(wakes, 100);
}

TEST_P(EventLoopBasics, StopBeforeRunCounts) {
    loop_->stop();
    EXPECT_TRUE(loop_->run());
    EXPECT_TRUE(loop_->run());
}

TEST_P(EventLoopBasics, NothingIsCalledAfterStop) {
    const auto a = make_eventfd(1), b = make_eventfd(1);
    int calls = 0;
    for (const auto* eventfd : {&a, &b})
        loop_->watch(eventfd->get(), [&] {
            ++calls;
            loop_->stop();
        });
    Timer timer(*loop_, [&] { ++calls; });
    timer.set(0us);
    run();
    EXPECT_EQ(calls, 1);
}

// Both are ready when the loop looks; the first to be called cancels the other.
TEST_P(EventLoopBasics, WhatIsHarvestedCanStillBeCancelled) {
    for (int round = 0; round < 2; ++round) {
        auto loop = *EventLoop::create(GetParam());
        const auto a = make_eventfd(1), b = make_eventfd(1);
        Timer end(*loop, [&] { loop->stop(); });
        int calls = 0;
        const auto listen = [&](const Fd& mine, const Fd& other) {
            loop->watch(mine.get(), [&] {
                ++calls;
                loop->ignore(other.get());
                EXPECT_EQ(take(mine), 1U);
                end.set(1ms);
            });
        };
        listen(a, b);
        listen(b, a);
        ASSERT_TRUE(loop->run());
        EXPECT_EQ(calls, 1);
        EXPECT_EQ(take(a) + take(b), 1U);
    }
}

// A device that is unplugged by its own event.
struct Device {
    Device(EventLoop& loop, const Fd& eventfd, std::unique_ptr<Device>& owner)
        : loop_(loop), eventfd_(eventfd), timer_(loop, [] { ADD_FAILURE() << "the timer of a destroyed object"; }) {
        timer_.set(0us);
        loop.watch(eventfd.get(), [&owner] { owner.reset(); });
    }
    ~Device() { loop_.ignore(eventfd_.get()); }
    EventLoop& loop_;
    const Fd& eventfd_;
    Timer timer_;
};

TEST_P(EventLoopBasics, ACallbackMayDestroyItsOwner) {
    const auto eventfd = make_eventfd(1);
    std::unique_ptr<Device> device;
    device = std::make_unique<Device>(*loop_, eventfd, device);
    device->timer_.set(1h);
    settle([&] { loop_->stop(); });
    run();
    EXPECT_EQ(device, nullptr);
}

TEST_P(EventLoopBasics, CancelledInFlightTheKernelLetsGo) {
    Pipe pipe;
    loop_->watch(pipe.read.get(), [] { ADD_FAILURE(); });
    settle([&] {
        loop_->ignore(pipe.read.get());
        pipe.read = Fd();
        // The writing end sees that the last reader is gone.
        pollfd polled{.fd = pipe.write.get(), .events = POLLOUT, .revents = 0};
        EXPECT_EQ(::poll(&polled, 1, 0), 1);
        EXPECT_NE(polled.revents & POLLERR, 0);
        loop_->stop();
    });
    run();
}

TEST(EventLoop, TheBestIsIoUringWhereThereIsOne) {
    const auto ring = EventLoop::create(EventLoop::Backend::ring);
    const auto best = *EventLoop::create();
    EXPECT_STREQ(best->backend_name(), ring ? "io_uring" : "epoll");
}

// As in a container whose filter has no io_uring.
TEST(EventLoopDeathTest, ARefusedRingIsSaidAndReplaced) {
    const auto without_ring = [] {
        std::array filter{
            sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
            sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
            sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
            sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const sock_fprog program{filter.size(), filter.data()};
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        // qemu-user takes no filter, and has no io_uring either.
        [[maybe_unused]] const int filtered = ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
        if (EventLoop::create(EventLoop::Backend::ring))
            ::_exit(1);
        auto loop = *EventLoop::create();
        loop->post([&] { loop->stop(); });
        ::_exit(loop->run() && std::string(loop->backend_name()) == "epoll" ? 0 : 2);
    };
    EXPECT_EXIT(without_ring(), testing::ExitedWithCode(0),
                "Info: Unable to set up an io_uring: .* Using epoll instead");
}

} // namespace
} // namespace virt
