// SPDX-License-Identifier: Apache-2.0
// Which known pitfalls of KVM's interrupt behaviour a test covers.
#pragma once

#include <initializer_list>

namespace conformance {

/// Notes that the running test covers these rows, 1..70, of the table in PITFALLS.md. Once, first thing in a test, so
/// that a skipped test counts as skipped and not as missing.
void pitfalls(std::initializer_list<unsigned> rows);

} // namespace conformance
