# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2016  # the guest or another shell expands it
# SIGTERM at any moment, from the first instruction on; and a guest that obeys its power key.
cases=$((cases + 1))
: > output
late=0
for step in $(seq 0 60); do
    itsy run -k probes/spin.bin -c 2 -m 64 > output 2>&1 < /dev/null &
    pid=$!
    usleep $((step * 2000))
    kill -TERM "$pid" 2> /dev/null
    usleep 50000
    kill -TERM "$pid" 2> /dev/null # the spinning guest has no power key: the second one ends it
    ( sleep 20; kill -KILL "$pid" 2> /dev/null ) &
    guard=$!
    wait "$pid"
    got=$?
    kill "$guard" 2> /dev/null
    [ "$got" = 143 ] || { late=1; wrong "sigterm-after-$((step * 2))-ms" "exit status $got"; break; }
done
[ "$late" = 1 ] || ok "sigterm-at-any-moment"

# One SIGTERM: Linux powers itself off, and the status says so.
cases=$((cases + 1))
itsy run -k Image -i initrd.cpio -c 2 -m 256 -p quiet > output 2>&1 < /dev/zero &
pid=$!
sleep 6
kill -TERM "$pid"
wait "$pid"
got=$?
if [ "$got" = 0 ] && grep -q 'Power down' output; then ok power-key; else wrong power-key "exit status $got"; fi

# Output to a file, a pipe, and to somebody who went away.
expect output-to-pipe 0 "itsy-guest: gic GICv3" sh -c \
    'itsy run -k Image -i initrd.cpio -c 1 -m 256 -p "quiet itsy.smoke" | cat'
expect output-to-file 0 "itsy-guest: gic GICv3" sh -c \
    'itsy run -k Image -i initrd.cpio -c 1 -m 256 -p "quiet itsy.smoke" > console && cat console'
expect reader-gone 0 "" sh -c \
    '{ itsy run -k Image -i initrd.cpio -c 1 -m 256 -p "itsy.smoke"; echo $? > status; } | head -n 1; exit $(cat status)'
# A stdin that is closed or at its end costs no CPU time: the spinning vCPU has one of two.
expect closed-stdin 124 "" sh -c 'itsy run -k probes/spin.bin -c 1 -m 64 --timeout 2 <&-'
