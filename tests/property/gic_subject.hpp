// SPDX-License-Identifier: Apache-2.0
// The GIC of arch-arm64/gic as a subject: its frames on a bus, its PEs' inputs noted.
#pragma once

#include "tests/property/subject.hpp"

#include <memory>

namespace property {

[[nodiscard]] std::unique_ptr<Subject> make_gic_subject();

} // namespace property
