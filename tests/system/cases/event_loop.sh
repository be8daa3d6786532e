# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# The event loop's unit tests on this kernel's io_uring: a ring that is refused would be skipped, so one is looked for.
expect event-loop 0 "[       OK ] Both/EventLoopEventfd.CountsAreConsumedAndCalledBack/ring" \
    ./test-virt --gtest_filter='*EventLoop*'
