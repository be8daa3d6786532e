// SPDX-License-Identifier: Apache-2.0
// The puppet: executes command lists for a test (commands.inc), at EL1 with the MMU on.
//
// x19 mailbox, x20 the present command, x21 where it goes on after an exception (0: none is expected); x22..x28 belong
// to the exception handlers, so commands have the rest and there is no stack.
#include "commands.inc"
#include "sysregs.inc"

#define SYSREG_FIELDS(op0, op1, CRn, CRm, op2) ((op0 << 19) | (op1 << 16) | (CRn << 12) | (CRm << 8) | (op2 << 5))
// The fields of each register, by its name.
#define FIELDS(name, op0, op1, CRn, CRm, op2) .equ name, SYSREG_FIELDS(op0, op1, CRn, CRm, op2) ;
PUPPET_SYSREGS(FIELDS)

// By encoding: the assembler has an opinion on which registers may be read or written, and the tests have another.
.macro read_sysreg register, fields
    .inst 0xd5200000 | \fields | \register
.endm
.macro write_sysreg fields, register
    .inst 0xd5000000 | \fields | \register
.endm

    ldr x1, =PUPPET_MAILBOXES
    mov x2, #PUPPET_MAILBOX_SIZE
    madd x19, x0, x2, x1
    add x20, x19, #MAILBOX_COMMANDS
    mov x21, #0

    adr x0, vectors
    msr VBAR_EL1, x0
    ldr x0, =0xff04                 // attribute 0 Device-nGnRE, 1 Normal write-back
    msr MAIR_EL1, x0
    ldr x0, =0x200803519            // 39 bits, 4 KiB granule, write-back inner shareable walks, no TTBR1, 40-bit IPA
    msr TCR_EL1, x0
    adr x0, translation_table
    msr TTBR0_EL1, x0
    dsb sy
    tlbi vmalle1
    ic iallu
    dsb sy
    isb
    ldr x0, =0x30d01805             // RES1 bits, I, C, M
    msr SCTLR_EL1, x0
    isb

next:
    ldr w9, [x20, #COMMAND_OP]
    cmp w9, #(operations_end - operations) / 4
    b.hs unknown
    adr x10, operations
    ldrsw x11, [x10, x9, lsl #2]
    add x10, x10, x11
    ldp x0, x1, [x20, #COMMAND_OPERANDS]
    ldp x2, x3, [x20, #COMMAND_OPERANDS + 16]
    ldr w4, [x20, #COMMAND_DETAIL]
    adr x21, done_by_exception
    br x10
done:                               // x0 = result
    str x0, [x20, #COMMAND_VALUE]
done_by_exception:
    mov x21, #0
    mov x1, #1
    str x1, [x20, #COMMAND_DONE]
    add x20, x20, #COMMAND_SIZE
    b next
unknown:
    mov x22, x20
    mov x24, #0
    b crash

op_END:
    mov x21, #0
    add x20, x19, #MAILBOX_COMMANDS
    ldr x10, =PUPPET_DOORBELL
    dsb sy
    str wzr, [x10]
    dsb sy
    b next

op_LOAD8:
    ldrb w0, [x0]
    b done
op_LOAD16:
    ldrh w0, [x0]
    b done
op_LOAD32:
    ldr w0, [x0]
    b done
op_LOAD64:
    ldr x0, [x0]
    b done
op_STORE8:
    strb w1, [x0]
    b done
op_STORE16:
    strh w1, [x0]
    b done
op_STORE32:
    str w1, [x0]
    b done
op_STORE64:
    str x1, [x0]
    b done
op_LOAD_PAIR:
    ldp w0, w1, [x0]
    b done
op_STORE_PAIR:
    stp w1, w1, [x0]
    b done

op_MRS:
    adr x1, reads
    add x1, x1, x4, lsl #3
    br x1
op_MSR:
    adr x1, writes
    add x1, x1, x4, lsl #3
    br x1

op_WFI:
    dsb sy
    wfi
    mov x0, #0
    b done

op_TAKE:
    str wzr, [x19, #MAILBOX_TAKEN]
    str w0, [x19, #MAILBOX_WANTED]
    cbz w0, taken
    msr DAIFClr, #3
1:  ldr w1, [x19, #MAILBOX_TAKEN]
    cmp w1, w0
    b.lo 1b
    b taken
op_TAKE_WFI:
    str wzr, [x19, #MAILBOX_TAKEN]
    str w0, [x19, #MAILBOX_WANTED]
1:  ldr w1, [x19, #MAILBOX_TAKEN]
    cmp w1, w0
    b.hs taken
    dsb sy
    wfi
    msr DAIFClr, #3
    isb
    msr DAIFSet, #3
    b 1b
op_WINDOW:
    str wzr, [x19, #MAILBOX_TAKEN]
    str w1, [x19, #MAILBOX_WANTED]
    msr DAIFClr, #3
    isb
1:  subs x0, x0, #1
    b.hi 1b
taken:
    msr DAIFSet, #3
    isb
    ldr w0, [x19, #MAILBOX_TAKEN]
    b done

op_BARRIER:
    dsb sy
    isb
    b done
op_SPIN:
1:  subs x0, x0, #1
    b.hi 1b
    b done
op_HVC:
    hvc #0
    b called
op_SMC:
    smc #0
called:
    str x1, [x20, #COMMAND_OPERANDS + 8]
    stp x2, x3, [x20, #COMMAND_OPERANDS + 16]
    b done
op_RECORD:
    mov w24, w0
    mov w26, #RECORD_MARKER
    bl record
    b done

// Appends {w24, w26} to the ring; uses x25, x27.
record:
    ldr w25, [x19, #MAILBOX_RECORDS]
    and w27, w25, #MAILBOX_RING_SIZE - 1
    add x27, x19, x27, lsl #3
    add x27, x27, #MAILBOX_RING
    stp w24, w26, [x27]
    add w25, w25, #1
    str w25, [x19, #MAILBOX_RECORDS]
    ret

#define OPERATION(name) .word op_##name - operations ;
    .balign 4
operations:
    PUPPET_OPERATIONS(OPERATION)
operations_end:

// Two instructions for each register, so that the number of the register is an index.
#define READ(name, ...) read_sysreg 0, name ; b done ;
#define WRITE(name, ...) write_sysreg name, 0 ; b written ;
reads:
    PUPPET_SYSREGS(READ)
writes:
    PUPPET_SYSREGS(WRITE)
written:
    isb
    b done

// ELR and SPSR are saved before anything that may itself be an exception, which IAR is where the interrupt controller
// is emulated behind an UNDEFINED instruction.
.macro interrupt IAR, EOIR, kind
    mrs x22, ELR_EL1
    mrs x23, SPSR_EL1
    mov x28, x21
    mov x21, #0
    read_sysreg 24, \IAR
    dsb sy
    mov w26, #\kind
    mov x21, x30
    bl record
    mov x30, x21
    mov x21, #0
    sub w26, w24, #1020
    cmp w26, #4
    b.lo 2f                         // special INTIDs are not ended, and do not count
    ldr x26, [x19, #MAILBOX_HOOK]
    cbz x26, 1f
    str w24, [x26]
1:  ldr w26, [x19, #MAILBOX_HANDLER]
    cmp w26, #HANDLER_EOI
    b.lo 1f
    write_sysreg \EOIR, 24
    b.eq 1f
    write_sysreg ICC_DIR_EL1, 24
1:  isb
    ldr w26, [x19, #MAILBOX_TAKEN]
    add w26, w26, #1
    str w26, [x19, #MAILBOX_TAKEN]
    ldr w27, [x19, #MAILBOX_WANTED]
    cmp w26, w27
    b.lo 2f
    orr x23, x23, #0xc0             // I, F: no more than wanted
2:  msr ELR_EL1, x22
    msr SPSR_EL1, x23
    mov x21, x28
    eret
.endm

irq:
    interrupt ICC_IAR1_EL1, ICC_EOIR1_EL1, RECORD_IRQ
fiq:
    interrupt ICC_IAR0_EL1, ICC_EOIR0_EL1, RECORD_FIQ

synchronous:
    mrs x22, ELR_EL1
    mrs x24, ESR_EL1
    cbz x21, crash
    str x24, [x20, #COMMAND_ESR]
    msr ELR_EL1, x21
    eret
other:
    mrs x22, ELR_EL1
    mrs x24, ESR_EL1
crash:
    str x24, [x19, #MAILBOX_CRASH_ESR]
    str x22, [x19, #MAILBOX_CRASH_ELR]
    ldr x10, =PUPPET_CRASH
    dsb sy
    str wzr, [x10]
    b .
    .ltorg

.macro vector target
    .balign 0x80
    b \target
.endm
    .balign 0x800
vectors:
    .rept 4
    vector other
    .endr
    vector synchronous              // current EL with SP_ELx
    vector irq
    vector fiq
    vector other
    .rept 8
    vector other
    .endr

// 1 GiB blocks, identity: devices, except RAM from 2 to 4 GiB.
    .balign 0x1000
translation_table:
    .set block, 0
    .rept 512
    .if block >> 1 == 1
    .quad block << 30 | 0x705       // AF, inner shareable, attribute 1
    .else
    .quad block << 30 | 0x60000000000401 // XN, AF, attribute 0
    .endif
    .set block, block + 1
    .endr
