# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# The seam on the kernel's KVM: tests/kvm.
expect provider 0 "[  PASSED  ]" ./test-kvm
