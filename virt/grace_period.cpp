// SPDX-License-Identifier: Apache-2.0
// Two phases: new readers count in one while the writer waits for the other to empty.
#include "virt/grace_period.hpp"

#include <thread>

namespace virt {

std::size_t GracePeriod::number_thread() {
    static std::atomic<std::size_t> threads = 0;
    return thread_number = threads.fetch_add(1, std::memory_order_relaxed) + 1;
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
