// SPDX-License-Identifier: Apache-2.0
// One operation of the event loop, from its request to its callback.
#pragma once

#include "virt/assert.hpp"
#include "virt/inline_function.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>
#include <variant>

namespace virt::event_loop {

constexpr int data_only = 1; ///< fsync: fdatasync

/// Lives at a fixed address, because a kernel that was given `count` writes there. In one list at most:
///
///           request             wait               an event            dispatch
///     idle ---------> queued ---------> started ------------> done ------------> idle, or queued again
///                        ^                 |
///                        +-----------------+ the loop stops running
struct Slot {
    enum class Kind : std::uint8_t {
        free,
        readable,
        eventfd,
        readv,
        writev,
        fsync,
        fallocate,
        recvmsg,
        sendmsg,
        accept
    };
    enum class State : std::uint8_t { idle, queued, started, done };

    [[nodiscard]] bool repeats() const { return kind == Kind::readable || kind == Kind::eventfd; }
    /// A socket, pipe or the like is waited for until it takes the operation.
    [[nodiscard]] bool wants_output() const { return kind == Kind::writev || kind == Kind::sendmsg; }

    Kind kind = Kind::free;
    State state = State::idle;
    bool registered = false; ///< the backend's
    bool fresh = false;      ///< eventfd: the next signal is waited for elsewhere (fresh_signals.hpp)
    bool stays_fresh = false; ///< and so is each after it
    bool again = false;       ///< which has come already
    int fd = -1;
    int flags = 0;                ///< recvmsg, sendmsg: of that call; fallocate: mode; fsync: data_only
    std::int32_t result = 0;      ///< as io_uring gives it: not negative, or -errno
    std::uint32_t index = 0;      ///< of this slot
    std::uint32_t generation = 0; ///< counts how often the slot was given back
    std::uint32_t vectors = 0;
    std::uint64_t offset = 0;
    std::uint64_t count = 0; ///< eventfd: what was read; fallocate: bytes
    const iovec* vector = nullptr;
    msghdr* message = nullptr;
    std::variant<InlineFunction<void()>, InlineFunction<void(std::uint64_t)>, InlineFunction<void(int)>> callback;

    Slot* next = nullptr;
    Slot* previous = nullptr;
};

/// In order of arrival. Does not own.
class SlotList {
public:
    [[nodiscard]] bool empty() const { return first_ == nullptr; }
    [[nodiscard]] Slot* first() const { return first_; }

    void push_back(Slot& slot, Slot::State state) {
        slot.state = state;
        slot.next = nullptr;
        slot.previous = last_;
        (last_ != nullptr ? last_->next : first_) = &slot;
        last_ = &slot;
    }

    /// Leaves the slot idle.
    void remove(Slot& slot) {
        (slot.previous != nullptr ? slot.previous->next : first_) = slot.next;
        (slot.next != nullptr ? slot.next->previous : last_) = slot.previous;
        slot.state = Slot::State::idle;
        slot.next = slot.previous = nullptr;
    }

    Slot* pop_front() {
        Slot* const slot = first_;
        if (slot != nullptr)
            remove(*slot);
        return slot;
    }

private:
    Slot* first_ = nullptr;
    Slot* last_ = nullptr;
};

} // namespace virt::event_loop
