# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034  # boot reads the limit
# An arm64 host without /dev/kvm, which is itself emulated: the software vCPU, ten times slower.
boot_limit=1200
expect without-kvm-says-why 7 "/dev/kvm" itsy run --backend auto -k probes/exit_code.bin -c 1 -m 128
boot without-kvm-1 GICv3 yes 1 -m 256 -p "quiet itsy.smoke"
boot without-kvm-2 GICv3 yes 2 -m 256 -p "quiet itsy.smoke"
boot_limit=120
