// SPDX-License-Identifier: Apache-2.0
// mmio_read for QEMU's `-M virt`: the PL011's UARTFR, a plain read of the device's state.
#define UART         0x09000000
#define READ_ADDRESS 0x09000018
#define READ         ldr
#include "mmio_read.inc"
