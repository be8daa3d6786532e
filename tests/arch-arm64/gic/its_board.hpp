// SPDX-License-Identifier: Apache-2.0
// A GIC and ITSs with their tables in RAM, driven as a guest does; commands by the manual's names.
#pragma once

#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/icc_registers.hpp"
#include "arch-arm64/gic/its.hpp"
#include "virt/slot_memory.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <vector>

namespace arm64::gic {

// Commands, encoded by hand from Arm IHI 0069, 5.3: not by the fields that the ITS decodes with.

struct Mapd {
    std::uint32_t DeviceID;
    unsigned EventID_bits;
    virt::Gpa ITT;
    bool V = true;
    operator ItsCommand() const {
        return {{0x08 | std::uint64_t{DeviceID} << 32, EventID_bits - 1, ITT | std::uint64_t{V} << 63, 0}};
    }
};
struct Mapc {
    std::uint32_t ICID;
    std::uint64_t RDbase;
    bool V = true;
    operator ItsCommand() const { return {{0x09, 0, ICID | RDbase << 16 | std::uint64_t{V} << 63, 0}}; }
};
struct Mapti {
    std::uint32_t DeviceID, EventID, INTID, ICID;
    operator ItsCommand() const {
        return {{0x0A | std::uint64_t{DeviceID} << 32, EventID | std::uint64_t{INTID} << 32, ICID, 0}};
    }
};
struct Movi {
    std::uint32_t DeviceID, EventID, ICID;
    operator ItsCommand() const { return {{0x01 | std::uint64_t{DeviceID} << 32, EventID, ICID, 0}}; }
};
template <std::uint64_t opcode>
struct EventCommand {
    std::uint32_t DeviceID, EventID;
    operator ItsCommand() const { return {{opcode | std::uint64_t{DeviceID} << 32, EventID, 0, 0}}; }
};
using Int = EventCommand<0x03>;
using Clear = EventCommand<0x04>;
using Inv = EventCommand<0x0C>;
using Discard = EventCommand<0x0F>;
struct Invall {
    std::uint32_t ICID;
    operator ItsCommand() const { return {{0x0D, 0, ICID, 0}}; }
};
struct Movall {
    std::uint64_t from, to;
    operator ItsCommand() const { return {{0x0E, 0, from << 16, to << 16}}; }
};

inline constexpr std::uint64_t valid_bit = std::uint64_t{1} << 63, indirect_bit = std::uint64_t{1} << 62;

/// One ITS, driven by stores.
class ItsDriver {
public:
    static constexpr std::uint64_t queue_size = 0x1'0000;

    ItsDriver(Gic& gic, virt::SlotMemory& memory, virt::Gpa frame, virt::Gpa tables)
        : its(gic), memory_(memory), frame_(frame), queue_(tables) {
        its.place(frame);
        store(0x100, device_table() | valid_bit);
        store(0x108, collection_table() | valid_bit);
        store(0x080, queue_ | valid_bit | (queue_size / 0x1000 - 1));
        store(0x000, 1, virt::Width::b4);
    }

    [[nodiscard]] virt::Gpa queue() const { return queue_; }
    [[nodiscard]] virt::Gpa device_table() const { return queue_ + 0x1'0000; }
    [[nodiscard]] virt::Gpa collection_table() const { return queue_ + 0x2'0000; }

    std::uint64_t load(std::uint64_t offset, virt::Width width = virt::Width::b8) {
        std::uint64_t value = 0;
        EXPECT_TRUE(its.read(0, frame_ + offset, width, value));
        return value;
    }
    void store(std::uint64_t offset, std::uint64_t value, virt::Width width = virt::Width::b8) {
        EXPECT_TRUE(its.write(0, frame_ + offset, width, value));
    }
    /// Through the queue.
    void run(std::initializer_list<ItsCommand> commands) {
        for (const auto& command : commands) {
            EXPECT_TRUE(memory_.write(queue_ + tail_, command));
            tail_ = (tail_ + sizeof command) % queue_size;
        }
        store(0x088, tail_);
        EXPECT_EQ(load(0x090), tail_);
    }
    virt::MsiOutcome msi(std::uint32_t DeviceID, std::uint32_t EventID) {
        return its.signal(virt::DeviceId{DeviceID}, EventId{EventID});
    }
    bool delivers(std::uint32_t DeviceID, std::uint32_t EventID) {
        return msi(DeviceID, EventID) == virt::MsiOutcome::delivered;
    }
    /// Whether the translation of (0, EventID) is taken as checked: then nobody asks for a DeviceID.
    bool cached(std::uint32_t EventID) { return its.translate(std::nullopt, EventId{EventID}) != nullptr; }

    Its its;

private:
    virt::SlotMemory& memory_;
    virt::Gpa frame_;
    virt::Gpa queue_;
    std::uint64_t tail_ = 0;
};

/// CPUs that nobody asks.
class NoCpus final : public CpuSide {
public:
    void set_line(VcpuIndex, Input, Level) override {}
};

/// vCPUs that take LPIs, with ids n * 3, so that an id is no index; collection n is vCPU n, LPIs 8192..8447 are
/// enabled. Device 0 has 32 events and no mapping.
class ItsBoard {
public:
    static constexpr virt::Gpa RAM = 0x4000'0000, configuration = RAM, pending = RAM + 0x1'0000,
                               first_ITT = RAM + 0x20'0000, end_of_RAM = RAM + 0x80'0000, frame = 0x800'0000;
    static constexpr std::uint64_t RAM_size = end_of_RAM - RAM;

    explicit ItsBoard(std::uint32_t vcpus = 2) : gic(cpus_, memory) {
        memory.add({.id = {}, .base = RAM, .size = ram_.size(), .host = ram_.data()});
        for (std::uint32_t n = 0; n < vcpus; ++n)
            gic.add_vcpu(id(n), n);
        gic.init(64);
        driver = std::make_unique<ItsDriver>(gic, memory, frame, RAM + 0x10'0000);
        gic.set_forwarding(true);
        gic.lpis().set_PROPBASER(configuration | 15);
        for (std::uint32_t n = 0; n < vcpus; ++n) {
            write_icc(n, ICC_PMR_EL1, 0xFF);
            write_icc(n, ICC_IGRPEN1_EL1, 1);
            gic.lpis().set_PENDBASER(redistributor(n), pending_table(n));
            gic.lpis().set_enabled(redistributor(n), true);
            its().run({Mapc{n, id(n).value}});
        }
        for (std::uint32_t intid = 8192; intid < 8192 + 256; ++intid)
            configure(intid, 0xA1);
        its().run({Mapd{0, 5, ITT(0)}});
    }

    [[nodiscard]] static virt::VcpuId id(std::uint32_t vcpu) { return virt::VcpuId{vcpu * 3}; }
    [[nodiscard]] static virt::Gpa pending_table(std::uint32_t vcpu) { return pending + vcpu * 0x1'0000; }
    /// For up to 8 KiB of entries each.
    [[nodiscard]] static virt::Gpa ITT(std::uint32_t n) { return first_ITT + n * 0x2000; }
    ItsDriver& its() { return *driver; }
    Redistributor& redistributor(std::uint32_t vcpu) { return gic.redistributor(VcpuIndex{vcpu}); }

    void write_icc(std::uint32_t vcpu, SysregId id, std::uint64_t value) {
        EXPECT_TRUE(gic.write_sysreg(VcpuIndex{vcpu}, id, value));
    }
    /// Acknowledges and ends: an INTID or 1023.
    std::uint64_t take(std::uint32_t vcpu = 0) {
        const auto intid = gic.read_sysreg(VcpuIndex{vcpu}, ICC_IAR1_EL1).value();
        if (intid != no_interrupt)
            write_icc(vcpu, ICC_EOIR1_EL1, intid);
        return intid;
    }
    void configure(std::uint32_t intid, std::uint8_t byte) { set(configuration + intid - 8192, byte); }
    template <class T>
    void set(virt::Gpa address, T value) {
        EXPECT_TRUE(memory.write(address, value));
    }
    template <class T>
    T get(virt::Gpa address) {
        return memory.read<T>(address).value();
    }
    bool pending_bit(std::uint32_t vcpu, std::uint32_t intid) {
        return (get<std::uint8_t>(pending_table(vcpu) + intid / 8) >> intid % 8 & 1) != 0;
    }
    void set_pending_bit(std::uint32_t vcpu, std::uint32_t intid) {
        const auto address = pending_table(vcpu) + intid / 8;
        set(address, static_cast<std::uint8_t>(get<std::uint8_t>(address) | 1U << intid % 8));
    }
    bool exists(std::uint32_t intid) { return gic.lpis().find(Intid{intid}) != nullptr; }

private:
    NoCpus cpus_;
    std::vector<std::byte> ram_ = std::vector<std::byte>(RAM_size);

public:
    virt::SlotMemory memory;
    Gic gic;
    std::unique_ptr<ItsDriver> driver;
};

} // namespace arm64::gic
