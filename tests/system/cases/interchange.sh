# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# States go from the host's KVM to ours and back (tests/conformance/interchange_test.cpp).
cases=$((cases + 1))
if timeout -s KILL 900 ./test-interchange --gtest_brief=1 < /dev/null; then
    ok interchange
else
    echo "FAILED interchange: exit status $?"
    failed=$((failed + 1))
fi
