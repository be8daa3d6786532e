// SPDX-License-Identifier: Apache-2.0
// Nothing allocates in steady state. A program of its own, as it replaces operator new.
#include "tests/virt/event_loop_fixture.hpp"

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

namespace {
std::atomic<std::uint64_t> allocations = 0; // NOLINT(*-avoid-non-const-global-variables): operator new has no object
}

// Not inlined: the compiler would see memory of `malloc` go to `delete`, or of `new` to `free`.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* const memory = std::malloc(size)) // NOLINT(*-no-malloc,*-owning-memory)
        return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
} // NOLINT(*-no-malloc,*-owning-memory)
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
} // NOLINT(*-no-malloc,*-owning-memory)

namespace virt {
namespace {

using namespace std::chrono_literals;

class EventLoopAllocation : public EventLoopTest {
protected:
    static constexpr int warm_up = 100;
    static constexpr int events = 10'000;

    /// At each event: counts from the end of the warm-up on, and stops at the last one.
    void event() {
        if (++seen_ == warm_up)
            before_ = allocations;
        if (seen_ != warm_up + events)
            return;
        used_ = allocations - before_;
        loop_->stop();
    }
    int seen_ = 0;
    std::uint64_t before_ = 0;
    std::uint64_t used_ = ~std::uint64_t{0};
};
ON_BOTH_BACKENDS(EventLoopAllocation);

TEST_P(EventLoopAllocation, OneThread) {
    const auto eventfd = make_eventfd(1), echo = make_eventfd();
    SocketPair pair;
    Timer timer(*loop_, [&] { loop_->signal(eventfd.get()); });
    std::array<char, 1> byte{'x'};
    iovec vector{byte.data(), 1};
    msghdr out{}, in{};
    out.msg_iov = in.msg_iov = &vector;
    out.msg_iovlen = in.msg_iovlen = 1;
    loop_->set_wake_callback([&] { timer.set(0us); });
    ASSERT_TRUE(loop_->consume(eventfd.get(), EventLoop::Pending::deliver, [&](std::uint64_t) {
        event();
        loop_->signal(echo.get());
    }));
    loop_->watch(echo.get(), [&] {
        take(echo);
        loop_->sendmsg(pair.a.get(), out, 0, [&](int) {
            loop_->recvmsg(pair.b.get(), in, 0, [&](int) { loop_->post([&] { loop_->wake(); }); });
        });
    });
    run();
    EXPECT_EQ(used_, 0U);
}

TEST_P(EventLoopAllocation, FromAnotherThread) {
    std::atomic<bool> ended = false;
    std::thread other;
    // Not before the loop runs: until then a call does the loop's turn itself, and the warm-up would be over too early.
    loop_->post([&] {
        other = std::thread([&] {
            while (!ended) {
                loop_->post([&] { event(); });
                loop_->call([] {});
            }
        });
    });
    run();
    ended = true;
    other.join();
    EXPECT_EQ(used_, 0U);
}

TEST_P(EventLoopAllocation, OperationsComeAndGo) {
    const auto eventfd = make_eventfd(1);
    Timer timer(*loop_, [&] {
        const auto operation =
            loop_->consume(eventfd.get(), EventLoop::Pending::leave, [](std::uint64_t) {})->operation;
        loop_->watch(eventfd.get(), [&] {
            loop_->ignore(eventfd.get());
            event();
            timer.set(0us);
        });
        loop_->cancel(operation);
    });
    timer.set(0us);
    run();
    EXPECT_EQ(used_, 0U);
}

} // namespace
} // namespace virt
