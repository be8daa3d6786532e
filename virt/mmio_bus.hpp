// SPDX-License-Identifier: Apache-2.0
// Guest physical addresses that are devices, and who answers them.
#pragma once

#include "virt/expected.hpp"
#include "virt/ids.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace virt {

/// Width of one access, in bytes.
enum class Width : std::uint8_t { b1 = 1, b2 = 2, b4 = 4, b8 = 8 };

/// All ones in the bytes that an access of this width carries.
[[nodiscard]] constexpr std::uint64_t mask_of(Width width) {
    return width == Width::b8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * static_cast<unsigned>(width))) - 1;
}

/// A block of registers on the bus. Called by vCPU threads, several at once: a device does its own locking.
/// Every offset and width is guest-controlled; what a device does not implement reads as zero and ignores
/// writes.
class MmioDevice {
public:
    MmioDevice() = default;
    MmioDevice(const MmioDevice&) = delete;
    MmioDevice& operator=(const MmioDevice&) = delete;
    virtual ~MmioDevice() = default;

    /// `offset` is relative to the start of the range. What the answer has above `width` nobody looks at.
    virtual std::uint64_t read(std::uint64_t offset, Width width) = 0;
    /// Bytes of `value` above `width` are zero.
    virtual void write(std::uint64_t offset, Width width, std::uint64_t value) = 0;
};

/// A sorted set of disjoint ranges. Built before the vCPUs start and not changed while they run.
class MmioBus {
    struct Range;
    static const Range nowhere; // holds no address

public:
    /// Puts `device` at [base, base + size). EEXIST if the range touches one that is there, EINVAL if it is
    /// empty or wraps. `name` is for messages.
    expected<void> add(std::string_view name, Gpa base, std::uint64_t size, MmioDevice& device);

    /// Where a vCPU's last access went; the next one mostly goes there too. One for each thread.
    class Hint {
        friend class MmioBus;
        const Range* last_ = &nowhere;
    };

    /// False if nobody lives at [address, address + width): the caller decides what the guest sees. Bytes of `value`
    /// above `width` are zero for a write and mean nothing after a read.
    [[nodiscard]] bool read(Gpa address, Width width, std::uint64_t& value, Hint& hint) const;
    [[nodiscard]] bool write(Gpa address, Width width, std::uint64_t value, Hint& hint) const;

private:
    struct Range {
        Gpa base = 0;
        std::uint64_t size = 0;
        MmioDevice* device = nullptr;
        std::string name;

        [[nodiscard]] bool holds(Gpa address, Width width) const {
            const std::uint64_t offset = address - base;
            return offset < size && static_cast<std::uint64_t>(width) <= size - offset;
        }
    };
    [[nodiscard]] const Range* find(Gpa address, Width width, Hint& hint) const;
    [[nodiscard]] const Range* search(Gpa address, Width width) const;

    std::vector<Range> ranges_; // sorted by base
};

} // namespace virt
