// SPDX-License-Identifier: Apache-2.0
// Executes cases on VIXL's simulator. Its memory is this process's, at the addresses that the case names.
#include "tests/arch-arm64/cpu/differential/code.hpp"
#include "tests/arch-arm64/cpu/differential/memory.hpp"
#include "tests/arch-arm64/cpu/differential/serve.hpp"

#include <vixl/aarch64/simulator-aarch64.h>

#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <sys/mman.h>
#include <sys/time.h>

namespace differential {
namespace {

namespace aarch64 = vixl::aarch64;

enum class Left : int { by_signal = 1, UNDEFINED, not_supported, breakpoint, SVC };

sigjmp_buf out;
volatile int last_signal = 0;
volatile std::uint64_t last_address = 0;

class Simulator : public aarch64::Simulator {
public:
    explicit Simulator(aarch64::Decoder& decoder) : aarch64::Simulator(&decoder) {}

    void VisitUnallocated(const aarch64::Instruction*) override { leave(Left::UNDEFINED); }
    // The library is built without assertions, so what is missing there would have no effect.
    void VisitUnimplemented(const aarch64::Instruction*) override { leave(Left::not_supported); }
    void VisitReserved(const aarch64::Instruction*) override { leave(Left::UNDEFINED); }
    void VisitException(const aarch64::Instruction* instruction) override {
        const auto word = instruction->GetInstructionBits();
        if ((word & 0xFFE0'001F) == 0xD420'0000)
            leave(Left::breakpoint);
        if ((word & 0xFFE0'001F) == 0xD400'0001)
            leave(Left::SVC);
        leave(Left::not_supported);
    }

private:
    [[noreturn]] static void leave(Left how) { siglongjmp(out, static_cast<int>(how)); }
};

/// The decoder keeps a pointer to its simulator.
struct Machine {
    aarch64::Decoder decoder;
    Simulator simulator{decoder};
};

Window pristine;
std::uint64_t pristine_seed = 0;
Code code;

auto* const window = reinterpret_cast<std::uint64_t*>(window_begin); // NOLINT(performance-no-int-to-ptr)

bool in_code(std::uint64_t pc) { return pc >= code_begin && pc < code_begin + code_size; }

void load(const State& from, Simulator& to) {
    for (unsigned n = 0; n < 31; ++n)
        to.WriteXRegister(n, static_cast<std::int64_t>(from.X[n]));
    to.WriteSp(from.SP);
    to.WritePc(reinterpret_cast<const aarch64::Instruction*>(from.PC)); // NOLINT(performance-no-int-to-ptr)
    to.ReadNzcv().SetRawValue(static_cast<std::uint32_t>(from.NZCV));
    to.ReadFpcr().SetRawValue(from.FPCR);
    for (unsigned n = 0; n < 32; ++n) {
        Simulator::qreg_t value;
        std::memcpy(value.val, from.V[n].data(), sizeof value.val);
        to.WriteQRegister(n, value);
    }
}

void store(Simulator& from, State& to) {
    for (unsigned n = 0; n < 31; ++n)
        to.X[n] = static_cast<std::uint64_t>(from.ReadXRegister(n));
    to.SP = static_cast<std::uint64_t>(from.ReadXRegister(31, aarch64::Reg31IsStackPointer));
    to.PC = reinterpret_cast<std::uint64_t>(from.ReadPc());
    to.NZCV = from.ReadNzcv().GetRawValue() & 0xF000'0000;
    to.FPCR = from.ReadFpcr().GetRawValue();
    to.FPSR = 0; // it has none
    for (unsigned n = 0; n < 32; ++n) {
        const auto value = from.ReadQRegister(n);
        std::memcpy(to.V[n].data(), value.val, sizeof value.val);
    }
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

/// The steps of one case, up to what ends it.
Left run(Simulator& simulator) {
    if (const int how = sigsetjmp(out, 0); how != 0)
        return static_cast<Left>(how);
    for (;;) {
        // It would read the instruction without asking whether that may be executed.
        if (const auto pc = reinterpret_cast<std::uint64_t>(simulator.ReadPc()); !in_code(pc)) {
            last_signal = SIGSEGV;
            last_address = pc;
            return Left::by_signal;
        }
        simulator.ExecuteInstruction();
    }
}

void classify(Left how, Outcome& outcome) {
    outcome.detail = 0;
    outcome.address = 0;
    switch (how) {
    case Left::UNDEFINED: outcome.stop = Stop::UNDEFINED; return;
    case Left::not_supported: outcome.stop = Stop::not_supported; return;
    case Left::SVC:
    case Left::breakpoint: {
        std::uint32_t word = 0;
        std::memcpy(&word, reinterpret_cast<const void*>(outcome.after.PC), sizeof word); // NOLINT
        outcome.stop = word == sentinel ? Stop::completed : how == Left::breakpoint ? Stop::breakpoint : Stop::SVC;
        outcome.detail = word == sentinel ? 0 : word >> 5 & 0xFFFF;
        return;
    }
    case Left::by_signal: break;
    }
    if (last_signal == SIGVTALRM) {
        outcome.stop = Stop::endless;
    } else if (last_signal == SIGABRT) {
        outcome.stop = Stop::not_supported; // what it checks itself: alignment, and its own limits
    } else {
        outcome.stop = last_address == outcome.after.PC ? Stop::instruction_abort : Stop::data_abort;
        outcome.address = last_address;
    }
}

void on_signal(int signal, siginfo_t* info, void*) {
    last_signal = signal;
    last_address = signal == SIGSEGV ? reinterpret_cast<std::uint64_t>(info->si_addr) : 0;
    siglongjmp(out, static_cast<int>(Left::by_signal));
}

void execute(const Case* cases, Outcome* outcomes, std::size_t count) {
    static auto machine = std::make_unique<Machine>();
    const itimerval patience{{0, 0}, {2, 0}};
    for (std::size_t n = 0; n < count; ++n) {
        if (n == 0 || outcomes[n - 1].stop == Stop::endless)
            setitimer(ITIMER_VIRTUAL, &patience, nullptr);
        prepare(cases[n]);
        load(cases[n].before, machine->simulator);
        const auto how = run(machine->simulator);
        store(machine->simulator, outcomes[n].after);
        classify(how, outcomes[n]);
        compare(pristine, window, outcomes[n]);
        if (outcomes[n].changed != 0)
            std::memcpy(window, pristine.data(), window_size);
        // It was left in the midst of something.
        if (how == Left::by_signal)
            machine = std::make_unique<Machine>();
    }
    const itimerval off{};
    setitimer(ITIMER_VIRTUAL, &off, nullptr);
}

bool map(std::uint64_t begin, std::uint64_t size) {
    auto* const wanted = reinterpret_cast<void*>(begin); // NOLINT(performance-no-int-to-ptr)
    return mmap(wanted, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
           wanted;
}

bool start() {
    if (!code.map(PROT_READ) || !map(window_begin, window_size))
        return false;
    struct sigaction action{};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_NODEFER; // left by a jump
    for (const int signal : {SIGSEGV, SIGBUS, SIGVTALRM, SIGABRT, SIGFPE})
        if (sigaction(signal, &action, nullptr) != 0)
            return false;
    return true;
}

} // namespace
} // namespace differential

int main() {
    if (!differential::start()) {
        std::perror("vixl executor");
        return 2;
    }
    // Standard output is where it warns, too; it says what it cannot for each simulator anew.
    const int answers = dup(STDOUT_FILENO);
    if (answers < 0 || std::freopen("/dev/null", "w", stdout) == nullptr ||
        std::freopen("/dev/null", "w", stderr) == nullptr)
        return 2;
    return differential::serve(differential::execute, answers);
}
