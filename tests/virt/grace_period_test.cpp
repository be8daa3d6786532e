// SPDX-License-Identifier: Apache-2.0
// Nobody uses what was replaced once the writer has waited.
#include "virt/grace_period.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace virt {
namespace {

TEST(GracePeriod, WithoutReadersNothingIsWaitedFor) {
    GracePeriod period;
    {
        const GracePeriod::Reader reader(period);
    }
    period.wait();
    period.wait();
}

TEST(GracePeriod, WaitsForTheReaderThatBeganBefore) {
    GracePeriod period;
    std::atomic<bool> inside = false;
    std::atomic<bool> leave = false;
    std::atomic<bool> left = false;
    std::thread reader([&] {
        const GracePeriod::Reader outer(period);
        const GracePeriod::Reader nested(period);
        inside = true;
        inside.notify_one();
        leave.wait(false);
        left = true;
    });
    inside.wait(false);
    std::thread writer([&] {
        period.wait();
        EXPECT_TRUE(left.load());
    });
    leave = true;
    leave.notify_one();
    writer.join();
    reader.join();
}

TEST(GracePeriod, NoReaderHoldsWhatTheWriterFrees) {
    GracePeriod period;
    std::atomic<const int*> published = new int(0);
    std::atomic<bool> done = false;
    std::atomic<int> reads = 0;
    std::vector<std::thread> readers;
    for (int n = 0; n < 3; ++n)
        readers.emplace_back([&] {
            while (!done.load(std::memory_order_relaxed)) {
                const GracePeriod::Reader reader(period);
                ASSERT_GE(*published.load(), 0); // the sanitizers tell if it is gone
                reads.fetch_add(1, std::memory_order_relaxed);
            }
        });
    std::vector<std::thread> writers;
    for (int n = 0; n < 2; ++n)
        writers.emplace_back([&] {
            for (int value = 1; value < 500 || reads.load(std::memory_order_relaxed) < 500; ++value) {
                const int* old = published.exchange(new int(value));
                period.wait();
                delete old;
            }
        });
    for (auto& writer : writers)
        writer.join();
    done = true;
    for (auto& reader : readers)
        reader.join();
    delete published.load();
}

} // namespace
} // namespace virt
