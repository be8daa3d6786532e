# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# The property test's sequences on the host's KVM (tests/property).
cases=$((cases + 1))
if timeout -s KILL 900 ./test-property-kernel < /dev/null; then
    ok property
else
    echo "FAILED property: exit status $?"
    failed=$((failed + 1))
fi
