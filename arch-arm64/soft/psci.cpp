// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/psci.hpp"

#include "arch-arm64/registers.hpp"
#include "arch-arm64/soft/vm.hpp"

namespace arm64::soft {
namespace {

using Type = virt::exit::SystemEvent::Type;

// Functions as SMC32. Those that also exist as SMC64 have `wide` beside them there.
constexpr std::uint32_t wide = 1U << 30;
constexpr std::uint32_t PSCI_VERSION = 0x8400'0000, CPU_SUSPEND = 0x8400'0001, CPU_OFF = 0x8400'0002,
                        CPU_ON = 0x8400'0003, AFFINITY_INFO = 0x8400'0004, MIGRATE_INFO_TYPE = 0x8400'0006,
                        SYSTEM_OFF = 0x8400'0008, SYSTEM_RESET = 0x8400'0009, PSCI_FEATURES = 0x8400'000A,
                        SYSTEM_SUSPEND = 0x8400'000E, SYSTEM_RESET2 = 0x8400'0012;
// PSCI 0.1 has no numbers of its own: KVM_PSCI_FN_BASE.
constexpr std::uint32_t CPU_OFF_0_1 = 0x95C1'BA5F, CPU_ON_0_1 = 0x95C1'BA60;

constexpr std::uint64_t SUCCESS = 0, INVALID_PARAMETERS = ~std::uint64_t{1}, ALREADY_ON = ~std::uint64_t{3},
                        INTERNAL_FAILURE = ~std::uint64_t{5};
constexpr std::uint64_t affinity_ON = 0, affinity_OFF = 1, no_migration = 2;
constexpr std::uint64_t vendor_reset = 0x8000'0000;

constexpr bool has_wide_form(std::uint32_t function) {
    return function == CPU_SUSPEND || function == CPU_ON || function == AFFINITY_INFO || function == SYSTEM_SUSPEND ||
           function == SYSTEM_RESET2;
}

/// As SMC32; 0 if there is no such function.
std::uint32_t plain(std::uint32_t function) {
    const auto narrow = function & ~wide;
    return narrow == function || has_wide_form(narrow) ? narrow : 0;
}

/// `argument(n)`: PSCI 0.1 has no SMC32.
template <class Argument>
std::uint64_t turn_on(const Caller& caller, Argument argument, std::uint64_t already_on) {
    const std::uint64_t target = argument(1);
    if ((target & ~registers::MPIDR_affinity) != 0)
        return INVALID_PARAMETERS;
    std::uint64_t result = INVALID_PARAMETERS;
    VcpuIndex turned_on{};
    caller.vm.each_vcpu([&](VcpuContext& vcpu) {
        if (!vcpu.initialised || (vcpu.MPIDR_EL1 & registers::MPIDR_affinity) != target || result == SUCCESS)
            return;
        result = vcpu.power.turn_on({.PC = argument(2), .X0 = argument(3)}) ? SUCCESS : already_on;
        turned_on = vcpu.index;
    });
    if (result == SUCCESS)
        caller.vm.what_executes().look(turned_on);
    return result;
}

std::uint64_t affinity_info(const Caller& caller, std::uint64_t target, std::uint64_t lowest_level) {
    if ((target & ~registers::MPIDR_affinity) != 0 || lowest_level > 3)
        return INVALID_PARAMETERS;
    const std::uint64_t mask = registers::MPIDR_affinity & ~((std::uint64_t{1} << (lowest_level * 8)) - 1);
    std::uint64_t found = INVALID_PARAMETERS;
    caller.vm.each_vcpu([&](const VcpuContext& vcpu) {
        if (!vcpu.initialised || ((vcpu.MPIDR_EL1 ^ target) & mask) != 0)
            return;
        if (vcpu.power.on())
            found = affinity_ON;
        else if (found != affinity_ON)
            found = affinity_OFF;
    });
    return found;
}

CallOutcome turn_off(const Caller& caller) {
    caller.vcpu.power.set(virt::MpState::stopped);
    return answer(SUCCESS);
}

/// Every vCPU stops, and what happens to the machine is the VMM's decision.
CallOutcome end(const Caller& caller, Type type, std::uint64_t data) {
    caller.vm.each_vcpu([&](VcpuContext& vcpu) {
        vcpu.power.set(virt::MpState::stopped);
        caller.vm.what_executes().look(vcpu.index);
    });
    auto outcome = answer(INTERNAL_FAILURE); // should it go on
    outcome.then = CallOutcome::Then::exit;
    outcome.event = {.type = type, .data = data};
    return outcome;
}

bool may_suspend(const Caller& caller) { return caller.vm.enabled(virt::Capability::arm_system_suspend); }

std::uint64_t features(const Caller& caller, std::uint32_t function) {
    switch (function == SMCCC_VERSION ? SMCCC_VERSION : plain(function)) {
    case PSCI_VERSION:
    case CPU_SUSPEND:
    case CPU_OFF:
    case CPU_ON:
    case AFFINITY_INFO:
    case MIGRATE_INFO_TYPE:
    case SYSTEM_OFF:
    case SYSTEM_RESET:
    case PSCI_FEATURES:
    case SMCCC_VERSION: return SUCCESS;
    case SYSTEM_SUSPEND: return may_suspend(caller) ? SUCCESS : NOT_SUPPORTED;
    case SYSTEM_RESET2: return caller.firmware.psci_version() >= Firmware::PSCI_1_1 ? SUCCESS : NOT_SUPPORTED;
    default: return NOT_SUPPORTED;
    }
}

CallOutcome call_0_1(const Caller& caller, const Call& call) {
    const auto argument = [&](unsigned n) { return n == 1 ? call.X1 : n == 2 ? call.X2 : call.X3; };
    switch (call.function()) {
    case CPU_OFF_0_1: return turn_off(caller);
    case CPU_ON_0_1: return answer(turn_on(caller, argument, INVALID_PARAMETERS));
    default: return answer(NOT_SUPPORTED);
    }
}

CallOutcome call_1_0(const Caller& caller, const Call& call) {
    switch (plain(call.function())) {
    case PSCI_FEATURES: return answer(features(caller, static_cast<std::uint32_t>(call.X1)));
    case SYSTEM_SUSPEND:
        if (!may_suspend(caller))
            return answer(NOT_SUPPORTED);
        return {.then = CallOutcome::Then::exit, .event = {.type = Type::suspend, .data = 0}};
    case SYSTEM_RESET2: {
        if (caller.firmware.psci_version() < Firmware::PSCI_1_1)
            return answer(NOT_SUPPORTED);
        const auto type = static_cast<std::uint32_t>(call.X1);
        if (type != 0 && type < vendor_reset)
            return answer(INVALID_PARAMETERS);
        return end(caller, Type::reset, 1);
    }
    default: return answer(NOT_SUPPORTED);
    }
}

} // namespace

CallOutcome psci_call(const Caller& caller, const Call& call) {
    const auto version = caller.firmware.psci_version();
    if (version == Firmware::PSCI_0_1)
        return call_0_1(caller, call);
    const auto argument = [&](unsigned n) { return call.argument(n); };
    switch (plain(call.function())) {
    case PSCI_VERSION: return answer(version);
    case CPU_SUSPEND: {
        auto outcome = answer(SUCCESS); // the state is retained
        outcome.then = CallOutcome::Then::wait;
        return outcome;
    }
    case CPU_OFF: return turn_off(caller);
    case CPU_ON: return answer(turn_on(caller, argument, ALREADY_ON));
    case AFFINITY_INFO: return answer(affinity_info(caller, call.argument(1), call.argument(2)));
    case MIGRATE_INFO_TYPE: return answer(no_migration);
    case SYSTEM_OFF: return end(caller, Type::shutdown, 0);
    case SYSTEM_RESET: return end(caller, Type::reset, 0);
    default: return version >= Firmware::PSCI_1_0 ? call_1_0(caller, call) : answer(NOT_SUPPORTED);
    }
}

} // namespace arm64::soft
