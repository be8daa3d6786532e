// SPDX-License-Identifier: Apache-2.0
// What a call through the seam answers: success, a value, an errno.
#pragma once

#include "virt/expected.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace conformance {

/// The value; without one the test ends here, failed (GoogleTest turns exceptions into failures).
template <class T>
T must(virt::expected<T> result) {
    if (!result)
        throw std::runtime_error(result.error().sentence());
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

template <class T>
testing::AssertionResult succeeded(const char* text, const virt::expected<T>& result) {
    if (result)
        return testing::AssertionSuccess();
    return testing::AssertionFailure() << text << "\n  fails: " << result.error().sentence();
}

template <class T>
testing::AssertionResult failed_with(const char*, const char* text, int code, const virt::expected<T>& result) {
    if (!result && result.error().code == code)
        return testing::AssertionSuccess();
    auto failure = testing::AssertionFailure() << text << "\n  should fail with " << ::strerrorname_np(code);
    if (result)
        return failure << ", but succeeds";
    return failure << ", but: " << result.error().sentence();
}

template <std::integral Wanted, std::integral T>
testing::AssertionResult has_value(const char*, const char* text, Wanted wanted, T value) {
    if (std::cmp_equal(wanted, value))
        return testing::AssertionSuccess();
    std::ostringstream numbers; // an AssertionFailure forgets std::hex from one << to the next
    numbers << std::hex << "\n  is 0x" << static_cast<std::uint64_t>(value) << " instead of 0x"
            << static_cast<std::uint64_t>(wanted);
    return testing::AssertionFailure() << text << numbers.str();
}

template <std::integral Wanted, class T>
testing::AssertionResult has_value(const char* wanted_text, const char* text, Wanted wanted,
                                   const virt::expected<T>& result) {
    return result ? has_value(wanted_text, text, wanted, *result) : succeeded(text, result);
}

} // namespace conformance

#define EXPECT_OK(...) EXPECT_PRED_FORMAT1(::conformance::succeeded, (__VA_ARGS__))
#define ASSERT_OK(...) ASSERT_PRED_FORMAT1(::conformance::succeeded, (__VA_ARGS__))
/// EXPECT_ERRNO(EBUSY, call): the call through the seam fails with just that.
#define EXPECT_ERRNO(code, ...) EXPECT_PRED_FORMAT2(::conformance::failed_with, code, (__VA_ARGS__))
/// EXPECT_VALUE(0x3B, number or call through the seam that answers one); prints hexadecimal numbers.
#define EXPECT_VALUE(wanted, ...) EXPECT_PRED_FORMAT2(::conformance::has_value, wanted, (__VA_ARGS__))
