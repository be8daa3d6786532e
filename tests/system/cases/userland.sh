# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Debian's openssl, gcc and git check themselves: guest-images/userland. Five times what each takes, and more: it may
# share the machine.
userland openssl 1 1200
userland gcc 2 600
userland git 1 600
