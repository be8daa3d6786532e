// SPDX-License-Identifier: Apache-2.0
// The only place that knows in which version something changed. Sources: git history of arch/arm64/kvm, virt/kvm.
#include "tests/conformance/provider.hpp"

#include <utility>

namespace conformance {

Facts facts_of_linux(unsigned version, unsigned patchlevel) {
    const auto since = [now = std::pair(version, patchlevel)](unsigned major, unsigned minor) {
        return now >= std::pair(major, minor);
    };
    return {.rdbase_is_vcpu_id = since(6, 7),
            .unmapping_mapc_checks_rdbase = !since(6, 7),
            .irq_line_names_vcpu_id = since(6, 7),
            .confuses_vcpu_id_and_index = !since(6, 7),
            .physical_timer_registers = since(6, 4),
            .timer_ppis_are_vm_wide = since(6, 4),
            .hypervisor_timers = since(6, 4),
            .counter_offset = since(6, 4),
            .born_with_routing_table = since(6, 10),
            .translation_cache_is_unlimited = since(6, 10),
            .translation_cache_is_per_its = since(6, 10),
            .changing_baser_forgets_mappings = since(6, 12),
            .save_leaves_out_devices_without_place = since(6, 12),
            .hides_gic_without_vgic = since(6, 12),
            .power_off_is_ephemeral = since(6, 5),
            .features_are_vm_wide = since(6, 5),
            .mpidr_survives_initialisation = since(6, 10),
            .answers_smc = since(6, 4),
            .irqfd_binding_is_system_wide = since(6, 17),
            .binary_points_begin_at_zero = true,
            .active_beyond_list_registers = since(6, 19)};
}

} // namespace conformance
