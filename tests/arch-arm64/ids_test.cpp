// SPDX-License-Identifier: Apache-2.0
// Numbers that are confused do not convert.
#include "arch-arm64/gic/its_ids.hpp"
#include "arch-arm64/intid.hpp"
#include "arch-arm64/irqchip.hpp"
#include "virt/ids.hpp"
#include "virt/kvm.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>

namespace arm64 {
namespace {

/// From any of these to `To`, or from a bare number.
template <class To, class... From>
constexpr bool takes_no_other = ((std::is_same_v<To, From> || !std::is_convertible_v<From, To>) && ...) &&
                                !std::is_convertible_v<std::uint32_t, To> && !std::is_convertible_v<To, std::uint32_t>;
template <class... All>
constexpr bool all_apart = (takes_no_other<All, All...> && ...);

static_assert(all_apart<virt::Gsi, virt::Pin, Intid, virt::DeviceId, EventId, CollectionId, virt::IrqLineField,
                        virt::VcpuId, VcpuIndex>);

TEST(Ids, APinIsAnSpiLessThePrivateInterrupts) {
    EXPECT_EQ(intid_of(virt::Pin{0}), Intid{32});
    EXPECT_EQ(pin_of(Intid{1019}), virt::Pin{irqchip_pins - 1});
    EXPECT_EQ(irqchip_pins, 988U);
}

} // namespace
} // namespace arm64
