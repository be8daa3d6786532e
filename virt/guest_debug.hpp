// SPDX-License-Identifier: Apache-2.0
// Guest debug shared by several users: a debugger, and a backend that needs breakpoints for itself.
#pragma once

#include "virt/expected.hpp"
#include "virt/ids.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace virt {

/// Guest virtual address.
using Gva = std::uint64_t;

struct Breakpoint {
    /// At which guest privilege it hits; a kernel-only breakpoint costs user code nothing.
    enum class Privilege : std::uint8_t { any, kernel };
    Gva address;
    Privilege privilege = Privilege::any;
    friend bool operator==(const Breakpoint&, const Breakpoint&) = default;
};

struct Watchpoint {
    enum class Access : std::uint8_t { read = 1, write = 2, both = 3 };
    Gva address;
    std::uint64_t size; ///< bytes
    Access access;
    friend bool operator==(const Watchpoint&, const Watchpoint&) = default;
};

/// What one user wants of one vCPU. Source: api.rst 4.87, KVM_SET_GUEST_DEBUG.
struct GuestDebug {
    bool single_step = false;
    bool software_breakpoints = false; ///< the guest's own BRK instructions come to the VMM
    std::vector<Breakpoint> breakpoints;
    std::vector<Watchpoint> watchpoints;

    [[nodiscard]] bool enabled() const {
        return single_step || software_breakpoints || !breakpoints.empty() || !watchpoints.empty();
    }
};

enum class DebugUser : std::uint8_t { backend, debugger };

/// Hardware breakpoints and watchpoints, in use or left.
struct DebugResources {
    std::size_t breakpoints;
    std::size_t watchpoints;
    friend bool operator==(const DebugResources&, const DebugResources&) = default;
};

/// Keeps each user's wish and computes the union, within what the hardware has. Equal breakpoints share one.
class GuestDebugUsers {
public:
    explicit GuestDebugUsers(DebugResources available) : available_(available) {}

    /// Replaces the user's wish. ENOSPC, and nothing changes, if the union does not fit.
    expected<void> set(DebugUser user, GuestDebug wish);

    [[nodiscard]] GuestDebug merged() const { return merge(wishes_); }
    [[nodiscard]] DebugResources left() const;

private:
    using Wishes = std::array<GuestDebug, 2>;
    [[nodiscard]] static GuestDebug merge(const Wishes& wishes);

    DebugResources available_;
    Wishes wishes_;
};

} // namespace virt
