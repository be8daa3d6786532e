// SPDX-License-Identifier: Apache-2.0
// Where nothing is, loads give zero and stores are ignored, in every width.
#include "probe.inc"
    ldr x0, =0x01ff0000
    mov x1, #-1
    str x1, [x0]
    ldr x2, [x0]
    cmp x2, #0
    check 1, eq
    strb w1, [x0, #1]
    ldrb w2, [x0, #1]
    cmp x2, #0
    check 2, eq
    ldrsw x2, [x0]
    cmp x2, #0
    check 3, eq
    exit_with PASS
