# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What cases are written with: run in a folder with Image, initrd.cpio and probes, with itsy on the PATH.
# A case prints `ok NAME` or `FAILED NAME` with what it saw; a boot of Linux also `boot ...` from inside the guest.
cases=0 failed=0 boots=0 booted=0
boot_limit=120 # seconds that a boot may take; a case file sets it and puts it back

ok() { echo "ok $1"; }
wrong() { # NAME WHY: the last output is in ./output
    echo "FAILED $1: $2"
    tail -n 30 output
    failed=$((failed + 1))
}

# expect NAME STATUS TEXT COMMAND...: the command ends with that status, and TEXT (a fixed string, maybe empty) is in
# what it prints. Nothing may take a minute.
expect() {
    name=$1 want=$2 text=$3
    shift 3
    cases=$((cases + 1))
    timeout -s KILL 60 "$@" > output 2>&1 < /dev/null
    got=$?
    if [ "$got" != "$want" ]; then
        wrong "$name" "exit status $got instead of $want"
    elif [ -n "$text" ] && ! grep -qF -- "$text" output; then
        wrong "$name" "no '$text'"
    else
        ok "$name"
    fi
}

# boot NAME GIC ITS CPUS OPTION...: Debian's kernel boots, reports that interrupt controller and that many CPUs, and
# powers off.
boot() {
    name=$1 gic=$2 its=$3 cpus=$4
    shift 4
    boots=$((boots + 1)) cases=$((cases + 1))
    timeout -s KILL "$boot_limit" itsy run -k Image -i initrd.cpio -c "$cpus" "$@" > output 2>&1 < /dev/null
    got=$?
    report=$(sed -n 's/^itsy-guest: \(kernel\|gic\|its\|cpus\) /\1=/p' output | tr -d '\r' | tr '\n' ' ')
    if [ "$got" != 0 ]; then
        wrong "$name" "exit status $got"
    elif [ "${report#* }" != "gic=$gic its=$its cpus=$cpus " ]; then
        wrong "$name" "the guest reports '$report'"
    else
        booted=$((booted + 1))
        ok "$name"
        echo "boot $name: $report"
    fi
}

# userland PART CPUS SECONDS: programs of Debian check themselves, each with a line, and all of them succeed.
userland() { # PART CPUS SECONDS
    name=userland-$1
    cases=$((cases + 1))
    timeout -s KILL "$3" itsy run -k Image -i userland.cpio -c "$2" -m 768 -p "quiet itsy.userland=$1" \
        > output 2>&1 < /dev/null
    got=$?
    report=$(tr -d '\r' < output | sed -n "s/^userland: \([1-9][0-9]*\) of \1$/\1/p")
    checked=$(tr -d '\r' < output | grep -c "^userland: $1 .* ok")
    if [ "$got" != 0 ]; then
        wrong "$name" "exit status $got"
    elif [ ! "$report" ] || [ "$report" != "$checked" ]; then
        wrong "$name" "$checked checks passed, and not all"
    else
        ok "$name"
        echo "userland $1: $report of $report"
    fi
}

# run_cases PREFIX BACKEND: the case files that ./wanted names, counted; fails when anything failed, or nothing ran.
run_cases() {
    read -r names < wanted
    for case in $names; do
        # shellcheck source=/dev/null
        . "cases/$case.sh"
    done
    echo "$1cases: $((cases - failed)) of $cases"
    [ "$boots" = 0 ] || echo "$1$2 boots: $booted of $boots"
    [ "$failed" = 0 ] && [ "$cases" != 0 ]
}
