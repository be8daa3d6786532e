// SPDX-License-Identifier: Apache-2.0
// An interrupt output of a device, as the device sees it: a wire, never a GIC.
#pragma once

namespace virt {

/// A level-sensitive wire. Thread-safe; a device calls it with its own lock held, so an implementation must
/// not call back into devices. Repeating the present level has no effect.
class IrqLine {
public:
    IrqLine() = default;
    IrqLine(const IrqLine&) = delete;
    IrqLine& operator=(const IrqLine&) = delete;
    virtual ~IrqLine() = default;

    virtual void raise() = 0;
    virtual void lower() = 0;
};

} // namespace virt
