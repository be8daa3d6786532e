# SPDX-License-Identifier: Apache-2.0
# Counts system calls in the output of `strace -f -o`: from the execve, which counts, to the first KVM_RUN, which does
# not. Calls of every thread count, one that was interrupted in the trace once.
/resumed>/ || $2 == "+++" || $2 == "---" { next }
/ioctl\([0-9]+, KVM_RUN/ { found = 1; exit }
{ ++count }
END { if (!found) exit 1; print count }
