// SPDX-License-Identifier: Apache-2.0
// Mutual exclusion, and no sleeper forgotten.
#include "virt/mutex.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

namespace virt {
namespace {

TEST(Mutex, CountsWithoutLosingOne) {
    constexpr int threads = 4, turns = 20'000;
    Mutex mutex;
    int count = 0; // guarded by mutex; ThreadSanitizer agrees
    std::vector<std::thread> workers;
    for (int n = 0; n < threads; ++n)
        workers.emplace_back([&] {
            for (int turn = 0; turn < turns; ++turn) {
                const std::scoped_lock lock(mutex);
                const int seen = count;
                if (turn % 64 == 0)
                    std::this_thread::yield(); // makes the others sleep
                count = seen + 1;
            }
        });
    for (auto& worker : workers)
        worker.join();
    EXPECT_EQ(count, threads * turns);
}

} // namespace
} // namespace virt
