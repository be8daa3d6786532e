// SPDX-License-Identifier: Apache-2.0
// Exit statuses.
#include "vmm/outcome.hpp"

#include <algorithm>

namespace vmm {
namespace {

struct Status {
    int operator()(const outcome::PowerOff&) const { return 0; }
    int operator()(const outcome::Reset&) const { return 0; }
    int operator()(const outcome::GuestExit& exit) const {
        return static_cast<int>(std::min<std::uint64_t>(exit.code, 255));
    }
    int operator()(const outcome::Panic&) const { return 101; }
    int operator()(const outcome::Timeout&) const { return 124; }
    int operator()(const outcome::Escape&) const { return 0; }
    int operator()(const outcome::Killed& killed) const { return 128 + killed.signal; }
    int operator()(const outcome::Failure&) const { return failure_status; }
};

} // namespace

int exit_status(const Outcome& outcome) { return std::visit(Status{}, outcome); }

} // namespace vmm
