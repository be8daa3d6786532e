// SPDX-License-Identifier: Apache-2.0
// The result type of everything that the host can refuse.
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace virt {

/// What was attempted and why the host refused it.
///
/// `code` is an errno as the kernel returned it, unchanged: callers decide by it (EAGAIN, EEXIST, ...), and
/// tests compare it with KVM's. 0 means that no system call failed and `attempted` is the whole story.
struct Error {
    int code = 0;
    std::string attempted;   ///< e.g. "create the vGICv3"; reads after "Unable to".
    std::string remedy = {}; ///< one clause that tells the user what to do, or empty.

    /// One sentence: "Unable to ATTEMPTED: strerror(CODE); REMEDY".
    [[nodiscard]] std::string sentence() const;
};

/// A `tl::expected` that must not be ignored. Allocates only when it carries an error.
template <class T>
class [[nodiscard]] expected : public tl::expected<T, Error> {
public:
    using tl::expected<T, Error>::expected;
};

using unexpected = tl::unexpected<Error>;

[[nodiscard]] inline unexpected failure(int code, std::string attempted, std::string remedy = {}) {
    return unexpected(Error{code, std::move(attempted), std::move(remedy)});
}

/// The error of the system call that just failed.
[[nodiscard]] unexpected system_failure(std::string attempted, std::string remedy = {});

} // namespace virt

// Returns the error of an `expected<...>` to the caller, which must itself return one: the only control-flow
// macro of the project.
#define VIRT_TRY(expr)                                                                                                 \
    do {                                                                                                               \
        if (auto&& virt_try_result = (expr); !virt_try_result) [[unlikely]]                                            \
            return ::virt::unexpected(std::move(virt_try_result).error());                                             \
    } while (false)
