// SPDX-License-Identifier: Apache-2.0
// An AArch64 PE in software: EL1 and EL0, executed as threaded code.
//
// What instructions do is in a64/, one row of the decode table each; what is not an instruction is here and in the
// files beside: exceptions (exception.cpp), memory (memory.cpp, mmu.cpp), system registers (sysregs.cpp), debug
// (debug.cpp), counters (pmu.cpp).
#pragma once

#include "arch-arm64/cpu/code_cache.hpp"
#include "arch-arm64/cpu/contexts.hpp"
#include "arch-arm64/cpu/exception.hpp"
#include "arch-arm64/cpu/guest_access.hpp"
#include "arch-arm64/cpu/large_pages.hpp"
#include "arch-arm64/cpu/maintenance.hpp"
#include "arch-arm64/cpu/model.hpp"
#include "arch-arm64/cpu/op.hpp"
#include "arch-arm64/cpu/state.hpp"
#include "arch-arm64/cpu/surroundings.hpp"
#include "arch-arm64/cpu/tlb.hpp"
#include "arch-arm64/walk/walk.hpp"
#include "virt/exit.hpp"
#include "virt/guest_debug.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <variant>
#include <vector>

namespace arm64::cpu {

class Cluster;
struct SysregRow;

/// Why `Cpu::run` came back.
namespace stop {
/// WFI: whoever calls waits until `Cpu::should_wake`, and runs again.
struct Wait {};
/// HVC or SMC, which has completed: the answer goes to X0..X3.
struct Call {
    enum class Conduit : std::uint8_t { HVC, SMC } conduit;
    std::uint16_t imm;
};
} // namespace stop

using Stop = std::variant<virt::exit::MmioRead, virt::exit::MmioWrite, virt::exit::Interrupted, virt::exit::NoSyndrome,
                          virt::exit::Debug, stop::Wait, stop::Call>;

/// What a load answers. False: it did not complete, and the exception is pending.
struct Loaded {
    std::uint64_t value; ///< zero-extended
    bool ok;
    explicit operator bool() const { return ok; }
    std::uint64_t operator*() const { return value; }
};

/// What an access is beside its address and size, as a template argument.
struct AccessKind {
    bool unprivileged = false; ///< LDTR, STTR: as EL0 would, when at EL1
    bool aligned = false;      ///< acquire, release, exclusive, atomic: a misaligned one faults
    /// A single general-purpose register without writeback: the hypervisor's syndrome (ISV) would describe it, so it
    /// may be an MMIO access.
    bool described = false;
};

/// All of it belongs to the thread that runs it, except where it says "any thread".
class Cpu : public State {
public:
    /// `model`, `surroundings` and `cluster` outlive it; the cluster knows it while it lives.
    Cpu(const Model& model, Surroundings& surroundings, Cluster& cluster);
    ~Cpu();
    Cpu(const Cpu&) = delete;
    Cpu& operator=(const Cpu&) = delete;

    // ---- From outside -----------------------------------------------------------------------------------------------

    /// A warm reset: registers have their reset values, nothing is cached. Source: D1.3.1.
    void reset(std::uint64_t MPIDR);

    /// Executes until something concerns the caller. A `kick` makes it return Interrupted, once.
    Stop run();

    /// Answers MmioRead: the instruction is executed again by the next `run`, and reads this.
    void answer(std::uint64_t value);
    /// Executes exactly the instruction whose MmioRead was answered; nothing if there is none.
    void finish_answered();
    /// The instruction at the PC takes a synchronous external abort on a data access to `va`.
    void external_abort(std::uint64_t va);
    /// Of the last data access without memory, as FAR_EL2 keeps it: virtual.
    [[nodiscard]] std::uint64_t outside_va() const { return outside_va_; }

    /// The next `run` comes back with Interrupted after so many instructions and synchronous exceptions, at the end of
    /// a block.
    void set_budget(std::uint64_t instructions);

    /// Any thread, async-signal-safe: what makes `run` look up.
    enum Request : std::uint32_t {
        request_IRQ = 1U << 0,
        request_FIQ = 1U << 1,
        request_SError = 1U << 2,
        request_kick = 1U << 3,
        request_maintenance = 1U << 4, ///< the mailbox has something
        request_step = 1U << 5, ///< always there, and wanted while each instruction is looked at
    };
    void raise(std::uint32_t requests) { requests_.fetch_or(requests); }
    void lower(std::uint32_t requests) { requests_.fetch_and(~requests); }
    [[nodiscard]] std::uint32_t requests() const { return requests_.load(); }
    /// Whether a WFI ends: an interrupt is pending, masked or not, or there is something else to do. Any thread.
    [[nodiscard]] bool should_wake() const { return (requests_.load() & ~std::uint32_t{request_step}) != 0; }

    /// SEV. Any thread.
    void set_event() { event_.store(true); }

    /// TLB and instruction cache maintenance by another thread. Any thread; see Cluster.
    void post(const Maintenance& what);

    /// What SPSR_EL1 would save now.
    [[nodiscard]] std::uint64_t PSTATE() const;
    /// From SPSR's format; only what AArch64 at EL1 and EL0 can be. `false`: it would be an illegal return.
    [[nodiscard]] bool set_PSTATE(std::uint64_t spsr);
    /// SP_EL0 or SP_EL1, whether in use or not.
    [[nodiscard]] std::uint64_t SP(unsigned el) const;
    void set_SP(unsigned el, std::uint64_t value);

    /// System registers as KVM_{GET,SET}_ONE_REG reach them: those rows of `system_registers` whose `outside` says so.
    /// Nothing: there is no such register. Not while it runs; `registers_changed` comes after writing.
    [[nodiscard]] std::optional<std::uint64_t> outside_read(SysregId id);
    /// False: there is no such register, or it says what the CPU is and that is something else.
    [[nodiscard]] bool outside_write(SysregId id, std::uint64_t value);
    /// Which there are.
    [[nodiscard]] std::vector<SysregId> outside_registers() const;
    /// After registers were written from outside: nothing that was derived from them is kept.
    void registers_changed();

    /// KVM_SET_GUEST_DEBUG: `run` returns Debug with what ESR_EL2 and FAR_EL2 would be. A step ends where the exception
    /// that it causes is taken. A breakpoint hits again unless it is taken away. Not while it runs.
    void set_debugger(const virt::GuestDebug& wish);

    /// For handlers.hpp: the first op of the block at the PC, which is executed now; null if the run loop is to look
    /// first.
    [[nodiscard]] const Op* next_block() {
        if ((requests_.load(std::memory_order_relaxed) & wanted_) != 0 || instructions_ >= due_) [[unlikely]]
            return nullptr;
        const Block* const block = cached_block();
        if (block == nullptr) [[unlikely]]
            return nullptr;
        block_ = block;
        instructions_ += block->length;
        return block->ops;
    }

    // ---- For instructions: exceptions -------------------------------------------------------------------------------

    /// Each makes an exception pending and answers false: `return cpu.undefined();`. The instruction did not complete.
    bool undefined() { return raise_exception(syndrome(EC::unknown)); }
    bool raise_exception(std::uint64_t ESR);
    /// The same with FAR_EL1.
    bool raise_exception(std::uint64_t ESR, std::uint64_t FAR);
    /// SVC: the preferred return address is the next instruction.
    bool raise_exception_after(std::uint64_t ESR);
    bool raise_data_abort(std::uint64_t va, std::uint64_t ISS);
    /// The run loop returns `what`: before the instruction has completed, so that it is executed again, or after.
    bool stop_before(const Stop& what);
    bool stop_after(const Stop& what);

    /// CheckFPAdvSIMDEnabled64: CPACR_EL1.FPEN.
    [[nodiscard]] bool check_fp_enabled() {
        if (fp_enabled_) [[likely]]
            return true;
        return trap_fp();
    }
    [[nodiscard]] bool fp_enabled() const { return fp_enabled_; }
    /// Address of the instruction of `op`.
    [[nodiscard]] std::uint64_t address(const Op& op) const { return pc + op.offset; }

    [[nodiscard]] bool condition(unsigned cond) const;

    // ---- For instructions: memory -----------------------------------------------------------------------------------

    using Kind = AccessKind;

    /// T is std::uint8_t .. std::uint64_t. Plain accesses of aligned addresses are single-copy atomic.
    template <class T, Kind K = Kind{}>
    [[nodiscard]] Loaded load(std::uint64_t va) {
        const auto& entry = tlb_for<K>().entry(va);
        if (entry.read == tag(va, sizeof(T)) && (!K.aligned || va % sizeof(T) == 0)) [[likely]]
            return {guest_load<T>(entry.host + va), true};
        return load_slowly(va, access<T, K>());
    }
    template <class T, Kind K = Kind{}>
    [[nodiscard]] bool store(std::uint64_t va, std::uint64_t value) {
        const auto& entry = tlb_for<K>().entry(va);
        if (entry.write == tag(va, sizeof(T)) && (!K.aligned || va % sizeof(T) == 0)) [[likely]] {
            guest_store<T>(entry.host + va, static_cast<T>(value));
            return true;
        }
        return store_slowly(va, value, access<T, K>());
    }
    /// 16 bytes, two single-copy atomic halves; `into` and `from` are not touched unless all of it succeeds.
    template <Kind K = Kind{}>
    [[nodiscard]] bool load(std::uint64_t va, Vector& into) {
        const auto& entry = tlb_for<K>().entry(va);
        if (entry.read == tag(va, 16)) [[likely]] {
            into.d = {guest_load<std::uint64_t>(entry.host + va), guest_load<std::uint64_t>(entry.host + va + 8)};
            return true;
        }
        return load_slowly(va, into, access<Vector, K>());
    }
    template <Kind K = Kind{}>
    [[nodiscard]] bool store(std::uint64_t va, const Vector& from) {
        const auto& entry = tlb_for<K>().entry(va);
        if (entry.write == tag(va, 16)) [[likely]] {
            guest_store(entry.host + va, from.d[0]);
            guest_store(entry.host + va + 8, from.d[1]);
            return true;
        }
        return store_slowly(va, from, access<Vector, K>());
    }
    /// The translation of `bytes` (up to 64) at `va`, aligned or not, if it is at hand: they are at its `host` + `va`.
    /// Null: they must be a `load` or `store` each, or one `atomic_address`.
    template <Kind K = Kind{}>
    [[nodiscard]] const Tlb::Entry* find_readable(std::uint64_t va, unsigned bytes) {
        const auto& entry = tlb_for<K>().entry(va);
        return entry.read == tag(va, bytes) ? &entry : nullptr;
    }
    template <Kind K = Kind{}>
    [[nodiscard]] const Tlb::Entry* find_writable(std::uint64_t va, unsigned bytes) {
        const auto& entry = tlb_for<K>().entry(va);
        return entry.write == tag(va, bytes) ? &entry : nullptr;
    }
    /// Where `bytes` (1 to 16, a power of 2) at `va` are in this process, for what is atomic there: aligned, RAM,
    /// readable, and writable for `write` and `modify`. Null: a fault is pending.
    enum class Intent : std::uint8_t {
        read,
        write,
        modify, ///< one instruction reads and writes: a fault of reading is not said to be one of writing
    };
    [[nodiscard]] std::byte* atomic_address(std::uint64_t va, unsigned bytes, Intent intent);
    /// Whether a store of `bytes` (up to 64) would succeed, so that a store of several registers is done all or not at
    /// all.
    [[nodiscard]] bool check_writable(std::uint64_t va, unsigned bytes);
    /// The base of a load or store is SP: SCTLR_EL1.SA and SA0.
    [[nodiscard]] bool check_SP_alignment() {
        return (x[sp_slot] & 15) == 0 || !SP_alignment_checked_ || raise_exception(syndrome(EC::SP_alignment));
    }
    /// DC ZVA.
    [[nodiscard]] bool zero_block(std::uint64_t va);

    /// What LDXR remembers. A store-exclusive succeeds if memory still holds the value: see a64/exclusives.cpp.
    struct Monitor {
        std::byte* address = nullptr; ///< null: open
        unsigned bytes = 0;
        std::array<std::uint64_t, 2> value{};
    } monitor;

    // ---- For instructions: the system -------------------------------------------------------------------------------

    // `t` is the number of Xt, which the syndrome of a trap has. False: an exception is pending.
    // `row` is what `find_system_register` says of `id`.
    [[nodiscard]] bool read_sysreg(const SysregRow* row, SysregId id, std::uint32_t t); ///< MRS: Xt is the destination
    [[nodiscard]] bool write_sysreg(const SysregRow* row, SysregId id, std::uint32_t t); ///< MSR (register)
    /// SYS: AT, DC, IC, TLBI. `op` as in an MSR with op0 = 1.
    [[nodiscard]] bool system_instruction(SysregId op, std::uint32_t t);
    enum class Direction : std::uint8_t { write, read };
    /// EC 0x18: EL1 sees what EL0 tried.
    bool trap_sysreg(SysregId id, std::uint32_t t, Direction direction);
    void exception_return(); ///< ERET
    void set_SPSel(unsigned value);
    void set_DAIF(std::uint64_t daif); ///< in bits 9:6
    void set_PAN(bool value);
    [[nodiscard]] bool wait_for_interrupt();
    [[nodiscard]] bool wait_for_event();
    void send_event(); ///< SEV
    void send_event_local() { event_.store(true); }
    void synchronize(); ///< DSB: maintenance that this CPU asked others for is done
    void breakpoint(std::uint16_t imm);

    void software_increment(std::uint64_t counters); ///< PMSWINC_EL0

    [[nodiscard]] const Model& model() const { return model_; }
    [[nodiscard]] std::uint64_t MPIDR() const { return MPIDR_; }
    [[nodiscard]] Cluster& cluster() { return cluster_; }
    /// Instructions executed since the last reset; exact between blocks.
    [[nodiscard]] std::uint64_t instructions() const { return instructions_; }

private:
    friend class Cluster;
    struct Sys;
    friend void leave(Cpu& cpu, const Op* op);

    /// An access as the slow path wants it: one word, for a register.
    struct Access {
        std::uint16_t bytes;
        Kind kind;
    };
    template <class T, Kind K>
    [[nodiscard]] static consteval Access access() {
        return {static_cast<std::uint16_t>(sizeof(T)), K};
    }
    template <Kind K>
    [[nodiscard]] Tlb& tlb_for() {
        return K.unprivileged ? *unprivileged_tlb_ : *tlb_;
    }
    /// What an entry's tag is if it serves all bytes from va on: the last byte is on the same page.
    [[nodiscard]] std::uint64_t tag(std::uint64_t va, std::uint64_t bytes) const {
        return ((va + bytes - 1) & Tlb::page_mask) | context(va);
    }
    /// Bit 55 selects the translation table base register, so the ASID's context or the kernel's.
    [[nodiscard]] std::uint64_t context(std::uint64_t va) const { return contexts_[va >> 55 & 1]; }

    Loaded load_slowly(std::uint64_t va, Access access);
    bool load_slowly(std::uint64_t va, Vector& into, Access access);
    bool store_slowly(std::uint64_t va, std::uint64_t value, Access access);
    bool store_slowly(std::uint64_t va, const Vector& from, Access access);

    /// Where a virtual address is; nothing: a fault is pending.
    struct Target {
        virt::Gpa address;
        walk::Rights rights; ///< of who accesses
        bool device; ///< Device memory: what is not aligned faults
    };
    // mmu.cpp
    [[nodiscard]] walk::Regime regime() const;
    [[nodiscard]] walk::Result walk_tables(std::uint64_t va);
    std::optional<Target> translate(std::uint64_t va, Intent intent, Kind kind);
    std::optional<virt::Gpa> translate_fetch(std::uint64_t va);
    /// What a walk found is going to be cached.
    void note(std::uint64_t va, const walk::Translation& translation);
    /// TTBR0_EL1 or TTBR1_EL1 have changed: which contexts are current.
    void select_contexts();
    /// SCTLR_EL1, TCR_EL1 or MAIR_EL1 have changed: what TLBs may hold was made by the old ones.
    void forget_translations();
    void forget_address(std::uint64_t va, unsigned bits);
    void apply(const Maintenance& what);
    std::optional<MemoryPage> find_page(virt::Gpa page);

    // memory.cpp, the slow path. What is accessed is within one page.
    /// Part of an access: Device memory does not accept one that is not aligned as a whole.
    enum class Alignment : std::uint8_t { aligned, unaligned };
    Loaded load_part(std::uint64_t va, unsigned bytes, Kind kind, Alignment alignment);
    bool store_part(std::uint64_t va, std::uint64_t value, unsigned bytes, Kind kind, Alignment alignment);
    Loaded load_parts(std::uint64_t va, unsigned bytes, Kind kind, Alignment alignment);
    bool store_parts(std::uint64_t va, std::uint64_t value, unsigned bytes, Kind kind, Alignment alignment);
    /// Where RAM, ROM or a device's memory is in this process, and from now on in the TLB if it is RAM or ROM. Null:
    /// there is none, or none to be written.
    std::byte* find_memory(std::uint64_t va, const Target& target, Intent intent, Kind kind);
    Loaded load_mmio(std::uint64_t va, const Target& target, unsigned bytes, Kind kind);
    bool store_mmio(std::uint64_t va, const Target& target, std::uint64_t value, unsigned bytes, Kind kind);
    [[nodiscard]] static Alignment alignment_of(std::uint64_t va, Access access);
    bool check_alignment(std::uint64_t va, Access access, Intent intent);
    bool check_writable(std::uint64_t va, unsigned bytes, Kind kind, Alignment alignment);

    // sysregs.cpp
    /// `row`: null if there is none. False: an exception is pending.
    bool may_access(const SysregRow* row, SysregId id, std::uint32_t t, Direction direction);

    // pmu.cpp
    /// Brings the event counters up to `instructions_`. Before the exception level, or what is counted, changes.
    void count_events() {
        if (counting_)
            count_events_since();
    }
    void count_events_since();
    /// After the PMU's registers have changed: what counts, when it overflows, and the interrupt.
    void derive_pmu();
    void increment_event(unsigned counter, std::uint64_t by);
    [[nodiscard]] bool counts_event(std::uint64_t filter) const;

    // exception.cpp
    /// AArch64.BranchAddr: without the tag, if it has one (TCR_EL1.TBI0, TBI1).
    [[nodiscard]] std::uint64_t canonical(std::uint64_t va) const;

    // debug.cpp
    /// AArch64.GenerateDebugExceptionsFrom; `daif` as in SPSR.
    [[nodiscard]] bool debug_exceptions_enabled(unsigned el, std::uint64_t daif) const;
    /// One instruction, while `stepping_`.
    std::optional<Stop> step();
    /// `block`: that instruction; null: an exception or a stop is pending instead.
    std::optional<Stop> execute_step(const Block* block);
    /// False: a software step is, and what comes instead of the instruction is pending.
    bool check_step();
    /// False: the instruction at the PC is not to be executed, and what comes instead is pending.
    bool check_breakpoints();
    [[nodiscard]] bool breakpoint_matches(std::size_t n) const;
    [[nodiscard]] bool context_matches(std::size_t n) const;
    [[nodiscard]] bool linked_context_matches(std::uint64_t n) const;
    /// False: a watchpoint hits, and the exception or the stop is pending.
    bool check_watchpoints(std::uint64_t va, unsigned bytes, Intent intent, Kind kind);
    [[nodiscard]] bool watchpoint_matches(std::size_t n, std::uint64_t va, unsigned el) const;
    /// The exception class for one of the same or a lower level.
    [[nodiscard]] EC from_here(EC same) const;

    // cpu.cpp
    Stop execute();
    /// The block at the PC; null if it is not known to be there.
    [[nodiscard]] const Block* cached_block() const {
        // A misaligned PC has a tag that no entry has.
        const auto& entry = fetch_[EL][pc / Tlb::page % fetch_entries];
        if (entry.tag == ((pc & (Tlb::page_mask | 3)) | context(pc))) [[likely]]
            return entry.code->blocks[pc / 4 % 1024];
        return nullptr;
    }
    /// Null: an exception is pending, the fetch's.
    const Block* find_block();
    CodePage* find_code_page();
    /// The next instruction alone.
    const Block* find_step();
    std::optional<Stop> run_block(const Block* block);
    std::optional<Stop> attend();
    std::optional<Stop> depart();
    /// `instructions_` has reached `due_`.
    std::optional<Stop> be_due();
    void do_maintenance();
    void forget_code();
    bool trap_fp();
    /// Recomputes what is derived from PSTATE and system registers.
    void derive();
    /// Its debug.cpp part: `stepping_` and `watching_`.
    void derive_debug();
    /// Its part that PSTATE.DAIF decides.
    void derive_wanted();
    /// Changes which stack pointer is x[sp_slot].
    void select_SP(unsigned el, unsigned SPSel);
    /// To EL1. `vector`: 0 synchronous, 0x80 IRQ, 0x100 FIQ, 0x180 SError.
    void take_exception(unsigned vector, std::uint64_t preferred_return);

    static constexpr std::uint64_t never = ~std::uint64_t{0};

    /// Why the block was left early.
    enum class Departure : std::uint8_t { none, exception, exception_after, stop_before, stop_after };

    // Hot, beside State.
    std::uint64_t instructions_ = 0;
    std::uint64_t due_ = never; // `instructions_` at which the run loop looks, between blocks
    Contexts::Pair contexts_{};
    Tlb* tlb_ = nullptr;
    Tlb* unprivileged_tlb_ = nullptr;
    std::atomic<std::uint32_t> requests_ = request_step;
    std::uint32_t wanted_ = 0; // requests that are not masked
    bool fp_enabled_ = false;
    bool SP_alignment_checked_ = false;
    bool stepping_ = false; // one instruction at a time: software step, breakpoints
    Departure departure_ = Departure::none;
    const Block* block_ = nullptr; // the one that runs, or ran last

    struct FetchEntry {
        std::uint64_t tag = Tlb::nothing;
        CodePage* code = nullptr;
    };
    static constexpr std::size_t fetch_entries = 256;
    std::array<std::array<FetchEntry, fetch_entries>, 2> fetch_{}; // of EL0 and EL1
    CodeCache code_;
    bool code_is_stale_ = false; // all of it; nothing of it is found any more, and it goes as soon as no block runs
    std::vector<Op> step_ops_;
    std::uint32_t step_word_ = 0;
    Block step_{};

    // What is pending when `departure_` says so.
    std::uint64_t pending_ESR_ = 0;
    std::optional<std::uint64_t> pending_FAR_;
    std::optional<Stop> pending_stop_;

    std::uint64_t budget_end_ = never;
    std::optional<std::uint64_t> answer_; // to the MMIO load at the PC
    std::uint64_t outside_va_ = 0; // see outside_va

    bool software_step_ = false; // MDSCR_EL1.SS, and debug exceptions are enabled
    bool breaking_ = false; // the guest's breakpoints may hit
    bool guest_watching_ = false;
    bool watching_ = false; // each access is looked at
    enum class Stepped : std::uint8_t { nothing, instruction, load_exclusive };
    Stepped stepped_ = Stepped::nothing; // by the guest, since PSTATE.SS was set
    Stepped debugger_stepped_ = Stepped::nothing; // since the debugger was told last
    virt::GuestDebug debugger_;

    bool counting_ = false; // events
    std::uint64_t counted_ = 0; // `instructions_` when events were counted last
    std::uint64_t overflow_due_ = never; // `instructions_` by when they are to be counted
    CpuSide::Level pmu_level_ = CpuSide::Level::low;

    const Model& model_;
    Surroundings& surroundings_;
    Cluster& cluster_;
    std::uint64_t MPIDR_ = 0;
    std::atomic<bool> event_ = false;
    bool others_asked_ = false; // for maintenance, since the last DSB
    Mailbox mailbox_;
    Contexts numbers_;
    LargePages large_;
    struct PageEntry {
        virt::Gpa address = 1; // of no page
        MemoryPage memory{};
    };
    static constexpr std::size_t page_entries = 256;
    std::array<PageEntry, page_entries> pages_{};
    Tlb tlb_EL0_, tlb_EL1_, tlb_EL1_PAN_;
    Tlb no_tlb_; // never has an entry: while each access must be looked at
};

/// For handlers.hpp: the run loop goes on with what is pending; the PC becomes that of `op`, or of the one behind it.
void leave(Cpu& cpu, const Op* op);

inline bool Cpu::condition(unsigned cond) const {
    const bool N = (flag_n >> 63) != 0, Z = flag_z == 0, C = flag_c != 0, V = flag_v != 0;
    bool holds = true;
    switch (cond >> 1) {
    case 0: holds = Z; break;
    case 1: holds = C; break;
    case 2: holds = N; break;
    case 3: holds = V; break;
    case 4: holds = C && !Z; break;
    case 5: holds = N == V; break;
    case 6: holds = N == V && !Z; break;
    default: return true; // AL and NV
    }
    return holds != ((cond & 1) != 0);
}

} // namespace arm64::cpu
