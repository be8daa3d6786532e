# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154  # run has set $here
# gcc compiles C programs, without and with its optimisers, and what they print is right.
compile_and_run() { # PROGRAM OPTION...
    program=$1
    shift
    gcc -std=gnu11 -ffp-contract=off -Wall -Wextra -Werror "$@" -pthread -o "$program" "$here/gcc/$program.c" -lm &&
        ./"$program" > printed && diff "$here/gcc/$program.out" printed
}
for program in integers floats; do
    check "$program -O0" compile_and_run $program -O0
    check "$program -O2" compile_and_run $program -O2
    check "$program -O3" compile_and_run $program -O3
    # Not every CPU has these: an Armv8.0 one need not.
    ! grep -q atomics /proc/cpuinfo || ! grep -q crc32 /proc/cpuinfo ||
        check "$program -O2 LSE, CRC32" compile_and_run $program -O2 -march=armv8-a+lse+crc
done
