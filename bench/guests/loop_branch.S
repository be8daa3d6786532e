// SPDX-License-Identifier: Apache-2.0
// Conditional branches on random bits: both ways take three instructions.
.macro turn
    eor     x20, x20, x20, lsl #13
    eor     x20, x20, x20, lsr #7
    eor     x20, x20, x20, lsl #17
    .irp bit, 3, 11, 23, 37, 53
    tbnz    x20, #\bit, 2f
    add     x21, x21, #1
    b       3f
2:  sub     x22, x22, #1
    nop
3:
    .endr
.endm
#include "loop.inc"
