// SPDX-License-Identifier: Apache-2.0
// A wire that remembers.
#pragma once

#include "virt/irq_line.hpp"

#include <atomic>

namespace devices::test {

class RecordingLine final : public virt::IrqLine {
public:
    void raise() override {
        ++changes;
        level = true;
    }
    void lower() override {
        ++changes;
        level = false;
    }

    std::atomic<bool> level = false;
    std::atomic<unsigned> changes = 0; ///< calls, whether or not they changed anything
};

} // namespace devices::test
