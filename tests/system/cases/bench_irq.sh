# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2016 # awk's fields, not the shell's
# `itsy bench irq` on real KVM: every path delivers what was sent, a level line is armed again exactly once per
# deactivation, and what cannot be measured is said. How long it takes is not judged: the host is emulated.

# figures: the document in ./output as lines PATH STATE STATUS SENT RECEIVED COALESCED RESAMPLED SAMPLES, - where it has
# none; fails if it does not begin and end as one, or a brace is not closed.
figures() {
    awk '
        function field(name, value) { value = name in seen ? seen[name] : "-"; return value }
        { opened += gsub(/[{[]/, "&"); closed += gsub(/[]}]/, "&"); text = $0 }
        NR == 1 && text != "{" { bad = 1 }
        /^      "/ { name = $1; gsub(/[":]/, "", name); value = $2; gsub(/[",]/, "", value); seen[name] = value }
        /^    }/ {
            print field("path"), field("state"), field("status"), field("sent"), field("received"),
                field("coalesced"), field("resampled"), field("samples")
            split("", seen)
        }
        END { exit bad || text != "}" || opened != closed }' output > figures
}

# measure NAME LINES CONDITION OPTION...: that many measurements, and the awk condition on its fields holds for each.
measure() {
    name=$1 lines=$2 condition=$3
    shift 3
    cases=$((cases + 1))
    timeout -s KILL 300 itsy bench irq --json "$@" > output 2> errors < /dev/null
    got=$?
    if [ "$got" != 0 ]; then
        cat errors >> output
        wrong "$name" "exit status $got"
    elif ! figures; then
        wrong "$name" "no JSON document"
    elif [ "$(awk "$condition" figures | wc -l)" != "$lines" ] || [ "$(wc -l < figures)" != "$lines" ]; then
        cat figures >> output
        wrong "$name" "not $lines measurements with $condition"
    else
        ok "$name"
    fi
}
whole='$3 == "measured" && $5 + $6 == $4 && $8 == $4'
once='$3 == "measured" && $4 == 10000 && $5 == 10000 && $6 == 0 && $7 == 10000 && $8 == 10000'

measure bench-irq-all 14 "$whole && \$4 == 200" --count 200 --warmup 20
measure bench-irq-coalescing 8 "$whole && \$4 == 2000" --count 2000 --warmup 20 --rate 100000 \
    --path spi-irqfd,lpi-irqfd,lpi-signal,spi-line
measure bench-irq-resample-eoi 2 "$once" --count 10000 --rate 10000 --path spi-resample-eoi
measure bench-irq-resample-dir 2 "$once" --count 10000 --rate 10000 --path spi-resample-dir
measure bench-irq-no-its 14 '/^lpi/ ? $3 == "skipped" : $3 == "measured"' --count 20 --warmup 5 --hide its
measure bench-irq-no-routing 4 '/^lpi/ ? $3 == "skipped" : '"$whole" --count 20 --warmup 5 --hide routing \
    --path lpi-irqfd,spi-irqfd
measure bench-irq-nothing-left 14 '/^spi-line/ ? $3 == "measured" : $3 == "skipped"' --count 20 --warmup 5 \
    --hide its,irqfd,ioeventfd

bench() { # NAME STATUS TEXT OPTION...
    name=$1 want=$2 text=$3
    shift 3
    expect "bench-irq-$name" "$want" "$text" itsy bench "$@"
}
bench table 0 "spi-line          running" irq --path spi-line --state running --count 20 --warmup 5
bench skipped-table 0 "lpi-signal        wfi      skipped: this KVM has no KVM_SIGNAL_MSI" \
    irq --path lpi-signal --count 20 --warmup 5 --hide signal-msi
bench no-gic 125 "GICv3" irq --hide vgic-v3
bench no-device 125 "CONFIG_KVM" irq --dev /dev/kvm9
expect bench-irq-full 125 "" sh -c 'itsy bench irq --path spi-line --state running --count 1 --warmup 1 > /dev/full'
bench wrong-path 2 "smoke-signal" irq --path smoke-signal
bench no-count 2 "from 1 to 1000000, not 0" irq --count 0
bench nothing 2 "usage: itsy bench WHAT"
bench help 0 "--path LIST" irq --help
