# SPDX-License-Identifier: Apache-2.0
# From the lines that bench/measure printed to a table, JSON lines and, with `gate`, a verdict.

BEGIN {
    rows = split("1 3 4 21", order)
    title[1] = "1  a read that the VMM serves";             target[1] = 5700
    title[3] = "3  exec, SYSTEM_OFF as first act, exit";    target[3] = 3500000
    title[4] = "4  exec, boot of Debian's kernel, power-off";  target[4] = 920000000
    title[21] = "21 system calls, exec to first KVM_RUN";   target[21] = 120
    # What may lie above the bare loop of the same run: the target less what that loop takes under Linux 6.1 on VHE.
    # Unlike the target it holds for other hosts too.
    margin[1] = 200
    margin[3] = 1760000
    columns = split("itsy bare qemu", column)
}

$1 == "bench:" { take() }

function take(    words) {
    sub(/^bench: /, "")
    if ($1 == "version") {
        version[$2] = substr($0, length("version " $2) + 2)
    } else if ($1 == "command") {
        line = substr($0, length("command " $2 " " $3) + 2)
        gsub(/[^ ]*\^[^ ]*/, "'&'", line)
        gsub(/\^/, " ", line)
        command[$2, $3] = line
    } else if ($1 == "guest") {     # mmio_read_user 5560.1 ns, ...: three of them
        sample($2, $3, $5)
    } else if ($1 == "count") {
        value[$2, $3] = $5
        extra[$2, $3] = sprintf(",\"idle\":%s,\"min\":%s,\"max\":%s,\"runs\":%s", $7, $9, $11, $13)
        idle[$2, $3] = $7
    } else if ($1 == "syscalls") {
        value[$2, $3] = $4
    }
}

# Keeps the median of three.
function sample(row, who, number,    n) {
    n = ++samples[row, who]
    seen[row, who, n] = number + 0
    if (n == 3) {
        a = seen[row, who, 1]; b = seen[row, who, 2]; c = seen[row, who, 3]
        low = a < b ? a : b; low = low < c ? low : c
        high = a > b ? a : b; high = high > c ? high : c
        value[row, who] = a + b + c - low - high
        extra[row, who] = sprintf(",\"min\":%s,\"max\":%s,\"runs\":3", low, high)
    }
}

function grouped(number,    text, out) {
    text = sprintf("%.0f", number)
    while (length(text) > 3) {
        out = "," substr(text, length(text) - 2) out
        text = substr(text, 1, length(text) - 3)
    }
    return text out
}

function cell(row, who) { return (row, who) in value ? grouped(value[row, who]) : "-" }

function quoted(text) {
    gsub(/\\/, "\\\\", text); gsub(/"/, "\\\"", text)
    return "\"" text "\""
}

function above_limit(row) {
    if (row in margin)
        return value[row, "itsy"] - value[row, "bare"] > margin[row]
    if (row == 4 && !(version["host"] ~ /^6\.1\./ && guest ~ /^6\.1\./))
        return 0
    return value[row, "itsy"] > target[row] * (row == 4 ? 1.01 : 1)
}

END {
    for (i = 1; i <= 2; ++i)
        if (!((order[i], "itsy") in value)) { print "report: row " order[i] " was not measured" > "/dev/stderr"; exit 125 }

    format = "%-42s %14s %14s %14s %14s  %s\n"
    printf format, "row", "itsy", "bare loop", "QEMU", "target", "verdict"
    for (i = 1; i <= rows; ++i) {
        row = order[i]
        if (!((row, "itsy") in value)) continue
        verdict = value[row, "itsy"] <= target[row] ? "met" : "missed"
        printf format, title[row], cell(row, "itsy"), cell(row, "bare"), cell(row, "qemu"), grouped(target[row]), verdict
        if (row == 3)
            printf format, "   fork, exec and exit of a program alone", "", cell(3, "nothing"), "", "", ""
        if (row == 4)
            printf format, "   of which nothing was to be done", grouped(idle[4, "itsy"]), "", grouped(idle[4, "qemu"]), "", ""
        if (above_limit(row)) {
            over = 1
            limits = limits sprintf("row %s: itsy %s is above its limit: %s\n", row, grouped(value[row, "itsy"]),
                                    row in margin ? grouped(margin[row]) " more than the bare loop" : grouped(target[row]))
        }
        for (j = 1; j <= columns; ++j) {
            who = column[j]
            if ((row, who) in value)
                printf "{\"row\":%s,\"monitor\":%s,\"count\":%s%s,\"target\":%s,\"host\":%s,\"cpu\":%s,\"version\":%s,\"command\":%s}\n",
                    row, quoted(who), value[row, who], extra[row, who], target[row], quoted(version["host"]), quoted(cpu),
                    quoted(version[who]), quoted(command[row, who]) > json
        }
    }

    print "\nRows 1, 3 and 4 in instructions of the emulated host, kernel and guest included; medians. Row 21 in calls."
    print "\nhost    Linux " version["host"] ", -cpu " cpu
    print "under   " emulator ", -icount shift=0,sleep=off"
    print "guest   Linux " guest " and bench/guests/power_off_init (row 4); bench/guests/*.S (others)"
    print "itsy    " version["itsy"]
    print "bare    bench/bare_kvm_run, linked dynamically with libc as itsy is"
    if ("qemu" in version) print "QEMU    " version["qemu"]
    print "strace  " version["strace"]
    print ""
    for (i = 1; i <= rows; ++i)
        for (j = 1; j <= columns; ++j)
            if ((order[i], column[j]) in command)
                printf "%-3s %-5s %s\n", order[i], column[j], command[order[i], column[j]]
    if (limits) printf "\n%s", limits
    if (gate && over) exit 1
}
