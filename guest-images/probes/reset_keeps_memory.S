// SPDX-License-Identifier: Apache-2.0
// After SYSTEM_RESET a new VM starts at the same entry with the same memory.
#include "probe.inc"
    ldr x1, =0x80100000     // behind this probe, untouched by loading
    ldr x2, =0x600df00d
    ldr x3, [x1]
    cmp x3, x2
    b.eq second_time
    str x2, [x1]
    ldr x0, =PSCI_SYSTEM_RESET
    hvc #0
    exit_with 1
second_time:
    mrs x4, CurrentEL
    cmp x4, #(1 << 2)
    check 2, eq
    exit_with PASS
