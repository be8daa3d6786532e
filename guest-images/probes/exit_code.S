// SPDX-License-Identifier: Apache-2.0
// A code stored to the exit device is the process's exit status, as is.
#include "probe.inc"
    exit_with 7
