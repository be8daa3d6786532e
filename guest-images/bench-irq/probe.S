// SPDX-License-Identifier: Apache-2.0
// The guest of `itsy bench irq`: acknowledges interrupts and logs when, or rings a doorbell at given times. Nothing in
// a measured path leaves the guest on purpose. Manuals: Arm DDI 0487 (EL1), IHI 0069 (GIC). One vCPU, so its affinity
// and its processor number (RDbase) are read, not searched.
//
// Entered at EL1 with the MMU off and x0 = the page that it shares with the host (vmm/bench/probe_page.hpp).

// The shared page. The host's part:
.equ DISTRIBUTOR,   0x00
.equ REDISTRIBUTOR, 0x08
.equ ITS,           0x10        // 0: leave LPIs alone
.equ TABLES,        0x18        // six areas of 64 KiB for the ITS and LPIs
.equ LOG,           0x20
.equ LOG_END,       0x28
.equ FLAGS,         0x30
.equ SPI,           0x38        // INTID, 32 bits
.equ LPI,           0x3c        // INTID, 32 bits
.equ DEVICE,        0x40        // DeviceID, 32 bits
.equ EVENT,         0x44        // EventID, 32 bits
.equ DOORBELL,      0x48        // address
.equ INTERVAL,      0x50        // ticks between two rings
.equ RINGS,         0x58
.equ FIRST_RING,    0x60        // CNTVCT_EL0 of the first; set last by the host, cleared when all have rung
// The guest's part:
.equ STATE,         0x80        // written last
.equ OFFSET,        0x88        // CNTPCT_EL0 - CNTVCT_EL0, at least
.equ OFFSET_WIDTH,  0x90        // and at most so many ticks more
.equ SYNDROME,      0x98
.equ LINK,          0xa0
.equ FAULT,         0xa8
.equ SPURIOUS,      0xb0        // acknowledges that found nothing

.equ EOIMODE_BIT,  0
.equ LEVEL_BIT,    1
.equ WFI_BIT,      2
.equ RING_BIT,     3

.equ STATE_READY,    1
.equ STATE_FAULT,    2
.equ STATE_LOG_FULL, 3

.equ TIMER_PPI, 27
.equ PRIORITY,  0xa0
.equ PSCI_SYSTEM_OFF, 0x84000008

// For the whole life: x19 page, x20 next log entry, w21 sequence of the last acknowledge, x22 flags, x23 end of the log.

.global _start
_start:
    mov     x19, x0
    adr     x0, vectors
    msr     VBAR_EL1, x0
    bl      mmu_on
    ldr     x20, [x19, #LOG]
    ldr     x23, [x19, #LOG_END]
    mov     w21, wzr
    ldr     x22, [x19, #FLAGS]
    mov     x0, x20             // no page of the log is new to stage 2 when it is measured
1:  str     xzr, [x0]
    add     x0, x0, #4096
    cmp     x0, x23
    b.lo    1b
    bl      relate_counters
    bl      gic_on
    ldr     x0, [x19, #ITS]
    cbz     x0, 2f
    bl      its_on
2:  mov     w0, #STATE_READY
    add     x1, x19, #STATE
    stlr    x0, [x1]
    tbnz    x22, #RING_BIT, ring_doorbell
    msr     DAIFClr, #2
    tbnz    x22, #WFI_BIT, 4f
3:  b       3b
4:  wfi
    b       4b

irq:
    mrs     x0, ELR_EL1         // Both before ICC_IAR1_EL1 is read: where the interrupt controller is in userspace,
    mrs     x1, SPSR_EL1        // that read is an exception of its own, which overwrites them.
    mrs     x2, ICC_IAR1_EL1
    isb
    mrs     x3, CNTVCT_EL0
    sub     w4, w2, #1020       // 1020..1023 are no interrupts
    cmp     w4, #3
    b.ls    5f
    cmp     x20, x23
    b.hs    log_full            // a line that nobody lowers
    str     x3, [x20]
    str     w2, [x20, #8]
    add     w21, w21, #1
    add     x4, x20, #12
    stlr    w21, [x4]
    add     x20, x20, #16
    msr     ICC_EOIR1_EL1, x2
    tbz     x22, #EOIMODE_BIT, 6f
    msr     ICC_DIR_EL1, x2
    b       6f
5:  ldr     x4, [x19, #SPURIOUS]
    add     x4, x4, #1
    str     x4, [x19, #SPURIOUS]
6:  msr     ELR_EL1, x0
    msr     SPSR_EL1, x1
    eret

log_full:
    mov     x0, #STATE_LOG_FULL
    b       give_up

unexpected:
    mrs     x0, ESR_EL1
    str     x0, [x19, #SYNDROME]
    mrs     x0, ELR_EL1
    str     x0, [x19, #LINK]
    mrs     x0, FAR_EL1
    str     x0, [x19, #FAULT]
    mov     x0, #STATE_FAULT
give_up:
    add     x1, x19, #STATE
    stlr    x0, [x1]
    ldr     w0, =PSCI_SYSTEM_OFF
    hvc     #0
    b       .

// Batches of rings at FIRST_RING + n * INTERVAL. Interrupts stay masked: a pending one ends WFI all the same.
// A log entry: when it was due, when the guest got to it.
ring_doorbell:
    ldr     x5, [x19, #DOORBELL]
    add     x6, x19, #FIRST_RING
1:  ldar    x0, [x6]
    cbz     x0, 1b
    ldr     x1, [x19, #INTERVAL]
    ldr     x2, [x19, #RINGS]
2:  tbz     x22, #WFI_BIT, 4f
    msr     CNTV_CVAL_EL0, x0
    mov     x3, #1
    msr     CNTV_CTL_EL0, x3
    isb
3:  isb
    mrs     x3, CNTVCT_EL0
    cmp     x3, x0
    b.hs    5f
    wfi
    b       3b
4:  isb
    mrs     x3, CNTVCT_EL0
    cmp     x3, x0
    b.lo    4b
5:  cmp     x20, x23
    b.hs    log_full
    stp     x0, x3, [x20], #16
    str     w2, [x5]
    msr     CNTV_CTL_EL0, xzr
    add     x0, x0, x1
    subs    x2, x2, #1
    b.ne    2b
    stlr    xzr, [x6]
    b       1b

// Flat identity map: device memory below 2 GiB, RAM above, Normal write-back so that the host's view is coherent.
mmu_on:
    adr     x0, translation_table
    msr     TTBR0_EL1, x0
    ldr     x0, =0xff04         // attribute 0: Device-nGnRE, 1: Normal write-back
    msr     MAIR_EL1, x0
    ldr     x0, =0x00803519     // EPD1, 4 KiB granule, inner shareable write-back walks, 39 bits of address
    msr     TCR_EL1, x0
    isb
    tlbi    vmalle1
    dsb     nsh
    isb
    ldr     x0, =0x30d01805     // RES1 bits, I, C, M
    msr     SCTLR_EL1, x0
    isb
    ret

// KVM gives a guest the host's CNTPCT_EL0 as it is, and CNTVCT_EL0 less CNTVOFF_EL2: the guest alone can see both at
// one time, so it is the one to say how far they are apart.
relate_counters:
    mov     x4, #-1
    mov     w5, #64
1:  isb
    mrs     x0, CNTPCT_EL0
    isb
    mrs     x1, CNTVCT_EL0
    isb
    mrs     x2, CNTPCT_EL0
    sub     x2, x2, x0
    cmp     x2, x4
    b.hs    2f
    mov     x4, x2
    sub     x3, x0, x1
2:  subs    w5, w5, #1
    b.ne    1b
    str     x3, [x19, #OFFSET]
    str     x4, [x19, #OFFSET_WIDTH]
    ret

gic_on:
    ldr     x0, [x19, #DISTRIBUTOR]
    ldr     w1, [x19, #SPI]
    lsr     w2, w1, #5
    add     x2, x0, x2, lsl #2  // the word of this SPI in registers of a bit each
    mov     w3, #1
    lsl     w3, w3, w1          // modulo 32
    ldr     w4, [x2, #0x80]     // GICD_IGROUPR: group 1
    orr     w4, w4, w3
    str     w4, [x2, #0x80]
    lsr     w4, w1, #4
    add     x4, x0, x4, lsl #2
    ldr     w5, [x4, #0xc00]    // GICD_ICFGR: two bits each, the upper one is edge
    and     w6, w1, #15
    lsl     w6, w6, #1
    mov     w7, #2
    lsl     w7, w7, w6
    bic     w5, w5, w7
    tbnz    x22, #LEVEL_BIT, 1f
    orr     w5, w5, w7
1:  str     w5, [x4, #0xc00]
    add     x4, x0, x1
    mov     w5, #PRIORITY
    strb    w5, [x4, #0x400]    // GICD_IPRIORITYR
    mrs     x4, MPIDR_EL1
    ldr     x5, =0xff00ffffff
    and     x4, x4, x5
    add     x5, x0, x1, lsl #3
    mov     x6, #0x6000
    str     x4, [x5, x6]        // GICD_IROUTER
    str     w3, [x2, #0x100]    // GICD_ISENABLER
    mov     w1, #0x12           // GICD_CTLR: ARE_NS, EnableGrp1
    str     w1, [x0]

    ldr     x0, [x19, #REDISTRIBUTOR]
    ldr     w1, [x0, #0x14]     // GICR_WAKER: ProcessorSleep, then ChildrenAsleep
    bic     w1, w1, #2
    str     w1, [x0, #0x14]
2:  ldr     w1, [x0, #0x14]
    tbnz    w1, #2, 2b
    add     x0, x0, #0x10, lsl #12
    mov     w1, #-1
    str     w1, [x0, #0x80]     // GICR_IGROUPR0
    str     w1, [x0, #0x180]    // GICR_ICENABLER0
    tbz     x22, #RING_BIT, 3f
    mov     w1, #(1 << TIMER_PPI)
    str     w1, [x0, #0x100]    // GICR_ISENABLER0
3:  mrs     x0, ICC_SRE_EL1
    orr     x0, x0, #1
    msr     ICC_SRE_EL1, x0
    isb
    mov     x0, #0xf0
    msr     ICC_PMR_EL1, x0
    msr     ICC_BPR1_EL1, xzr
    ubfx    x0, x22, #EOIMODE_BIT, #1
    lsl     x0, x0, #1
    msr     ICC_CTLR_EL1, x0    // EOImode
    mov     x0, #1
    msr     ICC_IGRPEN1_EL1, x0
    isb
    ret

// One LPI, set up with commands as a driver does: that works on every provider, where tables written by the host would
// be one provider's format.
.equ DEVICE_TABLE,     0x00000
.equ COLLECTION_TABLE, 0x10000
.equ COMMANDS,         0x20000
.equ TRANSLATIONS,     0x30000  // the device's, KVM's entries are 8 bytes
.equ CONFIGURATION,    0x40000
.equ PENDING,          0x50000
.equ CACHEABLE, 7               // of a GITS_ or GICR_ register: Inner, read- and write-allocate, write-back
.macro command opcode
    mov     x0, #\opcode
    stp     x0, xzr, [x7]
    stp     xzr, xzr, [x7, #16]
.endm
its_on:
    ldr     x8, [x19, #ITS]
    ldr     x9, [x19, #TABLES]
    ldr     x10, [x19, #REDISTRIBUTOR]

    add     x0, x9, #CONFIGURATION & 0xfff000
    ldr     w1, [x19, #LPI]
    sub     w2, w1, #8192
    mov     w3, #(PRIORITY | 3) // group 1, enabled
    strb    w3, [x0, x2]
    mov     x1, #(1 << 10 | CACHEABLE << 7 | 13) // Inner shareable, 14 bits of INTID
    orr     x0, x0, x1
    str     x0, [x10, #0x70]    // GICR_PROPBASER
    add     x0, x9, #PENDING & 0xfff000
    ldr     x1, =(1 << 62 | 1 << 10 | CACHEABLE << 7) // PTZ: the table is zero
    orr     x0, x0, x1
    str     x0, [x10, #0x78]    // GICR_PENDBASER
    dsb     sy
    mov     w0, #1
    str     w0, [x10]           // GICR_CTLR.EnableLPIs

    mov     w4, #8              // GITS_BASER0 to 7
    add     x5, x8, #0x100
    ldr     x3, =(1 << 63 | CACHEABLE << 59 | 1 << 10 | 2 << 8) // valid, one page of 64 KiB
1:  ldr     x0, [x5]
    ubfx    x0, x0, #56, #3
    mov     x1, x9              // type 1: devices
    cmp     x0, #1
    b.eq    2f
    add     x1, x9, #COLLECTION_TABLE
    cmp     x0, #4
    b.ne    3f
2:  orr     x1, x1, x3
    str     x1, [x5]
3:  add     x5, x5, #8
    subs    w4, w4, #1
    b.ne    1b

    add     x6, x9, #COMMANDS & 0xfff000
    ldr     x1, =(1 << 63 | CACHEABLE << 59 | 1 << 10 | 15) // 16 pages of 4 KiB
    orr     x1, x1, x6
    str     x1, [x8, #0x80]     // GITS_CBASER
    str     xzr, [x8, #0x88]    // GITS_CWRITER
    mov     w0, #1
    str     w0, [x8]            // GITS_CTLR.Enabled

    mov     x7, x6
    ldr     w11, [x19, #DEVICE]
    ldr     w12, [x19, #EVENT]
    ldr     w13, [x19, #LPI]
    ldr     x14, [x10, #0x08]   // GICR_TYPER.Processor_Number
    ubfx    x14, x14, #8, #16
    lsl     x14, x14, #16       // as RDbase
    mov     x15, #(1 << 63)     // V
    command 0x09                // MAPC: collection 0 is this vCPU
    orr     x0, x14, x15
    str     x0, [x7, #16]
    add     x7, x7, #32
    command 0x08                // MAPD: 5 bits of EventID
    str     w11, [x7, #4]
    mov     w0, #4
    str     w0, [x7, #8]
    add     x0, x9, #TRANSLATIONS & 0xfff000
    orr     x0, x0, x15
    str     x0, [x7, #16]
    add     x7, x7, #32
    command 0x0a                // MAPTI
    str     w11, [x7, #4]
    stp     w12, w13, [x7, #8]
    add     x7, x7, #32
    command 0x0c                // INV
    str     w11, [x7, #4]
    str     w12, [x7, #8]
    add     x7, x7, #32
    command 0x05                // SYNC
    str     x14, [x7, #16]
    add     x7, x7, #32
    dsb     sy
    sub     x0, x7, x6
    str     x0, [x8, #0x88]     // GITS_CWRITER
4:  ldr     x1, [x8, #0x90]     // GITS_CREADR
    cmp     x1, x0
    b.ne    4b
    ret

.ltorg
.balign 2048
vectors:
    .rept 5
    b       unexpected
    .balign 128
    .endr
    b       irq                 // current EL with SP_ELx
    .balign 128
    .rept 10
    b       unexpected
    .balign 128
    .endr

// Level 1, blocks of 1 GiB: AF, inner shareable, EL1 read and write; device memory is never executed.
.balign 4096
translation_table:
    .quad 0x0060000000000701
    .quad 0x0060000040000701
    .quad 0x0000000080000705
    .quad 0x00000000c0000705
    .balign 4096
