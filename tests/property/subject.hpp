// SPDX-License-Identifier: Apache-2.0
// What is compared with the model: an interrupt controller of layout.hpp's machine, as it is after reset.
#pragma once

#include "tests/property/gic_model.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace property {

/// The functions mean what GicModel's mean. One thread.
class Subject {
public:
    Subject() = default;
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;
    virtual ~Subject() = default;

    [[nodiscard]] virtual Rules rules() const { return {}; }
    [[nodiscard]] virtual std::uint64_t load(unsigned vcpu, std::uint64_t address, unsigned width) = 0;
    virtual void store(unsigned vcpu, std::uint64_t address, unsigned width, std::uint64_t value) = 0;
    [[nodiscard]] virtual std::optional<std::uint64_t> mrs(unsigned vcpu, std::uint16_t sysreg) = 0;
    virtual bool msr(unsigned vcpu, std::uint16_t sysreg, std::uint64_t value) = 0;
    virtual void set_spi(std::uint32_t intid, bool level) = 0;
    virtual void set_ppi(unsigned vcpu, std::uint32_t intid, bool level) = 0;
    virtual MsiResult signal(std::uint64_t address, std::optional<std::uint32_t> DeviceID, std::uint32_t EventID) = 0;
    [[nodiscard]] virtual std::uint32_t get_outside(std::uint64_t address) = 0;
    virtual Outcome set_outside(std::uint64_t address, std::uint32_t value) = 0;
    virtual bool save_pending_tables() = 0;
    virtual void write(std::uint64_t address, unsigned width, std::uint64_t value) = 0;
    /// Of layout.hpp's RAM.
    [[nodiscard]] virtual std::span<const std::uint8_t> ram() = 0;

    [[nodiscard]] virtual Lines lines(unsigned vcpu) = 0;
    [[nodiscard]] virtual std::vector<std::uint32_t> take_deactivated() = 0;
};

/// SPIs that have a resampling listener, which lowers their line at their deactivation. Few, for KVM takes its time to
/// take irqfds away.
[[nodiscard]] constexpr bool is_resampled(std::uint32_t spi) { return spi % 8 == 1; }

} // namespace property
