// SPDX-License-Identifier: Apache-2.0
// Plain loads and stores of guest memory, which other threads change meanwhile.
#pragma once

#include <cstdint>

// ThreadSanitizer must see atomic accesses: a race between guest threads is the guest's.
#if defined(__SANITIZE_THREAD__)
#define ITSY_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ITSY_THREAD_SANITIZER 1
#endif
#endif

namespace arm64::cpu {

/// One access of the host, however the address is aligned: single-copy atomic where it is, as a guest's. `address` is
/// in this process.
template <class T>
[[nodiscard]] [[gnu::always_inline]] inline T guest_load(std::uint64_t address) {
#if defined(ITSY_THREAD_SANITIZER)
    if (address % sizeof(T) == 0)
        return __atomic_load_n(reinterpret_cast<const T*>(address), __ATOMIC_RELAXED);
    T value = 0;
    for (unsigned i = 0; i < sizeof(T); ++i)
        value = static_cast<T>(
            value |
            static_cast<T>(__atomic_load_n(reinterpret_cast<const std::uint8_t*>(address + i), __ATOMIC_RELAXED))
                << (8 * i));
    return value;
#else
    using Unaligned [[gnu::aligned(1), gnu::may_alias]] = T;
    return *reinterpret_cast<const volatile Unaligned*>(address); // NOLINT(performance-no-int-to-ptr)
#endif
}

template <class T>
[[gnu::always_inline]] inline void guest_store(std::uint64_t address, T value) {
#if defined(ITSY_THREAD_SANITIZER)
    if (address % sizeof(T) == 0) {
        __atomic_store_n(reinterpret_cast<T*>(address), value, __ATOMIC_RELAXED);
        return;
    }
    for (unsigned i = 0; i < sizeof(T); ++i)
        __atomic_store_n(reinterpret_cast<std::uint8_t*>(address + i), static_cast<std::uint8_t>(value >> (8 * i)),
                         __ATOMIC_RELAXED);
#else
    using Unaligned [[gnu::aligned(1), gnu::may_alias]] = T;
    *reinterpret_cast<volatile Unaligned*>(address) = value; // NOLINT(performance-no-int-to-ptr)
#endif
}

} // namespace arm64::cpu
