// SPDX-License-Identifier: Apache-2.0
// CNTVCT_EL0 and CNTFRQ_EL0.
#include "arch-arm64/kvm/counter.hpp"

#include "virt/assert.hpp"

namespace arm64::kvm {

#if defined(__aarch64__)

std::uint64_t counter() {
    std::uint64_t value = 0;
    asm volatile("isb; mrs %0, cntvct_el0" : "=r"(value) : : "memory");
    return value;
}

std::uint64_t counter_frequency() {
    std::uint64_t value = 0;
    asm("mrs %0, cntfrq_el0" : "=r"(value));
    return value;
}

#else

// `open` gives no System on another architecture.
std::uint64_t counter() {
    VIRT_ASSERT(false, "only an arm64 host has guests that share its counter");
    return 0;
}

std::uint64_t counter_frequency() { return counter(); }

#endif

} // namespace arm64::kvm
