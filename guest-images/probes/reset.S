// SPDX-License-Identifier: Apache-2.0
// PSCI SYSTEM_RESET as the first act, every time.
#include "probe.inc"
    ldr x0, =PSCI_SYSTEM_RESET
    hvc #0
    b .
