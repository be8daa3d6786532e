// SPDX-License-Identifier: Apache-2.0
// Ordered and atomic accesses of guest memory, with the guest's memory order as the host's. Source: Arm DDI 0487, B2.3
// (the memory model), B2.9 (exclusives), C3.2.12 (LSE).
//
// Each guest access is an access of the host, and the compiler cannot move one across another: they are in functions
// that call each other through pointers. What is left is the order of the host's CPUs:
//
//   guest                   host                       why
//   LDR, STR                one plain access           dependencies of addresses, data and branches go through Cpu::x
//                                                      and Cpu::pc, and so are dependencies of the host
//   LDAR, LDAXR             load, seq_cst              acquire alone would let it pass an earlier STLR: LDAR is RCsc
//   STLR, STLXR             store or CAS, seq_cst      for the same reason
//   LDXR, STXR              load, CAS, relaxed         ordered like a plain access
//   LSE                     relaxed
//   LSE with A or L         seq_cst                    its load is an LDAR, its store an STLR: RCsc
//   LSE with A and L        a full barrier             accesses before it are ordered with all behind it (B2.3.7). A
//                                                      seq_cst operation is not one where the host makes it of LDAXR
//                                                      and STLXR; the __sync builtins are
//   DMB, DSB, ISB           system_instructions.cpp
//
// On x86-64 all but STLR come for nothing, or with the LOCK prefix that atomicity takes. On arm64 LDAR is LDAR, STLR is
// STLR, and the others are LSE or loops, as libgcc finds out.
#pragma once

#include "arch-arm64/cpu/a64/addressing.hpp"
#include "arch-arm64/cpu/handlers.hpp"

#include <cstdint>

namespace arm64::cpu::a64 {

__extension__ using u128 = unsigned __int128;

/// What an atomic instruction says with A and L.
enum class Order : std::uint8_t { relaxed, acquire_or_release, acquire_and_release };

[[nodiscard]] constexpr Order order_of(std::uint32_t A, std::uint32_t L) {
    return A != 0 && L != 0   ? Order::acquire_and_release
           : A != 0 || L != 0 ? Order::acquire_or_release
                              : Order::relaxed;
}

template <Order O>
inline constexpr int host_order = O == Order::relaxed ? __ATOMIC_RELAXED : __ATOMIC_SEQ_CST;

// All of them: `at` is in this process, aligned to T.

template <class T>
[[nodiscard]] T* guest_pointer(std::uint64_t at) {
    return reinterpret_cast<T*>(at); // NOLINT(performance-no-int-to-ptr): that is what guest addresses become
}

template <class T, Order O>
[[nodiscard]] T atomic_load(std::uint64_t at) {
    return __atomic_load_n(guest_pointer<T>(at), host_order<O>);
}
template <class T, Order O>
void atomic_store(std::uint64_t at, T value) {
    __atomic_store_n(guest_pointer<T>(at), value, host_order<O>);
}

/// Stores `desired` if there was `expected`. Answers what there was.
template <class T, Order O>
[[nodiscard]] T compare_and_swap(std::uint64_t at, T expected, T desired) {
    // The __atomic builtins of 16 bytes may be a library's, and that may lock: no other access respects that lock.
    if constexpr (O == Order::acquire_and_release || sizeof(T) == 16) {
        return __sync_val_compare_and_swap(guest_pointer<T>(at), expected, desired);
    } else {
        __atomic_compare_exchange_n(guest_pointer<T>(at), &expected, desired, false, host_order<O>, host_order<O>);
        return expected;
    }
}

/// Stores `next(what there was)`. Answers what there was.
template <class T, Order O, class Next>
[[nodiscard]] T update(std::uint64_t at, Next next) {
    T seen = __atomic_load_n(guest_pointer<T>(at), __ATOMIC_RELAXED);
    for (;;) {
        const T was = compare_and_swap<T, O>(at, seen, next(seen));
        if (was == seen)
            return was;
        seen = was;
    }
}

// ---- Where: the base register is the address

/// Where `bytes` at the address in Xn of `op` are in this process. 0: on the quick way, that it is not at hand; on the
/// whole one, that an exception is pending.
template <detail::Way W, unsigned bytes, Cpu::Intent I>
[[nodiscard]] [[gnu::always_inline]] inline std::uint64_t locate(Cpu& cpu, const Op& op) {
    const std::uint64_t va = cpu.x[op.n];
    if constexpr (W == detail::Way::quick) {
        if (va % bytes != 0 || (op.n == sp_slot && va % 16 != 0))
            return 0;
        const auto* const entry = I == Cpu::Intent::read ? cpu.find_readable(va, bytes) : cpu.find_writable(va, bytes);
        return entry != nullptr ? entry->host + va : 0;
    } else {
        if (op.n == sp_slot && !cpu.check_SP_alignment())
            return 0;
        return reinterpret_cast<std::uint64_t>(cpu.atomic_address(va, bytes, I));
    }
}

} // namespace arm64::cpu::a64
