# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# CPython's own tests of arithmetic, floating point, JSON and threads.
unittest() {
    python3 -m unittest "test.$1" 2>&1 > /dev/null | tee report
    ran=$(sed -n 's/^Ran \([1-9][0-9]*\) tests* in .*/\1/p' report)
    skipped=$(sed -n 's/^OK (.*skipped=\([0-9]*\).*/, \1 skipped/p' report)
    echo " ($ran tests$skipped)" > detail
    [ "$ran" ] && tail -n 1 report | grep -q ^OK
}
for module in int long float strtod math cmath complex fractions struct json thread threading threading_local queue; do
    check "test_$module" unittest "test_$module"
done
