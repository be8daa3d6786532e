// SPDX-License-Identifier: Apache-2.0
// A guest that waits for an interrupt that never comes.
1:  wfi
    b 1b
