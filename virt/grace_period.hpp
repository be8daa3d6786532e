// SPDX-License-Identifier: Apache-2.0
// Readers that never wait, and a writer that waits until whoever read the old state is done (Linux calls it SRCU).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace virt {

/// Protects what readers look at without a lock: a writer publishes the new state with a sequentially consistent
/// store, calls `wait`, and then nobody uses the old one. Readers load it with a sequentially consistent load. Any
/// thread; readers may nest.
class GracePeriod {
    static constexpr std::size_t shards = 8; // threads share one at worst, which costs them a cache line

    struct alignas(64) Shard {
        std::array<std::atomic<std::uint32_t>, 2> readers{};
    };

public:
    class Reader {
    public:
        explicit Reader(GracePeriod& period) : count_(period.mine().readers[period.phase_.load() & 1]) {
            count_.fetch_add(1);
        }
        ~Reader() { count_.fetch_sub(1); }
        Reader(const Reader&) = delete;
        Reader& operator=(const Reader&) = delete;

    private:
        std::atomic<std::uint32_t>& count_;
    };

    /// Returns when every reader that began before the call has ended. Not from within a reader.
    void wait();

private:
    [[nodiscard]] Shard& mine() { return shards_[(thread_number == 0 ? number_thread() : thread_number) % shards]; }
    static std::size_t number_thread();
    void wait_for(std::uint32_t phase);

    static inline constinit thread_local std::size_t thread_number = 0; // from 1

    std::atomic<std::uint32_t> phase_ = 0;
    std::mutex writer_; // one wait at a time
    std::array<Shard, shards> shards_;
};

} // namespace virt
