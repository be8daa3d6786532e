// SPDX-License-Identifier: Apache-2.0
// Executes cases on the arm64 CPU that it runs on, which is qemu-aarch64's: a static program of its own, for arm64.
//
// The state of a case is loaded and stored by the return from signals: the handler of the trap that ends one case puts
// the next one's registers into the signal's frame. No register is left for a program around the case, and none is
// needed.
#include "tests/arch-arm64/cpu/differential/code.hpp"
#include "tests/arch-arm64/cpu/differential/memory.hpp"
#include "tests/arch-arm64/cpu/differential/serve.hpp"

#include <csignal>
#include <cstdio>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

namespace differential {
namespace {

struct Batch {
    const Case* cases;
    Outcome* outcomes;
    std::size_t count, next;
    bool entered;
};

Batch batch{};
State own{}; // of the program around the cases
Window pristine;
std::uint64_t pristine_seed = 0;
Code code;

auto* const window = reinterpret_cast<std::uint64_t*>(window_begin); // NOLINT(performance-no-int-to-ptr)

fpsimd_context& simd(mcontext_t& context) {
    auto* at = reinterpret_cast<unsigned char*>(context.__reserved);
    for (;;) {
        auto* const head = reinterpret_cast<_aarch64_ctx*>(at);
        if (head->magic == FPSIMD_MAGIC)
            return *reinterpret_cast<fpsimd_context*>(at);
        if (head->magic == 0 || head->size == 0)
            _exit(3);
        at += head->size;
    }
}

void store(mcontext_t& from, State& to) {
    std::memcpy(to.X.data(), from.regs, sizeof to.X);
    to.SP = from.sp;
    to.PC = from.pc;
    to.NZCV = from.pstate & 0xF000'0000;
    auto& fp = simd(from);
    to.FPCR = fp.fpcr;
    to.FPSR = fp.fpsr;
    std::memcpy(to.V.data(), fp.vregs, sizeof to.V);
}

void load(const State& from, mcontext_t& to) {
    std::memcpy(to.regs, from.X.data(), sizeof from.X);
    to.sp = from.SP;
    to.pc = from.PC;
    to.pstate = (to.pstate & ~std::uint64_t{0xF000'0000}) | from.NZCV;
    auto& fp = simd(to);
    fp.fpcr = from.FPCR;
    fp.fpsr = from.FPSR;
    std::memcpy(fp.vregs, from.V.data(), sizeof from.V);
}

/// A batch takes milliseconds; a case that never ends is cut short here.
void be_patient() {
    const itimerval timer{{0, 0}, {2, 0}};
    setitimer(ITIMER_VIRTUAL, &timer, nullptr);
}

void prepare(const Case& next) {
    if (next.memory_seed != pristine_seed) {
        pristine_seed = next.memory_seed;
        fill(pristine, pristine_seed);
        std::memcpy(window, pristine.data(), window_size);
    }
    if (!code.put(next))
        _exit(3);
}

void classify(int signal, const siginfo_t& info, Outcome& outcome) {
    const auto address = reinterpret_cast<std::uint64_t>(info.si_addr);
    outcome.detail = 0;
    outcome.address = 0;
    switch (signal) {
    case SIGTRAP: {
        std::uint32_t word = 0;
        std::memcpy(&word, reinterpret_cast<const void*>(outcome.after.PC), sizeof word); // NOLINT
        outcome.stop = word == sentinel ? Stop::completed : Stop::breakpoint;
        outcome.detail = word == sentinel ? 0 : word >> 5 & 0xFFFF;
        break;
    }
    case SIGILL: outcome.stop = Stop::UNDEFINED; break;
    case SIGVTALRM: outcome.stop = Stop::endless; break;
    default:
        outcome.stop = address == outcome.after.PC ? Stop::instruction_abort
                       : signal == SIGBUS          ? Stop::alignment
                                                   : Stop::data_abort;
        outcome.address = address;
    }
}

void on_signal(int signal, siginfo_t* info, void* opaque) {
    auto& context = static_cast<ucontext_t*>(opaque)->uc_mcontext;
    if (!batch.entered) {
        store(context, own);
        own.PC += 4;
        batch.entered = true;
    } else {
        auto& outcome = batch.outcomes[batch.next];
        store(context, outcome.after);
        classify(signal, *info, outcome);
        compare(pristine, window, outcome);
        if (outcome.changed != 0)
            std::memcpy(window, pristine.data(), window_size);
        ++batch.next;
    }
    if (batch.next == batch.count) {
        load(own, context);
        return;
    }
    if (batch.next == 0 || signal == SIGVTALRM)
        be_patient();
    prepare(batch.cases[batch.next]);
    load(batch.cases[batch.next].before, context);
}

void execute(const Case* cases, Outcome* outcomes, std::size_t count) {
    if (count == 0)
        return;
    batch = {cases, outcomes, count, 0, false};
    asm volatile("brk #1" ::: "memory");
    const itimerval off{};
    setitimer(ITIMER_VIRTUAL, &off, nullptr);
}

bool map(std::uint64_t begin, std::uint64_t size, int protection) {
    auto* const wanted = reinterpret_cast<void*>(begin); // NOLINT(performance-no-int-to-ptr)
    return mmap(wanted, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == wanted;
}

bool start() {
    if (!code.map(PROT_READ | PROT_EXEC) || !map(window_begin, window_size, PROT_READ | PROT_WRITE))
        return false;
    static char stack[1 << 16];
    const stack_t alternate{stack, 0, sizeof stack};
    if (sigaltstack(&alternate, nullptr) != 0)
        return false;
    struct sigaction action{};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    for (const int signal : {SIGTRAP, SIGILL, SIGSEGV, SIGBUS, SIGVTALRM})
        if (sigaction(signal, &action, nullptr) != 0)
            return false;
    return true;
}

} // namespace
} // namespace differential

int main() {
    if (!differential::start()) {
        std::perror("native executor");
        return 2;
    }
    return differential::serve(differential::execute);
}
