// SPDX-License-Identifier: Apache-2.0
// What the host and guest-images/bench-irq/probe.S share: a page of parameters and answers, and a log.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vmm::bench {

/// The guest's offsets are in probe.S.
struct ProbePage {
    enum Flags : std::uint64_t { eoimode_1 = 1, level = 2, wfi = 4, rings_doorbell = 8 };
    enum State : std::uint64_t { starting = 0, ready = 1, fault = 2, log_full = 3 };

    std::uint64_t distributor;
    std::uint64_t redistributor;
    std::uint64_t its;    ///< 0: no LPIs
    std::uint64_t tables; ///< `table_bytes` for the ITS and LPIs, 64 KiB-aligned
    std::uint64_t log;
    std::uint64_t log_end;
    std::uint64_t flags;
    std::uint32_t spi; ///< INTID
    std::uint32_t lpi; ///< INTID
    std::uint32_t device;
    std::uint32_t event;
    std::uint64_t doorbell;   ///< address of 4 bytes
    std::uint64_t interval;   ///< ticks between two rings
    std::uint64_t rings;      ///< not 0
    std::uint64_t first_ring; ///< CNTVCT_EL0; written last, cleared by the guest when it has rung them all
    std::uint64_t unused[3];

    std::uint64_t state;        ///< written last
    std::uint64_t offset;       ///< CNTPCT_EL0 - CNTVCT_EL0, at least
    std::uint64_t offset_width; ///< and at most so many ticks more
    std::uint64_t syndrome;     ///< ESR_EL1, ELR_EL1, FAR_EL1 of an exception that the guest did not expect
    std::uint64_t link;
    std::uint64_t fault_address;
    std::uint64_t spurious; ///< acknowledges that found no interrupt

    static constexpr std::uint64_t table_bytes = 0x60000;
};
static_assert(offsetof(ProbePage, flags) == 0x30 && offsetof(ProbePage, device) == 0x40);
static_assert(offsetof(ProbePage, first_ring) == 0x60 && offsetof(ProbePage, state) == 0x80);
static_assert(offsetof(ProbePage, spurious) == 0xb0);

/// Of a guest that takes interrupts.
struct AcknowledgeEntry {
    std::uint64_t time; ///< CNTVCT_EL0
    std::uint32_t intid;
    std::uint32_t sequence; ///< from 1; written last
};

/// Of a guest that rings: valid once it has rung them all.
struct RingEntry {
    std::uint64_t due;  ///< CNTVCT_EL0
    std::uint64_t rung; ///< CNTVCT_EL0, just before the store
};
static_assert(sizeof(AcknowledgeEntry) == 16 && sizeof(RingEntry) == 16);

} // namespace vmm::bench
