// SPDX-License-Identifier: Apache-2.0
// Random sequences: what guests do, and nonsense.
#pragma once

#include "tests/property/gic_model.hpp"
#include "tests/property/operation.hpp"

#include <cstdint>
#include <deque>
#include <initializer_list>

namespace property {

/// Which operations there may be.
enum class Repertoire : std::uint8_t {
    all,
    defined, ///< only what has one answer on any GICv3: no nonsense in system registers, priorities of 5 bits
};

/// The same seed gives the same sequence on any host, given a model that answers the same.
class Generator {
public:
    explicit Generator(std::uint64_t seed, Repertoire repertoire = Repertoire::all)
        : state_(seed), repertoire_(repertoire) {}

    /// What a guest does first: enables groups, tables, ITSs.
    [[nodiscard]] Sequence beginning();
    /// `model`: what the next one may refer to, such as active interrupts.
    [[nodiscard]] Operation next(const GicModel& model);

private:
    std::uint64_t random();
    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); }
    bool once_in(std::uint32_t n) { return below(n) == 0; }
    template <class T>
    T one_of(std::initializer_list<T> values) {
        return values.begin()[below(static_cast<std::uint32_t>(values.size()))];
    }
    [[nodiscard]] bool nonsense(std::uint32_t once_in_so_many) {
        return repertoire_ == Repertoire::all && once_in(once_in_so_many);
    }

    /// SGIs and the PPIs that are nobody's.
    [[nodiscard]] std::uint64_t private_ones() const {
        return repertoire_ == Repertoire::all ? 0xFFFF'FFFF : 0x003F'FFFF;
    }

    void append_distributor(Sequence& to);
    void append_cpu_interface(Sequence& to, unsigned vcpu);
    void append_lpis(Sequence& to, unsigned vcpu);
    void append_its(Sequence& to, unsigned its);
    void append_device(Sequence& to, unsigned its, std::uint32_t device);
    void plan();

    std::uint32_t intid();
    std::uint32_t lpi();
    std::uint32_t DeviceID();
    std::uint32_t EventID();
    std::uint32_t ICID();
    std::uint32_t RDbase();
    std::uint64_t priority();
    std::uint64_t bits();
    std::uint64_t array_of_bits();
    /// ICC_PMR_EL1 for almost all priorities.
    std::uint64_t whole_mask() { return one_of({repertoire_ == Repertoire::all ? 0xFFU : 0xF8U, 0xF0U}); }
    Operation acknowledge(const GicModel& model);
    Operation finish(const GicModel& model);
    Operation sysreg(const GicModel& model);
    Operation sgi();
    Operation distributor();
    Operation redistributor();
    Operation anywhere();
    Operation its_register();
    Operation command();
    Operation memory();
    Operation outside();

    std::uint64_t state_;
    std::deque<Operation> planned_;
    Repertoire repertoire_;
};

/// As a guest writes them, for layout.hpp's tables.
[[nodiscard]] std::uint64_t PROPBASER();
[[nodiscard]] std::uint64_t PENDBASER(unsigned vcpu);
[[nodiscard]] std::uint64_t CBASER(unsigned its);
[[nodiscard]] std::uint64_t BASER0(unsigned its);
[[nodiscard]] std::uint64_t BASER1(unsigned its);

} // namespace property
