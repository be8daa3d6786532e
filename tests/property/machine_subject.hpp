// SPDX-License-Identifier: Apache-2.0
// A machine of the conformance suite as a subject: its puppets are the guest, device attributes the VMM.
#pragma once

#include "tests/property/subject.hpp"

#include <memory>

namespace property {

/// Of the provider that this program is linked with. Between operations every vCPU enters the guest and leaves it, so
/// that what KVM does lazily is done.
[[nodiscard]] std::unique_ptr<Subject> make_machine_subject();

} // namespace property
