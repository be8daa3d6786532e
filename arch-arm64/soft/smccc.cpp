// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/smccc.hpp"

#include "arch-arm64/soft/psci.hpp"
#include "arch-arm64/soft/vm.hpp"

#include <sys/random.h>

#include <algorithm>
#include <chrono>
#include <span>

namespace arm64::soft {
namespace {

using Services = Firmware::Services;

constexpr std::uint32_t ARCH_FEATURES = 0x8000'0001, ARCH_WORKAROUND_1 = 0x8000'8000, ARCH_WORKAROUND_2 = 0x8000'7FFF,
                        ARCH_WORKAROUND_3 = 0x8000'3FFF, TRNG_VERSION = 0x8400'0050, TRNG_FEATURES = 0x8400'0051,
                        TRNG_GET_UUID = 0x8400'0052, TRNG_RND32 = 0x8400'0053, TRNG_RND64 = 0xC400'0053,
                        PV_TIME_FEATURES = 0xC500'0020, PV_TIME_ST = 0xC500'0021, VENDOR_UID = 0x8600'FF01,
                        VENDOR_FEATURES = 0x8600'0000, VENDOR_PTP = 0x8600'0001;

constexpr unsigned bit_TRNG = 0, bit_PV_TIME = 0, bit_vendor_features = 0, bit_PTP = 1;

constexpr std::uint64_t SMCCC_1_1 = 0x1'0001, TRNG_1_0 = 0x1'0000;
constexpr std::uint64_t SUCCESS = 0, unaffected = 1, NOT_REQUIRED = ~std::uint64_t{1};
constexpr std::uint64_t TRNG_INVALID_PARAMETER = ~std::uint64_t{1}, TRNG_NO_ENTROPY = ~std::uint64_t{2};

CallOutcome arch_features(const Firmware& firmware, std::uint32_t function) {
    switch (function) {
    case ARCH_WORKAROUND_1:
    case ARCH_WORKAROUND_3: return answer(unaffected);
    case ARCH_WORKAROUND_2: return answer(NOT_REQUIRED);
    case PV_TIME_FEATURES:
        return answer(firmware.offers(Services::standard_hypervisor, bit_PV_TIME) ? SUCCESS : NOT_SUPPORTED);
    default: return answer(NOT_SUPPORTED);
    }
}

// 0d21e000-4384-11eb-8070-5244554e5a4c, as KVM.
constexpr std::array<std::uint64_t, 4> TRNG_UUID{0x00E0'210D, 0xEB11'8443, 0x4452'7080, 0x4C5A'4E55};

/// Bits asked for, of which a register takes `width` at most: the last ones in X3, the first in X1. Source: DEN
/// 0098, 2.
CallOutcome random_bits(std::uint64_t wanted, unsigned width) {
    if (wanted == 0 || wanted > 3ULL * width)
        return answer(TRNG_INVALID_PARAMETER);
    std::array<std::uint64_t, 3> words{};
    if (::getrandom(words.data(), sizeof words, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof words))
        return answer(TRNG_NO_ENTROPY);
    auto left = static_cast<unsigned>(wanted);
    for (auto& word : words) {
        const unsigned taken = std::min(left, width);
        word &= taken == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << taken) - 1;
        left -= taken;
    }
    return answer(SUCCESS, words[2], words[1], words[0]);
}

CallOutcome trng_features(std::uint32_t function) {
    switch (function) {
    case TRNG_VERSION:
    case TRNG_FEATURES:
    case TRNG_GET_UUID:
    case TRNG_RND32:
    case TRNG_RND64: return answer(SUCCESS);
    default: return answer(NOT_SUPPORTED);
    }
}

CallOutcome trng(const Call& call) {
    switch (call.function()) {
    case TRNG_VERSION: return answer(TRNG_1_0);
    case TRNG_FEATURES: return trng_features(static_cast<std::uint32_t>(call.X1));
    case TRNG_GET_UUID: return answer(TRNG_UUID[0], TRNG_UUID[1], TRNG_UUID[2], TRNG_UUID[3]);
    case TRNG_RND32: return random_bits(call.argument(1), 32);
    default: return random_bits(call.argument(1), 64);
    }
}

/// The host's clock and the guest's counter at one moment. Source: ptp_kvm.rst.
CallOutcome ptp(const Caller& caller, const Call& call) {
    const auto which = static_cast<std::uint32_t>(call.X1);
    if (which > 1)
        return answer(NOT_SUPPORTED);
    const auto& timers = caller.vm.timers();
    const auto timer = which == 0 ? timer::Timer::EL1_virtual : timer::Timer::EL1_physical;
    const auto before = timers.count(timer);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto after = timers.count(timer);
    const auto count = before + (after - before) / 2;
    const auto time = static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
    return answer(time >> 32, static_cast<std::uint32_t>(time), count >> 32, static_cast<std::uint32_t>(count));
}

bool hidden(const Firmware& firmware, std::uint32_t function) {
    switch (function) {
    case TRNG_VERSION:
    case TRNG_FEATURES:
    case TRNG_GET_UUID:
    case TRNG_RND32:
    case TRNG_RND64: return !firmware.offers(Services::standard, bit_TRNG);
    case PV_TIME_FEATURES:
    case PV_TIME_ST: return !firmware.offers(Services::standard_hypervisor, bit_PV_TIME);
    case VENDOR_UID:
    case VENDOR_FEATURES: return !firmware.offers(Services::vendor_hypervisor, bit_vendor_features);
    case VENDOR_PTP: return !firmware.offers(Services::vendor_hypervisor, bit_PTP);
    default: return false;
    }
}

} // namespace

CallOutcome smccc_call(const Caller& caller, const Call& call) {
    const auto& firmware = caller.firmware;
    if (hidden(firmware, call.function()))
        return answer(NOT_SUPPORTED);
    switch (call.function()) {
    case SMCCC_VERSION: return answer(SMCCC_1_1);
    case ARCH_FEATURES: return arch_features(firmware, static_cast<std::uint32_t>(call.X1));
    case ARCH_WORKAROUND_1:
    case ARCH_WORKAROUND_2:
    case ARCH_WORKAROUND_3: return answer(SUCCESS);
    case TRNG_VERSION:
    case TRNG_FEATURES:
    case TRNG_GET_UUID:
    case TRNG_RND32:
    case TRNG_RND64: return trng(call);
    case PV_TIME_FEATURES:
    case PV_TIME_ST:
        return answer(NOT_SUPPORTED); // no vCPU has a place where its stolen time would be kept
    // The UID of KVM, as in its hypercalls.
    case VENDOR_UID: return answer(0xB66F'B428, 0xE911'C52E, 0x564B'CAA9, 0x743A'004D);
    case VENDOR_FEATURES:
        return answer((firmware.offers(Services::vendor_hypervisor, bit_vendor_features) ? 1U : 0U) |
                      (firmware.offers(Services::vendor_hypervisor, bit_PTP) ? 2U : 0U));
    case VENDOR_PTP: return ptp(caller, call);
    default: return psci_call(caller, call);
    }
}

} // namespace arm64::soft
