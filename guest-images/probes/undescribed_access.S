// SPDX-License-Identifier: Apache-2.0
// An access to a device that KVM cannot describe (a load pair) is the guest's problem: a synchronous external abort.
#include "probe.inc"
    adr x0, vectors
    msr VBAR_EL1, x0
    isb
    ldr x0, =SERIAL
    ldp w1, w2, [x0]
    exit_with 1
sync:
    mrs x0, ESR_EL1
    ubfx x1, x0, #26, #6    // EC; Linux 6.1 sign-extends the syndrome it injects
    cmp x1, #0x25           // data abort from the same EL
    check 2, eq
    and x1, x0, #0x3f
    cmp x1, #0x10           // DFSC: synchronous external abort
    check 3, eq
    exit_with PASS
    .ltorg
    .balign 2048
vectors:
    .org vectors + 0x200
    b sync
    .org vectors + 0x800
