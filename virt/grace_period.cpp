// SPDX-License-Identifier: Apache-2.0
// Two phases: new readers count in one while the writer waits for the other to empty.
#include "virt/grace_period.hpp"

#include <thread>

namespace virt {

GracePeriod::Shard& GracePeriod::mine() {
    static std::atomic<std::size_t> threads = 0;
    thread_local const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
    return shards_[number % shards];
}

void GracePeriod::wait_for(std::uint32_t phase) {
    for (const auto& shard : shards_)
        while (shard.readers[phase & 1].load() != 0)
            std::this_thread::yield();
}

void GracePeriod::wait() {
    const std::scoped_lock lock(writer_);
    // Twice: a reader may have taken the number of a phase long ago and count itself in it only now, when the writer
    // before us has already looked. It then reads what that writer published, and counts for us.
    for (int round = 0; round < 2; ++round)
        wait_for(phase_.fetch_add(1));
}

} // namespace virt
