# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What of the conformance suite a host with a GICv2 can show.
cases=$((cases + 1))
if timeout -s KILL 300 ./test-conformance --gtest_brief=1 --gtest_filter='GicV2.*:UserspaceIrqchip.*' < /dev/null; then
    ok conformance-gicv2
else
    echo "FAILED conformance-gicv2: exit status $?"
    failed=$((failed + 1))
fi
