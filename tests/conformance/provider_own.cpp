// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/provider_own.hpp"

#include "tests/conformance/event.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/machine.hpp"
#include "virt/event_loop.hpp"
#include "virt/eventfd.hpp"

#include <sys/eventfd.h>

#include <atomic>
#include <cstdint>
#include <thread>

namespace conformance {
namespace {

/// Something behind what was signalled before, on its way through an event loop.
class Fence {
public:
    explicit Fence(virt::EventLoop& loop) : loop_(loop) {
        operation_ = loop.call([&] {
            return must(loop.consume(event_.fd(), virt::EventLoop::Pending::deliver,
                                     [this](std::uint64_t) { passed_.fetch_add(1); }))
                .operation;
        });
    }
    ~Fence() {
        loop_.call([&] { loop_.cancel(operation_); });
    }
    Fence(const Fence&) = delete;
    Fence& operator=(const Fence&) = delete;

    void pass() {
        const auto before = passed_.load();
        event_.signal();
        while (passed_.load() == before)
            std::this_thread::yield();
    }

private:
    virt::EventLoop& loop_;
    Event event_;
    std::atomic<std::uint64_t> passed_ = 0;
    virt::EventLoop::Operation operation_;
};

} // namespace

arm64::soft::Vm& OwnProvider::vm_of(Machine& machine) { return dynamic_cast<arm64::soft::Vm&>(machine.vm()); }

bool OwnProvider::tells_semaphores() const {
    const Event semaphore(0, EFD_SEMAPHORE);
    return must(virt::Eventfd::share(semaphore.fd(), "look at an eventfd")).semaphore();
}

// On epoll a new signal is one turn of the loop, its read the next, and the fence may come first in either.
void OwnProvider::settle(Machine& machine) const {
    Fence fence(vm_of(machine).loop());
    for (int turn = 0; turn < 3; ++turn)
        fence.pass();
}

Facts OwnProvider::own_facts() {
    Facts facts = facts_of_linux(6, 12);
    facts.binary_points_begin_at_zero = false; // they have their least value, as after a reset of hardware
    return facts;
}

} // namespace conformance
