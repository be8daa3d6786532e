// SPDX-License-Identifier: Apache-2.0
// mmio_read for kvmtool's layout: the 16550A's scratch register, which no driver and no device acts upon.
#define UART         0x01000000
#define READ_ADDRESS 0x01000007
#define READ         ldrb
#include "mmio_read.inc"
