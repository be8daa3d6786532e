// SPDX-License-Identifier: Apache-2.0
// Eventfds: consumed, left pending, signalled; ours and those of others.
#include "tests/virt/event_loop_fixture.hpp"

#include <dirent.h>

#include <fstream>
#include <thread>
#include <vector>

namespace virt {
namespace {

using namespace std::chrono_literals;
using Pending = EventLoop::Pending;

constexpr std::uint64_t full = ~std::uint64_t{1}; // an eventfd's greatest count

class EventLoopEventfd : public EventLoopTest {
protected:
    /// Counts called back, as text.
    auto record() {
        return [this](std::uint64_t count) { got_ += std::to_string(count) + " "; };
    }
    std::string got_;
};
ON_BOTH_BACKENDS(EventLoopEventfd);

// Names of this process's threads.
std::string thread_names() {
    std::string names;
    auto* const tasks = ::opendir("/proc/self/task");
    EXPECT_NE(tasks, nullptr);
    while (const auto* task = ::readdir(tasks)) {
        std::string name;
        std::ifstream file(std::string("/proc/self/task/") + task->d_name + "/comm");
        if (std::getline(file, name))
            names += name + " ";
    }
    ::closedir(tasks);
    return names;
}

TEST_P(EventLoopEventfd, CountsAreConsumedAndCalledBack) {
    const auto eventfd = make_eventfd(3);
    ASSERT_TRUE(loop_->consume(eventfd.get(), Pending::deliver, record()));
    settle([&] {
        add(eventfd, 4);
        add(eventfd, 5);
        settle([&] { loop_->stop(); });
    });
    run();
    EXPECT_EQ(got_, "3 9 ");
    EXPECT_EQ(take(eventfd), 0U);
}

TEST_P(EventLoopEventfd, ASignalWhileAsleepIsConsumed) {
    const auto eventfd = make_eventfd();
    int left = 100;
    const auto echo = make_eventfd();
    ASSERT_TRUE(loop_->consume(eventfd.get(), Pending::deliver, [&](std::uint64_t count) {
        EXPECT_EQ(count, 1U);
        if (--left == 0)
            loop_->stop();
        loop_->signal(echo.get());
    }));
    std::thread other([&] {
        for (int n = 0; n < 100; ++n) {
            add(eventfd);
            while (take(echo) == 0)
                std::this_thread::yield();
        }
    });
    run();
    loop_->flush();
    other.join();
    EXPECT_EQ(left, 0);
}

TEST_P(EventLoopEventfd, ASemaphoreGivesOneAtATime) {
    const auto eventfd = make_eventfd(3, EFD_NONBLOCK | EFD_SEMAPHORE);
    ASSERT_TRUE(loop_->consume(eventfd.get(), Pending::deliver, record()));
    settle([&] { settle([&] { loop_->stop(); }); });
    run();
    EXPECT_EQ(got_, "1 1 1 ");
}

TEST_P(EventLoopEventfd, ASemaphoreGivesOneForEachSignalIfThatIsWanted) {
    const auto eventfd = make_eventfd(5, EFD_NONBLOCK | EFD_SEMAPHORE);
    const auto consumption = loop_->consume(eventfd.get(), Pending::leave, record(), EventLoop::Reads::one_per_signal);
    ASSERT_TRUE(consumption);
    EXPECT_TRUE(consumption->pending);
    settle([&] {
        EXPECT_EQ(got_, "");
        add(eventfd, 10);
        settle([&] {
            EXPECT_EQ(got_, "1 ");
            add(eventfd);
            settle([&] { loop_->stop(); });
        });
    });
    run();
    EXPECT_EQ(got_, "1 1 ");
    loop_->cancel(consumption->operation);
    for (int left = 5 + 10 + 1 - 2; left > 0; --left)
        EXPECT_EQ(take(eventfd), 1U);
    EXPECT_EQ(take(eventfd), 0U);
}

TEST_P(EventLoopEventfd, BlockingOnesBlockNobodyAndTakeNoThread) {
    const auto consumed = make_eventfd(2, 0), signalled = make_eventfd(0, 0), saturated = make_eventfd(full, 0);
    ASSERT_TRUE(loop_->consume(consumed.get(), Pending::deliver, record()));
    std::string threads, worker;
    settle([&] {
        worker = "iou-wrk-" + std::to_string(::gettid()); // as io_uring names those of this thread
        add(consumed, 7);
        loop_->signal(signalled.get());
        loop_->signal(saturated.get());
        settle([&] {
            threads = thread_names();
            loop_->stop();
        });
    });
    std::thread([this] { run(); }).join(); // one that had no worker before
    EXPECT_EQ(got_, "2 7 ");
    EXPECT_EQ(take(signalled), 1U);
    EXPECT_EQ(take(saturated), full);
    EXPECT_EQ(threads.find(worker), std::string::npos) << threads;
}

TEST_P(EventLoopEventfd, WhatIsPendingCanBeLeft) {
    for (const int flags : {int{EFD_NONBLOCK}, 0}) {
        auto loop = *EventLoop::create(GetParam());
        const auto eventfd = make_eventfd(5, flags);
        std::string got;
        const auto consumption = loop->consume(eventfd.get(), Pending::leave, [&](std::uint64_t count) {
            got += std::to_string(count) + " ";
            if (got == "6 1 ")
                loop->stop();
            else
                add(eventfd);
        });
        ASSERT_TRUE(consumption);
        EXPECT_TRUE(consumption->pending);
        int turns = 0;
        Timer later(*loop, [&] {
            if (++turns < 5) {
                later.set(0us);
                return;
            }
            EXPECT_EQ(got, "");
            add(eventfd); // now all of it
        });
        later.set(0us);
        ASSERT_TRUE(loop->run());
        EXPECT_EQ(got, "6 1 ");
    }
}

TEST_P(EventLoopEventfd, LeftWithNothingPending) {
    const auto eventfd = make_eventfd();
    const auto consumption = loop_->consume(eventfd.get(), Pending::leave, record());
    ASSERT_TRUE(consumption);
    EXPECT_FALSE(consumption->pending);
    add(eventfd, 2); // before the loop runs
    settle([&] { settle([&] { loop_->stop(); }); });
    run();
    EXPECT_EQ(got_, "2 ");
}

TEST_P(EventLoopEventfd, LeavingOneLosesNoSignalOfAnother) {
    const auto a = make_eventfd(1), b = make_eventfd(1);
    ASSERT_TRUE(loop_->consume(a.get(), Pending::leave, record())->pending);
    add(a, 2);
    ASSERT_TRUE(loop_->consume(b.get(), Pending::leave, record())->pending);
    settle([&] { settle([&] { loop_->stop(); }); });
    run();
    EXPECT_EQ(got_, "3 ");
    EXPECT_EQ(take(b), 1U);
}

TEST_P(EventLoopEventfd, LeftAndCancelledItKeepsItsCount) {
    const auto eventfd = make_eventfd(5);
    const auto first = loop_->consume(eventfd.get(), Pending::leave, record());
    ASSERT_TRUE(first);
    EXPECT_EQ(loop_->cancel(first->operation), 0U);
    const auto second = loop_->consume(eventfd.get(), Pending::leave, record());
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->pending);
    add(eventfd);
    EXPECT_EQ(loop_->cancel(second->operation), 0U);
    settle([&] { loop_->stop(); });
    run();
    EXPECT_EQ(got_, "");
    EXPECT_EQ(take(eventfd), 6U);
}

// A descriptor that epoll refuses.
TEST_P(EventLoopEventfd, LeavingNeedsAnEventfd) {
    const auto refused = loop_->consume(-1, Pending::leave, record());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, EBADF);
}

// A signal is called back, or it is told to whoever hands the eventfd on, or it is still in it.
TEST_P(EventLoopEventfd, CancelLosesNoSignal) {
    const auto eventfd = make_eventfd();
    std::uint64_t total = 0;
    bool ending = false;
    std::uint64_t added = 0;
    std::thread other([&] {
        for (; added < 20'000; ++added)
            add(eventfd);
        loop_->post([&] { ending = true; });
    });
    EventLoop::Operation operation;
    Timer flip(*loop_, [&] {
        total += loop_->cancel(operation);
        if (ending) {
            loop_->stop();
            return;
        }
        operation =
            loop_->consume(eventfd.get(), Pending::deliver, [&](std::uint64_t count) { total += count; })->operation;
        flip.set(0us);
    });
    flip.set(0us);
    run();
    other.join();
    EXPECT_EQ(total + take(eventfd), 20'000U);
}

TEST_P(EventLoopEventfd, ACallbackMayCancelItsOwnAndTheOther) {
    const auto a = make_eventfd(1), b = make_eventfd(2);
    std::array<EventLoop::Operation, 2> operations;
    std::uint64_t undelivered = 0;
    int calls = 0;
    const auto listen = [&](const Fd& eventfd) {
        return loop_
            ->consume(eventfd.get(), Pending::deliver,
                      [&](std::uint64_t) {
                          ++calls;
                          for (const auto operation : operations)
                              undelivered += loop_->cancel(operation);
                          settle([&] { loop_->stop(); });
                      })
            ->operation;
    };
    operations = {listen(a), listen(b)};
    run();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(undelivered + take(a) + take(b), 2U); // of the 3, the first was called back
}

TEST_P(EventLoopEventfd, StaleNamesAreHarmless) {
    const auto a = make_eventfd(), b = make_eventfd(1);
    const auto old = loop_->consume(a.get(), Pending::deliver, record())->operation;
    EXPECT_EQ(loop_->cancel(old), 0U);
    ASSERT_TRUE(loop_->consume(b.get(), Pending::deliver, record())); // in its place
    EXPECT_EQ(loop_->cancel(old), 0U);
    EXPECT_EQ(loop_->cancel({}), 0U);
    settle([&] { loop_->stop(); });
    run();
    EXPECT_EQ(got_, "1 ");
}

TEST_P(EventLoopEventfd, SignalsArriveAndFullIsSignalled) {
    const auto empty = make_eventfd(), saturated = make_eventfd(full);
    Timer timer(*loop_, [&] {
        for (int n = 0; n < 100; ++n) // more than the queue holds
            loop_->signal(empty.get());
        loop_->signal(saturated.get());
        settle([&] {
            EXPECT_EQ(take(empty), 100U);
            EXPECT_EQ(take(saturated), full); // and no write waits for room
            settle([&] { loop_->stop(); });
        });
    });
    timer.set(0us);
    run();
    EXPECT_EQ(take(saturated), 0U);
}

TEST_P(EventLoopEventfd, FlushSendsAtOnce) {
    Timer timer(*loop_, [&] {
        auto eventfd = make_eventfd();
        const Fd other(::dup(eventfd.get()));
        loop_->signal(eventfd.get());
        loop_->flush();
        eventfd = Fd();
        EXPECT_EQ(take(other), 1U);
        loop_->stop();
    });
    timer.set(0us);
    run();
    const auto eventfd = make_eventfd();
    loop_->signal(eventfd.get());
    loop_->flush();
    EXPECT_EQ(take(eventfd), 1U);
}

TEST_P(EventLoopEventfd, ManyAtOnce) {
    constexpr std::size_t count = 400; // more than both queues hold
    std::vector<Fd> eventfds;
    std::vector<int> seen(count);
    std::size_t left = 3 * count;
    for (std::size_t n = 0; n < count; ++n) {
        eventfds.push_back(make_eventfd(1));
        ASSERT_TRUE(loop_->consume(eventfds.back().get(), Pending::deliver, [&, n](std::uint64_t) {
            if (++seen[n] < 3)
                add(eventfds[n]);
            if (--left == 0)
                loop_->stop();
        }));
    }
    run();
    EXPECT_EQ(seen, std::vector<int>(count, 3));
}

// One system call for one event, and one for 32.
TEST_P(EventLoopEventfd, SystemCallsPerEvent) {
    if (GetParam() != EventLoop::Backend::ring)
        GTEST_SKIP() << "epoll takes one more for each event";
    constexpr int rounds = 10;
    for (const std::size_t count : {1U, 32U}) {
        auto loop = *EventLoop::create(GetParam());
        std::vector<Fd> eventfds(count);
        std::size_t calls = 0;
        std::uint64_t before = 0;
        const auto called = [&](std::uint64_t) {
            if (++calls % count != 0)
                return;
            if (calls == count)
                before = loop->system_calls();
            if (calls == count * (rounds + 1))
                loop->stop();
            for (const auto& eventfd : eventfds)
                add(eventfd);
        };
        for (auto& eventfd : eventfds) {
            eventfd = make_eventfd(1);
            ASSERT_TRUE(loop->consume(eventfd.get(), Pending::deliver, [&](std::uint64_t got) { called(got); }));
        }
        EXPECT_TRUE(loop->run());
        EXPECT_EQ(loop->system_calls() - before, rounds + 1U)
            << count << " at once"; // the last one takes everything back
    }
}

} // namespace
} // namespace virt
