// SPDX-License-Identifier: Apache-2.0
// The slow path: sleep until the word may be ours.
#include "virt/mutex.hpp"

namespace virt {

void Mutex::lock_contended() {
    while (state_.exchange(awaited, std::memory_order_acquire) != free)
        state_.wait(awaited, std::memory_order_relaxed);
}

} // namespace virt
