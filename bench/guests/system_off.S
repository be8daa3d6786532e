// SPDX-License-Identifier: Apache-2.0
// A guest whose first act is PSCI SYSTEM_OFF: what is left is the VMM's start and end.
.global _start
_start:
    ldr     w0, =0x84000008
    hvc     #0
    b       .
.ltorg
