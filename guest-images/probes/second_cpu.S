// SPDX-License-Identifier: Apache-2.0
// PSCI CPU_ON starts the second CPU where it is told, with its context, as MPIDR 1.
#include "probe.inc"
    ldr x0, =PSCI_CPU_ON
    mov x1, #1
    adr x2, second
    mov x3, #0x1234
    hvc #0
    cmp x0, #0
    check 1, eq
    b .                     // the second one ends it
second:
    mov x1, #0x1234
    cmp x0, x1
    check 2, eq
    mrs x1, MPIDR_EL1
    and x1, x1, #0xffffff
    cmp x1, #1
    check 3, eq
    exit_with PASS
