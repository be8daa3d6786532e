// SPDX-License-Identifier: Apache-2.0
// The virtual timer's PPI 27 arrives through the in-kernel GICv3.
#include "probe.inc"
.equ GICD,  0x3fff0000
.equ GICR,  0x3ffd0000      // one CPU
    adr x0, vectors
    msr VBAR_EL1, x0
    ldr x0, =GICD
    mov w1, #0x12           // GICD_CTLR: ARE_NS, EnableGrp1
    str w1, [x0]
    ldr x0, =GICR + 0x10000
    mov w1, #(1 << 27)
    str w1, [x0, #0x100]    // GICR_ISENABLER0
    mov x1, #0xf0
    msr ICC_PMR_EL1, x1
    mov x1, #1
    msr ICC_IGRPEN1_EL1, x1
    isb
    mov x1, #1000
    msr CNTV_TVAL_EL0, x1
    mov x1, #1
    msr CNTV_CTL_EL0, x1
    msr DAIFClr, #2
1:  wfi
    b 1b
irq:
    mrs x20, ELR_EL1        // before IAR is read: a split irqchip overwrites it
    mrs x21, SPSR_EL1
    mrs x0, ICC_IAR1_EL1
    cmp x0, #27
    check 1, eq
    mrs x1, CNTV_CTL_EL0
    cmp x1, #5              // ISTATUS, ENABLE
    check 2, eq
    exit_with PASS
    .ltorg
    .balign 2048
vectors:
    .org vectors + 0x280    // IRQ, current EL with SP_ELx
    b irq
    .org vectors + 0x800
