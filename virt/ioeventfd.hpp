// SPDX-License-Identifier: Apache-2.0
// Ioeventfds in userspace: a guest's store that signals an eventfd instead of leaving to the VMM.
#pragma once

#include "virt/eventfd.hpp"
#include "virt/expected.hpp"
#include "virt/io_bus.hpp"
#include "virt/kvm.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace virt {

/// KVM_IOEVENTFD on the MMIO bus, with its rules. Source: Documentation/virt/kvm/api.rst, 4.59; virt/kvm/eventfd.c.
///
/// What an ioeventfd takes: a store at exactly its address, of exactly its length (any, if that is 0), of exactly its
/// datamatch if it has one. It never takes a load. Any thread.
class Ioeventfds {
public:
    explicit Ioeventfds(IoBus& bus);
    ~Ioeventfds();
    Ioeventfds(const Ioeventfds&) = delete;
    Ioeventfds& operator=(const Ioeventfds&) = delete;

    /// EINVAL: a length other than 0, 1, 2, 4, 8, an end beyond the address space, a datamatch without a length, no
    /// eventfd. EBADF. EEXIST: another at that address takes some of the same stores.
    expected<void> assign(const Ioeventfd& wanted);
    /// ENOENT unless one was assigned with just these values. When it returns, no store signals it any more.
    expected<void> deassign(const Ioeventfd& wanted);

private:
    class Doorbell;

    IoBus& bus_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Doorbell>> doorbells_;
};

} // namespace virt
