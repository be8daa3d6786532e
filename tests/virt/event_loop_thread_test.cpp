// SPDX-License-Identifier: Apache-2.0
// post, call and stop from other threads.
#include "tests/virt/event_loop_fixture.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace virt {
namespace {

using namespace std::chrono_literals;

class EventLoopThreads : public EventLoopTest {};
ON_BOTH_BACKENDS(EventLoopThreads);

TEST_P(EventLoopThreads, PostsOfEachThreadKeepTheirOrder) {
    constexpr int threads = 4, posts = 5000;
    std::array<int, threads> next{};
    int left = threads * posts;
    std::vector<std::thread> posters;
    posters.reserve(threads);
    for (int thread = 0; thread < threads; ++thread)
        posters.emplace_back([&, thread] {
            for (int n = 0; n < posts; ++n)
                loop_->post([&, thread, n] {
                    EXPECT_EQ(next.at(static_cast<std::size_t>(thread))++, n);
                    if (--left == 0)
                        loop_->stop();
                });
        });
    run();
    for (auto& poster : posters)
        poster.join();
    EXPECT_EQ(left, 0);
}

TEST_P(EventLoopThreads, PostsRaceWithStop) {
    for (int round = 0; round < 50; ++round) {
        auto loop = *EventLoop::create(GetParam());
        int ran = 0; // touched by the loop's thread only, and by who owns it after
        std::vector<std::thread> posters;
        posters.reserve(4);
        for (int thread = 0; thread < 4; ++thread)
            posters.emplace_back([&] {
                for (int n = 0; n < 100; ++n)
                    loop->post([&] { ++ran; });
            });
        std::thread stopper([&] { loop->stop(); });
        ASSERT_TRUE(loop->run());
        for (auto& poster : posters)
            poster.join();
        stopper.join();
        loop->call([] {}); // behind the posts
        EXPECT_EQ(ran, 400);
    }
}

TEST_P(EventLoopThreads, APostMayPostAndStop) {
    std::string got;
    loop_->post([&] {
        got += "a";
        loop_->post([&] {
            got += "b";
            loop_->stop();
        });
    });
    run();
    EXPECT_EQ(got, "ab");
}

TEST_P(EventLoopThreads, WakesOfAPostCoalesce) {
    const auto gate = make_eventfd();
    int ran = 0;
    std::uint64_t before = 0;
    std::thread other;
    settle([&] {
        before = loop_->system_calls();
        other = std::thread([&] {
            for (int n = 0; n < 1000; ++n)
                loop_->post([&] { ++ran; });
            loop_->post([&] { loop_->stop(); });
        });
        other.join(); // the loop is busy here, as with any callback
    });
    run();
    EXPECT_EQ(ran, 1000);
    EXPECT_LE(loop_->system_calls() - before, 4U);
}

TEST_P(EventLoopThreads, CallBeforeDuringAndAfterRun) {
    std::thread::id ran_by;
    const auto ask = [&] { return loop_->call([&] { return ran_by = std::this_thread::get_id(); }); };
    EXPECT_EQ(ask(), std::this_thread::get_id());

    std::thread::id loops;
    std::atomic<bool> running = false;
    std::thread loop([&] {
        loops = std::this_thread::get_id();
        loop_->post([&] { running = true; });
        run();
    });
    while (!running)
        std::this_thread::yield();
    EXPECT_EQ(ask(), loops);
    EXPECT_EQ(loop_->call([&] { return loop_->call([] { return 42; }); }), 42); // at once, as it is there already
    loop_->stop();
    EXPECT_TRUE(ask() == loops || ran_by == std::this_thread::get_id());
    loop.join();
    EXPECT_EQ(ask(), std::this_thread::get_id());
}

TEST_P(EventLoopThreads, SetUpAndTearDownByCallRaceWithStartAndStop) {
    for (int round = 0; round < 50; ++round) {
        auto loop = *EventLoop::create(GetParam());
        const auto eventfd = make_eventfd(1);
        std::atomic<int> calls = 0;
        std::vector<std::thread> others;
        others.reserve(3);
        for (int thread = 0; thread < 3; ++thread)
            others.emplace_back([&] {
                for (int n = 0; n < 20; ++n) {
                    EventLoop::Operation operation;
                    Pipe pipe;
                    loop->call([&] {
                        operation = loop->readv(pipe.read.get(), {}, EventLoop::stream, [&](int) { ++calls; });
                    });
                    loop->call([&] { loop->cancel(operation); });
                }
            });
        std::thread runner([&] { EXPECT_TRUE(loop->run()); });
        std::this_thread::sleep_for(std::chrono::microseconds(round * 20));
        loop->stop();
        for (auto& other : others)
            other.join();
        runner.join();
    }
}

TEST_P(EventLoopThreads, CallsFromManyThreads) {
    int count = 0;
    std::atomic<int> threads = 4;
    std::vector<std::thread> callers;
    callers.reserve(4);
    for (int thread = 0; thread < 4; ++thread)
        callers.emplace_back([&] {
            for (int n = 0; n < 500; ++n)
                loop_->call([&] { ++count; });
            if (--threads == 0)
                loop_->stop();
        });
    run();
    for (auto& caller : callers)
        caller.join();
    EXPECT_EQ(count, 2000);
}

// A watch that another thread takes away does not fire from then on.
TEST_P(EventLoopThreads, IgnoredByCallIsNotCalledAgain) {
    const auto eventfd = make_eventfd(1); // always readable
    std::atomic<bool> gone = false;
    int calls = 0;
    loop_->watch(eventfd.get(), [&] {
        EXPECT_FALSE(gone);
        ++calls;
    });
    std::thread other([&] {
        while (loop_->call([&] { return calls; }) == 0)
            std::this_thread::yield();
        loop_->call([&] { loop_->ignore(eventfd.get()); });
        gone = true;
        loop_->post([&] { settle([&] { loop_->stop(); }); });
    });
    run();
    other.join();
}

TEST_P(EventLoopThreads, PostedObjectsAreDestroyedWithTheLoop) {
    const auto token = std::make_shared<int>(0);
    loop_->post([token] {});
    EXPECT_EQ(token.use_count(), 2);
    loop_.reset();
    EXPECT_EQ(token.use_count(), 1);
}

} // namespace
} // namespace virt
