# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2016  # the guest or another shell expands it
# SIGTERM at any moment, from the first instruction on; and a guest that obeys its power key.
cases=$((cases + 1))
: > output
late=0
for step in $(seq 0 60); do
    itsy run -k probes/spin.bin -c 2 -m 64 > output 2>&1 < /dev/null &
    pid=$!
    sleep "$(printf '0.%03d' $((step * 2)))"
    kill -TERM "$pid" 2> /dev/null
    sleep 0.05
    kill -TERM "$pid" 2> /dev/null # the spinning guest has no power key: the second one ends it
    ( sleep 20; kill -KILL "$pid" 2> /dev/null ) &
    guard=$!
    wait "$pid"
    got=$?
    kill "$guard" 2> /dev/null
    [ "$got" = 143 ] || { late=1; wrong "sigterm-after-$((step * 2))-ms" "exit status $got"; break; }
done
[ "$late" = 1 ] || ok "sigterm-at-any-moment"

# Output to a file, a pipe, and to somebody who went away.
expect output-to-pipe 0 "itsy-guest: gic GICv3" sh -c \
    'itsy run -k Image -i initrd.cpio -c 1 -m 256 -p "quiet itsy.smoke" | cat'
expect output-to-file 0 "itsy-guest: gic GICv3" sh -c \
    'itsy run -k Image -i initrd.cpio -c 1 -m 256 -p "quiet itsy.smoke" > console && cat console'
expect reader-gone 0 "" sh -c \
    '{ itsy run -k Image -i initrd.cpio -c 1 -m 256 -p "itsy.smoke"; echo $? > status; } | head -n 1; exit $(cat status)'
# A full disk is an error, not silence.
expect output-disk-full 125 "No space left on device" sh -c \
    'itsy run -k Image -i initrd.cpio -c 1 -m 256 -p itsy.smoke > /dev/full'

# A closed stdin, or one at its end, costs no CPU time: an idle guest uses next to none of its two seconds.
for stdin in '<&-' '</dev/null'; do
    expect "idle-with-stdin$stdin" 0 "" sh -c "
        itsy run -k probes/idle.bin -c 1 -m 64 --timeout 2 $stdin
        times > used
        tail -n 1 used | awk -F '[ms ]+' '{ exit \$2 + \$4 < 1 ? 0 : 1 }'"
done
# Its number is not given to another file: what the guest reads from its console would be the kernel.
expect closed-descriptors 0 "" sh -c \
    'itsy run -k Image -i initrd.cpio -c 1 -m 256 -p "quiet itsy.smoke" <&- >&- 2>&-'
