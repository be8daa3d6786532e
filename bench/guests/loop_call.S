// SPDX-License-Identifier: Apache-2.0
// Calls of a function that adds and returns.
.macro turn
    .rept 6
    bl      function
    .endr
.endm
#include "loop.inc"
