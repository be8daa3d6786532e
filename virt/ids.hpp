// SPDX-License-Identifier: Apache-2.0
// Strong types for the numbers that are most often confused with one another.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace virt {

/// A number with a meaning. Nothing converts implicitly: write `Gsi{5}`, read `.value`.
template <class Meaning, class Representation>
struct Id {
    using representation = Representation;
    Representation value{};

    constexpr Id() = default;
    constexpr explicit Id(Representation number) : value(number) {}
    friend constexpr auto operator<=>(const Id&, const Id&) = default;
};

/// Guest physical address (KVM: GPA, Arm: IPA), in bytes.
using Gpa = std::uint64_t;

/// Index into the VM's GSI routing table, 0..4095. Source: Documentation/virt/kvm/api.rst, 4.52.
using Gsi = Id<struct GsiMeaning, std::uint32_t>;
/// Input pin of an irqchip, 0..987 on arm64, where SPI INTID = pin + 32.
using Pin = Id<struct PinMeaning, std::uint32_t>;
/// What an MSI carries beside its address and data: the requester, seen by the ITS as DeviceID.
using DeviceId = Id<struct DeviceIdMeaning, std::uint32_t>;
/// Argument of KVM_CREATE_VCPU, 0..KVM_CAP_MAX_VCPU_ID-1.
using VcpuId = Id<struct VcpuIdMeaning, std::uint32_t>;
/// Register identifier of KVM_{GET,SET}_ONE_REG; its size is encoded in bits 55:52.
using RegisterId = Id<struct RegisterIdMeaning, std::uint64_t>;
/// Bytes of the register.
[[nodiscard]] constexpr std::size_t size_of(RegisterId id) { return std::size_t{1} << (id.value >> 52 & 15); }

} // namespace virt
