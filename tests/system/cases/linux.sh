# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Debian's kernel, unmodified, on in-kernel interrupt controllers.
boot linux-1 GICv3 yes 1 -m 512 -p "quiet itsy.smoke"
boot linux-2 GICv3 yes 2 -m 512 -p "quiet itsy.smoke"
boot linux-4 GICv3 yes 4 -m 512 -p "quiet itsy.smoke"
boot linux-small-memory GICv3 yes 1 -m 128 -p "quiet itsy.smoke"
boot linux-memory-above-4g GICv3 yes 1 -m 6G -p "quiet itsy.smoke"
boot linux-gicv3-without-its GICv3 no 2 -m 512 --irqchip gicv3 -p "quiet itsy.smoke"
boot linux-host-without-its GICv3 no 1 -m 512 --hide its -p "quiet itsy.smoke"

# What is written is what the guest gets: a device tree.
expect dump-dtb 0 "d0 0d fe ed" sh -c \
    'itsy run -k probes/power_off.bin -c 2 -m 128 --dump-dtb x.dtb && od -An -tx1 -N4 x.dtb'

# The power key's driver loads and the clock is right.
expect linux-devices 0 "setting system clock to 20" \
    itsy run -k Image -i initrd.cpio -c 1 -m 512 -p "itsy.smoke"
expect linux-virtual-timer 0 "arch_timer" \
    itsy run -k Image -i initrd.cpio -c 1 -m 512 -p "itsy.smoke"
