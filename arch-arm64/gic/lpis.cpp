// SPDX-License-Identifier: Apache-2.0
// Source: Arm IHI 0069, 5.1, 6.2 (tables), 12.11 (registers).
#include "arch-arm64/gic/lpis.hpp"

#include "arch-arm64/gic/memory_attributes.hpp"
#include "arch-arm64/register.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <new>
#include <optional>
#include <span>
#include <tuple>

namespace arm64::gic {
namespace {

struct GICR_PROPBASER : Register<GICR_PROPBASER, std::uint64_t> {
    using Register::Register;
    static constexpr Field<GICR_PROPBASER, 58, 56> OuterCache{};
    static constexpr Field<GICR_PROPBASER, 51, 12> Physical_Address{};
    static constexpr Field<GICR_PROPBASER, 11, 10> Shareability{};
    static constexpr Field<GICR_PROPBASER, 9, 7> InnerCache{};
    static constexpr Field<GICR_PROPBASER, 4, 0> IDbits{};
    static constexpr auto writable = disjoint(OuterCache, Physical_Address, Shareability, InnerCache, IDbits);
};

struct GICR_PENDBASER : Register<GICR_PENDBASER, std::uint64_t> {
    using Register::Register;
    static constexpr Field<GICR_PENDBASER, 62> PTZ{};
    static constexpr Field<GICR_PENDBASER, 58, 56> OuterCache{};
    static constexpr Field<GICR_PENDBASER, 51, 16> Physical_Address{};
    static constexpr Field<GICR_PENDBASER, 11, 10> Shareability{};
    static constexpr Field<GICR_PENDBASER, 9, 7> InnerCache{};
    static constexpr auto writable = disjoint(PTZ, OuterCache, Physical_Address, Shareability, InnerCache);
};

/// An entry of the configuration table.
struct Configuration : Register<Configuration, std::uint8_t> {
    using Register::Register;
    static constexpr Field<Configuration, 7, 2> Priority{};
    static constexpr Field<Configuration, 0> Enable{};
    static_assert(disjoint(Priority, Enable) == 0xFD);
};

bool exists(const Interrupt& lpi) { return lpi.references != 0 || lpi.queued; }

/// Under the locks of Lpis and of its holder.
void send(Interrupt& lpi, Redistributor& target) {
    lpi.target->lpis.remove(lpi.intid);
    target.lpis.insert(lpi.intid);
    lpi.target = &target;
}

void configure(Interrupt& lpi, Configuration entry) {
    lpi.priority = static_cast<std::uint8_t>(entry[Configuration::Priority] << Configuration::Priority.low);
    lpi.enabled = entry[Configuration::Enable] != 0;
}

/// A byte of the pending table.
virt::Gpa pending_byte(const Redistributor& redistributor, Intid intid) {
    return (redistributor.PENDBASER & GICR_PENDBASER::Physical_Address.mask) + intid.value / 8;
}
std::uint8_t pending_bit(Intid intid) { return static_cast<std::uint8_t>(1U << intid.value % 8); }

} // namespace

Lpis::~Lpis() {
    for (auto& chunk : chunks_)
        delete chunk.load();
}

template <class Visit>
void Lpis::each_chunk(Visit visit) const {
    for (const auto& chunk : chunks_)
        if (auto* const present = chunk.load(std::memory_order_acquire))
            visit(*present);
}

Interrupt* Lpis::find(Intid intid) const {
    if (intid.value < first_lpi || intid.value >= end)
        return nullptr;
    if (chunks_[(intid.value - first_lpi) / per_chunk].load(std::memory_order_acquire) == nullptr)
        return nullptr;
    auto& one = known(intid.value);
    return Redistributor::inspect(one, [](const Interrupt& lpi) { return exists(lpi); }) ? &one : nullptr;
}

Interrupt* Lpis::allocate(Intid intid) {
    auto& chunk = chunks_[(intid.value - first_lpi) / per_chunk];
    if (chunk.load(std::memory_order_relaxed) == nullptr) {
        auto* const fresh = new (std::nothrow) Chunk;
        if (fresh == nullptr)
            return nullptr;
        for (std::uint32_t n = 0; n < per_chunk; ++n) {
            auto& lpi = (*fresh)[n];
            lpi.intid = Intid{first_lpi + (intid.value - first_lpi) / per_chunk * per_chunk + n};
            lpi.target = &nowhere_;
            lpi.holder.store(&nowhere_, std::memory_order_relaxed);
        }
        chunk.store(fresh, std::memory_order_release);
    }
    return &known(intid.value);
}

virt::Gpa Lpis::configuration_of(Intid intid) const {
    return (PROPBASER_ & GICR_PROPBASER::Physical_Address.mask) + intid.value - first_lpi;
}

virt::expected<Interrupt*> Lpis::map(Intid intid, Redistributor* target) {
    if (intid.value < first_lpi || intid.value >= end)
        return virt::failure(EINVAL, "map an LPI");
    const virt::Lock lock(mutex_);
    auto* const one = allocate(intid);
    if (one == nullptr)
        return virt::failure(ENOMEM, "map an LPI");
    bool shared = false;
    Redistributor::update(
        *one,
        [&](Interrupt& lpi) {
            shared = exists(lpi);
            if (shared)
                ++lpi.references;
        },
        Redistributor::Queueing::kept);
    if (shared)
        return one;

    const auto entry = memory_.read<std::uint8_t>(configuration_of(intid));
    if (!entry)
        return virt::failure(EFAULT, "read the configuration of an LPI");
    bool pending = false;
    if (target != nullptr) {
        const auto address = pending_byte(*target, intid);
        const auto byte = memory_.read<std::uint8_t>(address);
        if (!byte)
            return virt::failure(EFAULT, "read an LPI pending table");
        pending = (*byte & pending_bit(intid)) != 0;
        if (pending && !memory_.write(address, static_cast<std::uint8_t>(*byte & ~pending_bit(intid))))
            return virt::failure(EFAULT, "write an LPI pending table");
    }
    Redistributor::update(*one, [&](Interrupt& lpi) {
        lpi.references = 1;
        send(lpi, target != nullptr ? *target : nowhere_);
        lpi.latch = pending;
        configure(lpi, Configuration{*entry});
    });
    return one;
}

void Lpis::unmap(Interrupt& lpi) {
    const virt::Lock lock(mutex_);
    Redistributor::update(
        lpi,
        [](Interrupt& one) {
            --one.references;
            if (!exists(one))
                one.latch = false;
        },
        Redistributor::Queueing::kept);
}

void Lpis::retarget(Interrupt& lpi, Redistributor& target) {
    const virt::Lock lock(mutex_);
    Redistributor::update(lpi, [&](Interrupt& one) { send(one, target); }, Redistributor::Queueing::kept);
}

void Lpis::move_all(Redistributor& from, Redistributor& to) {
    const virt::Lock lock(mutex_);
    each_chunk([&](Chunk& chunk) {
        for (auto& lpi : chunk)
            if (lpi.holder.load(std::memory_order_acquire) == &from) // an LPI's holder is its target
                Redistributor::update(
                    lpi,
                    [&](Interrupt& one) {
                        if (exists(one))
                            send(one, to);
                    },
                    Redistributor::Queueing::kept);
    });
}

virt::expected<void> Lpis::reload(Interrupt& lpi) {
    const virt::Lock lock(mutex_);
    const auto entry = memory_.read<std::uint8_t>(configuration_of(lpi.intid));
    if (!entry)
        return virt::failure(EFAULT, "read the configuration of an LPI");
    Redistributor::update(lpi, [&](Interrupt& one) { configure(one, Configuration{*entry}); });
    return {};
}

void Lpis::reload_all(Redistributor& target) {
    const virt::Lock lock(mutex_);
    target.lpis.each_group([&](Intid first, std::uint64_t which) VIRT_UNCHECKED { // clang does not see the lock inside
        // Of one page, as tables are aligned: readable or not. Aligned, to be read by words.
        alignas(std::uint64_t) std::array<Configuration, LpiSet::group> entries;
        if (memory_.read(configuration_of(first), std::as_writable_bytes(std::span(entries))))
            target.update_held(std::span(&known(first.value), LpiSet::group), which, [&](Interrupt& one) {
                if (exists(one))
                    configure(one, entries[one.intid.value - first.value]);
            });
    });
}

void Lpis::signal(Interrupt& lpi) {
    Redistributor::update(lpi, [](Interrupt& one) { one.latch |= exists(one); });
}

void Lpis::clear(Interrupt& lpi) {
    Redistributor::update(lpi, [](Interrupt& one) { one.latch = false; });
}

std::uint64_t Lpis::PROPBASER() const {
    const virt::Lock lock(mutex_);
    return PROPBASER_;
}

void Lpis::set_PROPBASER(std::uint64_t value) {
    const virt::Lock lock(mutex_);
    PROPBASER_ = sanitised(GICR_PROPBASER{value & GICR_PROPBASER::writable}).value;
}

std::uint64_t Lpis::PENDBASER(const Redistributor& redistributor) const {
    const virt::Lock lock(mutex_);
    return redistributor.PENDBASER & ~GICR_PENDBASER::PTZ.mask;
}

void Lpis::set_PENDBASER(Redistributor& redistributor, std::uint64_t value, std::uint64_t mask) {
    const virt::Lock lock(mutex_);
    redistributor.PENDBASER =
        sanitised(GICR_PENDBASER{redistributor.PENDBASER}.merge(value, mask & GICR_PENDBASER::writable)).value;
}

std::uint32_t Lpis::limit() const {
    const auto IDbits = GICR_PROPBASER{PROPBASER()}[GICR_PROPBASER::IDbits];
    return std::uint32_t{1} << std::min<std::uint64_t>(IDbits + 1, 16);
}

bool Lpis::set_enabled(Redistributor& redistributor, bool enabled) {
    const virt::Lock lock(mutex_);
    if (redistributor.lpis_enabled() == enabled)
        return false;
    redistributor.set_lpis_enabled(enabled);
    if (enabled && GICR_PENDBASER{redistributor.PENDBASER}[GICR_PENDBASER::PTZ] == 0)
        take_pending_table(redistributor);
    return !enabled;
}

void Lpis::take_pending_table(Redistributor& redistributor) {
    std::optional<std::uint8_t> byte;
    virt::Gpa last = ~virt::Gpa{0};
    bool readable = true;
    each_chunk([&](Chunk& chunk) {
        for (auto& lpi : chunk) {
            if (!readable || lpi.holder.load(std::memory_order_acquire) != &redistributor)
                continue;
            if (const auto address = pending_byte(redistributor, lpi.intid); address != last) {
                byte = memory_.read<std::uint8_t>(address);
                last = address;
                readable = byte.has_value();
                if (!readable)
                    continue;
            }
            const bool pending = (*byte & pending_bit(lpi.intid)) != 0;
            Redistributor::update(lpi, [&](Interrupt& one) { one.latch = exists(one) && pending; });
        }
    });
}

virt::expected<void> Lpis::save_pending_tables() {
    const virt::Lock lock(mutex_);
    bool accessible = true;
    each_chunk([&](Chunk& chunk) {
        for (auto& lpi : chunk) {
            const auto [there, latch, target] = Redistributor::inspect(
                lpi, [](const Interrupt& one) { return std::tuple(exists(one), one.latch, one.target); });
            if (!accessible || !there || !target->has_vcpu())
                continue;
            const auto address = pending_byte(*target, lpi.intid);
            const auto byte = memory_.read<std::uint8_t>(address);
            const auto bit = pending_bit(lpi.intid);
            if (byte && ((*byte & bit) != 0) == latch)
                continue;
            accessible = byte && memory_.write(address, static_cast<std::uint8_t>(latch ? *byte | bit : *byte & ~bit));
        }
    });
    if (!accessible)
        return virt::failure(EFAULT, "save the LPI pending tables");
    return {};
}

} // namespace arm64::gic
