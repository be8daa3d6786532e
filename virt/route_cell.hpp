// SPDX-License-Identifier: Apache-2.0
// The route of one GSI, which one thread changes while others deliver by it; and its message, translated ahead.
#pragma once

#include "virt/ids.hpp"
#include "virt/msi.hpp"
#include "virt/translated_msi.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <variant>

namespace virt {

/// Where a GSI goes: to an input of the irqchip, or out as an MSI.
using Route = std::variant<Pin, Msi>;

/// There are two copies: while the writer fills one, readers have the other, which is that of the version's lowest
/// bit. A reader retries only if a change went by meanwhile (Linux: seqcount_latch_t).
///
/// All that the usual message needs is in the first cache line.
class alignas(64) RouteCell {
public:
    struct Versioned {
        std::optional<Route> route;
        std::uint64_t version;
    };

    /// One thread at a time; nothing: no route. Whoever waits for a grace period after this will not see the old one.
    void set(const std::optional<Route>& route) {
        const auto present = version_.load(std::memory_order_relaxed);
        copies_[~present & 1].write(route ? pack(*route) : Words{});
        version_.store(present + 1);
    }

    // Any thread.

    [[nodiscard]] std::optional<Route> find() const { return find_versioned().route; }
    [[nodiscard]] Versioned find_versioned() const {
        for (;;) {
            const auto before = version_.load();
            const auto words = copies_[before & 1].read();
            // The copy is written again only after the version has moved on.
            if (version_.load(std::memory_order_relaxed) == before) [[likely]]
                return {unpack(words), before};
        }
    }

    /// `translated` finds it as long as that is the route's version.
    void keep_translated(std::uint64_t version, const TranslatedMsi& msi) const { translated_.keep(version, msi); }
    /// False unless one is kept for the present route. It may be no longer current.
    [[nodiscard]] bool translated(TranslatedMsi& msi) const { return translated_.find(version_.load(), msi); }

private:
    static constexpr std::uint64_t no_route = 0;
    static constexpr std::uint64_t to_pin = 1;
    static constexpr std::uint64_t to_msi = 2;
    static constexpr std::uint64_t to_msi_of_device = 3;

    /// A route in words that can be read and written whole.
    struct Words {
        std::uint64_t kind = no_route; // data or pin in the upper half
        std::uint64_t address = 0;
        std::uint64_t device = 0;
    };
    struct Copy {
        std::atomic<std::uint64_t> kind = no_route;
        std::atomic<std::uint64_t> address = 0;
        std::atomic<std::uint64_t> device = 0;

        void write(const Words& words) {
            kind.store(words.kind, std::memory_order_release);
            address.store(words.address, std::memory_order_release);
            device.store(words.device, std::memory_order_release);
        }
        [[nodiscard]] Words read() const {
            return {.kind = kind.load(std::memory_order_acquire),
                    .address = address.load(std::memory_order_acquire),
                    .device = device.load(std::memory_order_acquire)};
        }
    };

    static Words pack(const Route& route) {
        if (const auto* pin = std::get_if<Pin>(&route))
            return {.kind = to_pin | std::uint64_t{pin->value} << 32};
        const auto& msi = std::get<Msi>(route);
        return {.kind = (msi.device ? to_msi_of_device : to_msi) | std::uint64_t{msi.data} << 32,
                .address = msi.address,
                .device = msi.device.value_or(DeviceId{}).value};
    }
    static std::optional<Route> unpack(const Words& words) {
        const auto upper = static_cast<std::uint32_t>(words.kind >> 32);
        switch (words.kind & 3) {
        case no_route: return std::nullopt;
        case to_pin: return Pin{upper};
        case to_msi: return Msi{.address = words.address, .data = upper};
        default:
            return Msi{
                .address = words.address, .data = upper, .device = DeviceId{static_cast<std::uint32_t>(words.device)}};
        }
    }

    std::atomic<std::uint64_t> version_ = 0;
    mutable TranslatedMsiCell translated_;
    std::array<Copy, 2> copies_;
};

} // namespace virt
