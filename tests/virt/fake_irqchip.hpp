// SPDX-License-Identifier: Apache-2.0
// The smallest irqchip: levels, a count of what came, and deactivation at the test's word.
#pragma once

#include "virt/irqchip.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

namespace virt {

struct FakeIrqchip final : Irqchip {
    bool initialised() const override { return ready; }
    void raise(Pin pin) override {
        level[pin.value] = true, ++raised[pin.value];
        if (on_raise)
            on_raise(pin);
    }
    void lower(Pin pin) override { level[pin.value] = false, ++lowered[pin.value]; }
    MsiOutcome signal(const Msi& msi) override { return last_data = msi.data, ++messages, answer; }
    std::optional<TranslatedMsi> translate(const Msi& msi) override {
        if (!translates)
            return std::nullopt;
        const auto seen = generation.load();
        const auto target = target_of_data[msi.data % 64].load();
        return ++translations, TranslatedMsi{.target = &delivered[target], .generation = &generation, .seen = seen};
    }
    void deliver(const TranslatedMsi& msi) override { ++*static_cast<std::atomic<int>*>(msi.target); }
    /// A command: the data leads to another target.
    void move(std::uint32_t data, std::uint32_t target) {
        target_of_data[data] = target;
        ++generation;
    }
    void set_listener(DeactivationListener& who) override { listener = &who; }

    std::atomic<bool> ready = true;
    std::array<std::atomic<bool>, 64> level{};
    std::array<std::atomic<int>, 64> raised{}, lowered{};
    std::atomic<int> messages = 0;
    std::atomic<std::uint32_t> last_data = 0;
    std::atomic<bool> translates = false;
    std::atomic<int> translations = 0;
    std::atomic<std::uint64_t> generation = 0;
    std::array<std::atomic<std::uint32_t>, 64> target_of_data{};
    std::array<std::atomic<int>, 64> delivered{}; // of translated messages, by target
    std::function<void(Pin)> on_raise; // the guest's part
    MsiOutcome answer = MsiOutcome::delivered;
    DeactivationListener* listener = nullptr;
};

} // namespace virt
