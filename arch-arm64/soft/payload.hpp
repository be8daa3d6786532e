// SPDX-License-Identifier: Apache-2.0
// What a device attribute's `addr` points to: copy_from_user and copy_to_user.
#pragma once

#include "virt/expected.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>

namespace arm64::soft {

/// EFAULT if it is too short.
template <class T>
[[nodiscard]] virt::expected<T> load(std::span<const std::byte> payload) {
    T value{};
    if (payload.size() < sizeof value)
        return virt::failure(EFAULT, "read the payload of an attribute");
    std::memcpy(&value, payload.data(), sizeof value);
    return value;
}

template <class T>
[[nodiscard]] virt::expected<void> store(std::span<std::byte> payload, const T& value) {
    if (payload.size() < sizeof value)
        return virt::failure(EFAULT, "write the payload of an attribute");
    std::memcpy(payload.data(), &value, sizeof value);
    return {};
}

} // namespace arm64::soft
