# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Debian's python3, openssl, gcc and git check themselves: guest-images/userland.
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
# Five times what each takes, and more: it may share the machine.
userland python 2 2400
userland openssl 1 1200
userland gcc 2 600
userland git 1 600
