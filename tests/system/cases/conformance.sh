# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# The conformance suite on the host's KVM (tests/conformance): its counts and its skips are for the log.
cases=$((cases + 1))
if timeout -s KILL 900 ./test-conformance --gtest_brief=1 --all-pitfalls < /dev/null; then
    ok conformance
else
    echo "FAILED conformance: exit status $?"
    failed=$((failed + 1))
fi
