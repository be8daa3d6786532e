// SPDX-License-Identifier: Apache-2.0
// itsy's own KVM (arch-arm64/soft, virt/soft), whoever executes vCPUs.
#pragma once

#include "arch-arm64/soft/vm.hpp"
#include "tests/conformance/provider.hpp"

namespace conformance {

class OwnProvider : public Provider {
public:
    [[nodiscard]] const Facts& facts() const override { return facts_; }
    [[nodiscard]] bool has_list_registers() const override { return false; }
    [[nodiscard]] bool injects_inside_write() const override { return false; }
    [[nodiscard]] bool sees_last_close() const override { return false; }
    [[nodiscard]] bool tells_semaphores() const override;
    void settle(Machine& machine) const override;

protected:
    [[nodiscard]] static arm64::soft::Vm& vm_of(Machine& machine);

private:
    static Facts own_facts();
    Facts facts_ = own_facts();
};

} // namespace conformance
