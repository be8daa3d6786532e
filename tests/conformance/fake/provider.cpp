// SPDX-License-Identifier: Apache-2.0
// Under test: routing, irqfd, resampling and ioeventfd of ours, over a fake GIC and without a CPU.
#include "tests/conformance/provider.hpp"

#include "tests/conformance/event.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/fake/vm.hpp"
#include "tests/conformance/machine.hpp"
#include "virt/eventfd.hpp"

#include <memory>

namespace conformance {
namespace {

class FakeProvider final : public Provider {
public:
    [[nodiscard]] std::string name() const override { return "itsy's routing over a fake GIC"; }
    [[nodiscard]] const Facts& facts() const override { return facts_; }
    virt::expected<std::unique_ptr<arm64::System>> open(virt::CapabilityMask) const override {
        return std::make_unique<FakeSystem>();
    }
    [[nodiscard]] bool executes_code() const override { return false; }
    [[nodiscard]] bool has_its() const override { return false; }
    [[nodiscard]] bool has_whole_gic() const override { return false; }
    [[nodiscard]] bool injects_inside_write() const override { return false; }
    [[nodiscard]] bool sees_last_close() const override { return false; }
    [[nodiscard]] bool tells_semaphores() const override {
        const Event semaphore(0, EFD_SEMAPHORE);
        return must(virt::Eventfd::share(semaphore.fd(), "look at an eventfd")).semaphore();
    }
    void settle(Machine& machine) const override { vm_of(machine).settle(); }
    std::unique_ptr<Puppet> make_puppet(Machine& machine, unsigned vcpu) const override {
        auto& vm = vm_of(machine);
        return std::make_unique<SeamPuppet>(vm.gic(), vm.cpus(), vm.bus(), machine.memory(), vcpu);
    }

private:
    static FakeVm& vm_of(Machine& machine) { return dynamic_cast<FakeVm&>(machine.vm()); }

    Facts facts_ = facts_of_linux(6, 12); // the newest that the suite was tried on
};

} // namespace

const Provider& provider() {
    static const FakeProvider fake;
    return fake;
}

} // namespace conformance
