# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# CPython's own tests of arithmetic, floating point, JSON and threads: guest-images/userland.
userland python 2 2400
