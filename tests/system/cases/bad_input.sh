# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Wrong files, sizes and options get one sentence and a status; nothing crashes or hangs.
probe=probes/power_off.bin
refuse() { # NAME STATUS TEXT OPTION...
    name=$1 want=$2 text=$3
    shift 3
    expect "refuse-$name" "$want" "$text" itsy run "$@"
}
head -c 63 "$probe" > short
printf 'MZ\220' | cat - "$probe" > pe
cp /bin/busybox elf
dd if=/dev/zero of=bzimage bs=1k count=4 2> /dev/null
printf HdrS | dd of=bzimage bs=1 seek=514 conv=notrunc 2> /dev/null
dd if=/dev/zero of=initrd bs=1M count=1 seek=200 2> /dev/null

refuse missing-kernel 125 "Fatal: Unable to open kernel _NO_FILE_4Uhere_" -k _NO_FILE_4Uhere_ -c 1
refuse directory 125 "Is a directory" -k /tmp -c 1
refuse bzimage 125 "an x86 bzImage" -k bzimage -c 1
refuse pe 125 "a PE file" -k pe -c 1
refuse elf 125 "an arm64 ELF file" -k elf -c 1
refuse short 125 "shorter than a kernel header" -k short -c 1
refuse missing-initrd 125 "Unable to open initrd nothing" -k "$probe" -i nothing -c 1
refuse initrd-too-large 125 "give the guest more memory (-m)" -k "$probe" -i initrd -c 1 -m 128
refuse kernel-too-large 125 "MiB (-m)" -k Image -c 1 -m 32
refuse no-cpus 2 "at least 1, not 0" -k "$probe" -c 0
refuse negative-cpus 2 "at least 1, not -3" -k "$probe" -c -3
refuse one-mebibyte 2 "at least 32 MiB" -k "$probe" -c 1 -m 1
refuse one-pebibyte 125 "bits of guest physical address, this host has" -k "$probe" -c 1 -m 1P
refuse dtb 125 "write the device tree to /nowhere/x" -k "$probe" -c 1 -m 128 --dump-dtb /nowhere/x
refuse dtb-full 125 "No space left on device" -k "$probe" -c 1 -m 128 --dump-dtb /dev/full
refuse unknown-option 2 "--bogus" -k "$probe" --bogus
refuse no-kernel 2 "kernel" -c 1
refuse missing-device 125 "CONFIG_KVM" -k "$probe" -c 1 --dev /dev/kvm9
refuse not-a-device 125 "not a KVM device" -k "$probe" -c 1 --dev /dev/null
refuse no-gic 125 "GICv3" -k "$probe" -c 1 -m 128 --hide vgic-v3
refuse no-its 125 "ITS" -k "$probe" -c 1 -m 128 --hide its --irqchip gicv3-its
chmod 600 /dev/kvm
chmod 755 /payload
echo 'nobody:x:65534:65534::/:/bin/sh' >> /etc/passwd
expect refuse-permission 125 "group" su -s /bin/sh nobody -c "itsy run --backend kvm -k $probe -c 1"
expect unknown-command 2 "not an itsy command" itsy fly
expect help 0 "The most commonly used" itsy --help
expect version 0 "itsy " itsy version
