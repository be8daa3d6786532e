// SPDX-License-Identifier: Apache-2.0
// With 6 GiB, the last doubleword of RAM is RAM (far above 4 GiB) and the next one is nothing.
#include "probe.inc"
    ldr x0, =0x80000000 + (6 << 30)
    ldr x1, =0x0123456789abcdef
    str x1, [x0, #-8]
    ldr x2, [x0, #-8]
    cmp x1, x2
    check 1, eq
    ldr x2, [x0]
    cmp x2, #0
    check 2, eq
    exit_with PASS
