// SPDX-License-Identifier: Apache-2.0
// Arithmetic and logic on registers.
.macro turn
    .rept 3
    add     x20, x20, x21
    eor     x21, x21, x22, lsl #3
    sub     x22, x23, x20
    orr     x24, x24, x21, lsr #7
    and     x25, x24, x22
    add     x26, x26, w25, uxtw
    .endr
.endm
#include "loop.inc"
