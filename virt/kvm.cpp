// SPDX-License-Identifier: Apache-2.0
#include "virt/kvm.hpp"

#include "virt/route_table.hpp"

namespace virt {

expected<void> Vm::change_gsi_routing(RouteTable& table, std::span<const Gsi> /*changed*/) {
    return set_gsi_routing(table.encoded());
}

} // namespace virt
