// SPDX-License-Identifier: Apache-2.0
// A device's wire to a shared interrupt of the VM's irqchip.
#pragma once

#include "arch-arm64/intid.hpp"
#include "arch-arm64/kvm.hpp"
#include "virt/irq_line.hpp"

#include <atomic>

namespace arm64 {

/// KVM_IRQ_LINE, called for changes only. The vGIC is initialised before the first one.
class SpiLine final : public virt::IrqLine {
public:
    SpiLine(virt::Vm& vm, virt::Pin pin) : vm_(vm), field_(irq_line::spi(intid_of(pin))) {}

    void raise() override { set(true); }
    void lower() override { set(false); }

private:
    void set(bool level);

    virt::Vm& vm_;
    virt::IrqLineField field_;
    std::atomic<bool> level_ = false;
};

} // namespace arm64
