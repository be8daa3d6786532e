// SPDX-License-Identifier: Apache-2.0
#include "virt/ioeventfd.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace virt {
namespace {

constexpr auto attempted = "assign an ioeventfd";

bool collide(const Ioeventfd& a, const Ioeventfd& b) {
    return a.address == b.address &&
           (a.length == 0 || b.length == 0 ||
            (a.length == b.length && (!a.datamatch || !b.datamatch || *a.datamatch == *b.datamatch)));
}

} // namespace

class Ioeventfds::Doorbell final : public IoDevice {
public:
    Doorbell(const Ioeventfd& wanted, Eventfd eventfd) : wanted_(wanted), eventfd_(std::move(eventfd)) {}

    bool read(std::uint32_t, Gpa, Width, std::uint64_t&) override { return false; }

    bool write(std::uint32_t, Gpa address, Width width, std::uint64_t value) override {
        if (address != wanted_.address ||
            (wanted_.length != 0 && wanted_.length != static_cast<std::uint32_t>(width)) ||
            (wanted_.datamatch && *wanted_.datamatch != value))
            return false;
        eventfd_.signal();
        return true;
    }

    [[nodiscard]] const Ioeventfd& wanted() const { return wanted_; }
    [[nodiscard]] bool is(const Ioeventfd& other, const Eventfd& eventfd) const {
        return eventfd.id() == eventfd_.id() && other.address == wanted_.address && other.length == wanted_.length &&
               other.datamatch == wanted_.datamatch;
    }

private:
    Ioeventfd wanted_;
    Eventfd eventfd_;
};

Ioeventfds::Ioeventfds(IoBus& bus) : bus_(bus) {}

Ioeventfds::~Ioeventfds() {
    for (const auto& doorbell : doorbells_)
        bus_.remove(*doorbell);
}

expected<void> Ioeventfds::assign(const Ioeventfd& wanted) {
    const auto length = wanted.length;
    const bool possible = length == 0 || length == 1 || length == 2 || length == 4 || length == 8;
    if (!possible || wanted.address + length < wanted.address || (length == 0 && wanted.datamatch))
        return failure(EINVAL, attempted);
    auto eventfd = Eventfd::share(wanted.eventfd, attempted);
    VIRT_TRY(eventfd);
    const std::scoped_lock lock(mutex_);
    if (std::ranges::any_of(doorbells_, [&](const auto& other) { return collide(other->wanted(), wanted); }))
        return failure(EEXIST, attempted);
    auto doorbell = std::make_unique<Doorbell>(wanted, *std::move(eventfd));
    VIRT_TRY(bus_.add(wanted.address, length, *doorbell, IoBus::Kind::ioeventfd));
    doorbells_.push_back(std::move(doorbell));
    return {};
}

expected<void> Ioeventfds::deassign(const Ioeventfd& wanted) {
    const auto eventfd = Eventfd::share(wanted.eventfd, "deassign an ioeventfd");
    VIRT_TRY(eventfd);
    const std::scoped_lock lock(mutex_);
    const auto found =
        std::ranges::find_if(doorbells_, [&](const auto& doorbell) { return doorbell->is(wanted, *eventfd); });
    if (found == doorbells_.end())
        return failure(ENOENT, "deassign an ioeventfd");
    bus_.remove(**found);
    doorbells_.erase(found);
    return {};
}

} // namespace virt
