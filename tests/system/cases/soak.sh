# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154  # in_host counts
# A hundred boots in a row, with 1, 2 and 4 CPUs, of which none may fail.
started=$(date +%s)
for turn in $(seq 1 100); do
    case $((turn % 3)) in
        0) cpus=1 ;;
        1) cpus=2 ;;
        *) cpus=4 ;;
    esac
    boot "soak-$turn" GICv3 yes "$cpus" -m 256 -p "quiet itsy.smoke"
done
echo "soak: $booted of $boots boots in $(($(date +%s) - started)) s"
