// SPDX-License-Identifier: Apache-2.0
// The boot protocol's state at entry. Linux Documentation/arm64/booting.rst, section 4.
#include "probe.inc"
    cmp x1, #0
    check 1, eq
    cmp x2, #0
    check 2, eq
    cmp x3, #0
    check 3, eq
    ldr w4, [x0]            // the device tree's magic, big-endian
    rev w4, w4
    ldr w5, =0xd00dfeed
    cmp w4, w5
    check 4, eq
    tst x0, #7
    check 5, eq
    mrs x4, CurrentEL
    cmp x4, #(1 << 2)
    check 6, eq
    mrs x4, DAIF
    cmp x4, #0x3c0          // all four masked
    check 7, eq
    mrs x4, SCTLR_EL1
    tst x4, #1              // M
    check 8, eq
    exit_with PASS
