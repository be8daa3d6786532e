# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What Linux does not try: guest-images/probes.
probe() {
    name=$1 want=$2
    shift 2
    expect "probe-$name" "$want" "" itsy run -k "probes/$name.bin" -c 1 -m 128 --loglevel error "$@"
}
probe entry_state 42
probe exit_code 7
probe reset_keeps_memory 42
probe second_cpu 42 -c 2
probe virtual_timer 42
probe undescribed_access 42
probe nobody_there 42
probe ram_end 42 -m 6G
probe panic 101
probe spin 124 --timeout 1
expect probe-flat-warning 42 "Warning: probes/entry_state.bin has no arm64 Image header" \
    itsy run -k probes/entry_state.bin -c 1 -m 64
# A power-off is status 0, which `true` gives too: the line before it tells them apart.
expect probe-power_off 0 "# itsy run -k probes/power_off.bin -m 128 -c 1" itsy run -k probes/power_off.bin -c 1 -m 128
expect probe-no-reboot 0 "# itsy run -k probes/reset.bin" itsy run -k probes/reset.bin -c 1 -m 128 --no-reboot
expect probe-many-cpus 0 "Limiting the number of CPUs to" itsy run -k probes/power_off.bin -c 100000 -m 128
