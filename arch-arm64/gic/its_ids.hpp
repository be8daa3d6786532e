// SPDX-License-Identifier: Apache-2.0
// Numbers that ITS commands carry beside DeviceID (virt::DeviceId) and INTID. Source: Arm IHI 0069, 5.1 and 5.2.
#pragma once

#include "virt/ids.hpp"

#include <cstdint>

namespace arm64 {

/// Names an interrupt among those of one DeviceID: the data of its MSI.
using EventId = virt::Id<struct EventIdMeaning, std::uint32_t>;
/// ICID: names an interrupt collection, hence a target redistributor.
using CollectionId = virt::Id<struct CollectionIdMeaning, std::uint16_t>;

} // namespace arm64
