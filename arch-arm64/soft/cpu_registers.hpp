// SPDX-License-Identifier: Apache-2.0
// A PE's registers as KVM_{GET,SET}_ONE_REG name them: struct kvm_regs, system registers, CCSIDR_EL1, the firmware's.
// Source: Documentation/virt/kvm/api.rst, 4.68; arch/arm64/kvm/guest.c, sys_regs.c.
#pragma once

#include "virt/expected.hpp"
#include "virt/ids.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace arm64::soft {

class Pe;

/// ENOENT: there is none of that name. `data` has the register's size.
[[nodiscard]] virt::expected<void> read_register(Pe& pe, virt::RegisterId id, std::span<std::byte> data);
/// ENOENT; EINVAL: what it cannot be.
virt::expected<void> write_register(Pe& pe, virt::RegisterId id, std::span<const std::byte> data);
/// KVM_GET_REG_LIST.
[[nodiscard]] std::vector<virt::RegisterId> list_registers(Pe& pe);

} // namespace arm64::soft
