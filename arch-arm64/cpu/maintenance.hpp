// SPDX-License-Identifier: Apache-2.0
// Maintenance of TLBs and instruction caches that one CPU asks of others, or the VM of all.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace arm64::cpu {

class Cpu;

struct Maintenance {
    enum class Kind : std::uint8_t {
        tlb_all,   ///< TLBI VMALLE1IS
        tlb_asid,  ///< TLBI ASIDE1IS
        tlb_va,    ///< TLBI VAE1IS, VALE1IS, VAAE1IS, VAALE1IS: for every ASID
        code_page, ///< IC IVAU: the page of a guest physical address
        code_all,  ///< IC IALLUIS
        memory,    ///< slots have changed: nothing that refers to host memory is kept
    } kind;
    std::uint64_t operand =
        0; ///< ASID in bits 63:48, VA[55:12] in bits 43:0, as in a TLBI's Xt; a guest physical address

    friend bool operator==(const Maintenance&, const Maintenance&) = default;
};

/// What others have posted to one CPU. Any thread.
class Mailbox {
public:
    void post(const Maintenance& what);
    /// Takes out what is there, which may be more than was posted: it has a limit. Called by the CPU's thread, which
    /// calls `done` when it has done it.
    struct Contents {
        std::array<Maintenance, 32> items;
        std::size_t count = 0;
        std::uint64_t number = 0; ///< of the last one
    };
    [[nodiscard]] Contents take();
    void done(std::uint64_t number) { done_.store(number); }
    /// Whether the CPU executes. While it does not, whoever waits for it need not: it looks before it does again.
    void enter() { inside_.store(true); }
    void exit() { inside_.store(false); }
    /// Whether the CPU has done all that was posted.
    [[nodiscard]] bool settled_inside() const { return done_.load() >= posted_.load(); }
    /// Whether all that was posted is done, or will be before the CPU executes again.
    [[nodiscard]] bool settled() const {
        const auto posted = posted_.load();
        return !inside_.load() || done_.load() >= posted;
    }

private:
    void make_room();

    std::mutex mutex_; // guards contents_
    Contents contents_;
    std::atomic<std::uint64_t> posted_ = 0, done_ = 0;
    std::atomic<bool> inside_ = false;
};

/// The CPUs of a VM, which are in one Inner Shareable domain. Any thread.
class Cluster {
public:
    /// A CPU of the VM, from its creation to its end.
    void add(Cpu& cpu);
    void remove(Cpu& cpu);

    /// Posts to all but `from`. Has happened there when `wait` returns.
    void broadcast(Cpu& from, const Maintenance& what);
    /// DSB of `from`, which does what others ask of it meanwhile.
    void wait(Cpu& from);
    /// Returns when no CPU refers to memory by what it has cached. Not by a CPU's thread while it runs.
    void forget_memory();
    /// SEV.
    void send_event();

private:
    std::mutex mutex_; // guards cpus_
    std::vector<Cpu*> cpus_;
};

} // namespace arm64::cpu
