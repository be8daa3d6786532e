// SPDX-License-Identifier: Apache-2.0
// Loads and stores of one page; two of three instructions.
.macro turn
    .rept 3
    ldr     x20, [x19, #8]
    ldp     x21, x22, [x19, #64]
    add     x20, x20, x21
    str     x20, [x19, #1024]
    ldrb    w23, [x19, x24]
    add     x22, x22, x23
    .endr
.endm
#include "loop.inc"
