# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2016  # the guest or another shell expands it
# A person at the terminal: a shell, the escape keys, a megabyte each way, and the terminal as it was before.
person() { # NAME ACTION... -- OPTION...
    name=$1
    shift
    cases=$((cases + 1))
    if timeout -s KILL 1200 ./pty "$@" > output 2>&1; then ok "$name"; else wrong "$name" "see above"; fi
}
linux() { echo itsy run -k Image -i initrd.cpio -c 1 -m 256 -p quiet; }

for cpus in 1 2 4; do
    person "shell-$cpus" \
        expect 'root # ' send 'echo $((6 * 7)) answers\n' expect '42 answers' \
        send 'cat /proc/interrupts\n' expect GICv3 expect ttyS0 \
        send 'grep -c processor /proc/cpuinfo\n' expect "\n$cpus\r" \
        send 'exit\n' status 0 -- itsy run -k Image -i initrd.cpio -c "$cpus" -m 512 -p "console=ttyS0 quiet"
done

# shellcheck disable=SC2046  # words are wanted
person escape-help-and-quit expect 'root # ' send '\x01h' expect 'Ctrl-A x' send '\x01x' status 0 -- $(linux)
# shellcheck disable=SC2046
person ctrl-c-is-the-guests expect 'root # ' send 'sleep 100\n' pause 500 send '\x03' send 'echo still $((1 + 1)) here\n' \
    expect 'still 2 here' send '\x01x' -- $(linux)

# The escape works although the guest takes no input, and on a terminal that is not the controlling one.
person escape-from-a-hung-guest expect 'Info: # itsy' pause 300 send 'ab\x01x' status 0 \
    -- itsy run -k probes/spin.bin -c 1 -m 64
person foreign-terminal-is-raw --terminal foreign expect 'Info: # itsy' pause 300 send '\x01x' status 0 \
    -- itsy run -k probes/spin.bin -c 1 -m 64
# A parent that had every signal blocked does not take away what itsy stops its vCPUs with.
person blocked-signals --signals blocked expect 'Info: # itsy' status 124 \
    -- itsy run -k probes/spin.bin -c 2 -m 64 --timeout 1
# The power key while Linux is still booting, and when it is up.
for moment in 'Info: # itsy' 'root # '; do
    person "power-key-after-$moment" expect "$moment" signal 15 expect 'Power down' status 0 \
        -- itsy run -k Image -i initrd.cpio -c 1 -m 256 -p quiet
done

# Each signal that can end a process leaves the terminal as it was. A spinning guest has no power key.
for signal in 1 2 3 15; do # HUP INT QUIT TERM: orderly, at once the second time
    person "restored-after-$signal" expect 'Info: # itsy' pause 500 signal "$signal" pause 100 signal "$signal" \
        status $((128 + signal)) -- itsy run -k probes/spin.bin -c 1 -m 64
done
for signal in 4 6 7 8 10 11 12 14 16 29 30 31 40; do # ILL ABRT BUS FPE USR1 SEGV USR2 ALRM STKFLT IO PWR SYS: deadly
    person "restored-after-$signal" expect 'Info: # itsy' pause 500 signal "$signal" status $((128 + signal)) \
        -- itsy run -k probes/spin.bin -c 1 -m 64
done
person restored-after-timeout expect 'Info: # itsy' status 124 -- itsy run -k probes/spin.bin -c 1 -m 64 --timeout 1
person restored-after-refusal status 125 -- itsy run -k nothing

# One megabyte each way, compared by checksum.
dd if=/dev/urandom of=typed bs=1k count=1024 2> /dev/null
sum=$(md5sum < typed | cut -d ' ' -f 1)
# shellcheck disable=SC2046
person megabyte-in --limit 1100 expect 'root # ' send 'stty raw -echo crtscts; echo re""ady; head -c 1048576 | md5sum\n' \
    expect ready expect '\n' send-file typed expect "$sum" send '\x01\x01' send '\x01x' -- $(linux)
# shellcheck disable=SC2046
person megabyte-out --limit 1100 expect 'root # ' \
    send 'head -c 1048576 /dev/urandom > /f; md5sum < /f; stty raw -echo; echo be""gin; cat /f\n' \
    expect begin expect '\n' receive 1048576 shown send '\x01x' -- $(linux)
