// SPDX-License-Identifier: Apache-2.0
// One step of a sequence: what a guest, a device or a VMM does to an interrupt controller.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace property {

struct Operation {
    enum class Kind : std::uint8_t {
        load,        ///< of `width` bytes at `address`, by `vcpu`
        store,       ///< of `value`
        mrs,         ///< of the system register `address`
        msr,         ///< of `value`
        spi,         ///< its line, `address` being the INTID and `value` the level
        ppi,         ///< the same of `vcpu`
        msi,         ///< `value` to `address`, from device `words[0]`; `width` 0: from nobody
        command,     ///< `words` into the queue of ITS `vcpu`, and a store of `width` bytes to GITS_CWRITER
        memory,      ///< guest RAM: `width` bytes of `value` at `address`
        get_outside, ///< KVM_DEV_ARM_VGIC_GRP_DIST_REGS, _REDIST_REGS: the word at `address`
        set_outside, ///< of `value`
        save,        ///< KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES
        check,       ///< compares all that can be read
    };

    Kind kind = Kind::check;
    unsigned vcpu = 0;
    unsigned width = 4;
    std::uint64_t address = 0;
    std::uint64_t value = 0;
    std::array<std::uint64_t, 4> words{};

    [[nodiscard]] std::string text() const;
};

using Sequence = std::vector<Operation>;

} // namespace property
