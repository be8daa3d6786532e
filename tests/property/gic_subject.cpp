// SPDX-License-Identifier: Apache-2.0
#include "tests/property/gic_subject.hpp"

#include "arch-arm64/gic/distributor.hpp"
#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/its.hpp"
#include "arch-arm64/gic/redistributor_frame.hpp"
#include "arch-arm64/irqchip.hpp"
#include "tests/property/layout.hpp"
#include "virt/io_bus.hpp"
#include "virt/slot_memory.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace property {
namespace {

namespace gic = arm64::gic;

/// vCPUs that nobody executes.
class Inputs final : public arm64::CpuSide {
public:
    void set_line(arm64::VcpuIndex vcpu, Input input, Level level) override {
        auto& lines = lines_.at(vcpu.value);
        (input == Input::irq ? lines.irq : lines.fiq) = level == Level::high;
    }
    [[nodiscard]] Lines lines(unsigned vcpu) const { return lines_.at(vcpu); }

private:
    std::array<Lines, vcpus> lines_{};
};

class Ram {
public:
    Ram() : bytes_(static_cast<std::uint8_t*>(std::aligned_alloc(4096, RAM_size))) { std::memset(bytes_, 0, RAM_size); }
    Ram(const Ram&) = delete;
    Ram& operator=(const Ram&) = delete;
    ~Ram() { std::free(bytes_); }
    [[nodiscard]] std::uint8_t* bytes() const { return bytes_; }

private:
    std::uint8_t* bytes_;
};

class GicSubject final : public Subject, virt::DeactivationListener {
public:
    GicSubject() {
        memory_.add(
            {.id = virt::SlotId{0}, .base = RAM, .size = RAM_size, .host = reinterpret_cast<std::byte*>(ram_.bytes())});
        gic_.set_listener(*this);
        for (unsigned vcpu = 0; vcpu < vcpus; ++vcpu) {
            auto& redistributor = gic_.add_vcpu(virt::VcpuId{vcpu_ids[vcpu]}, affinities[vcpu]);
            auto& frame = *(frames_[vcpu] = std::make_unique<gic::RedistributorFrame>(gic_, redistributor));
            frame.place(GICR + vcpu * GICR_size);
            frame.set_last(vcpu == vcpus - 1);
            put(GICR + vcpu * GICR_size, GICR_size, frame);
        }
        gic_.init(interrupts);
        distributor_.place(GICD);
        put(GICD, GICD_size, distributor_);
        for (unsigned its = 0; its < itss; ++its) {
            its_[its].place(ITS + its * ITS_size);
            put(ITS + its * ITS_size, ITS_size, its_[its]);
        }
    }

    std::uint64_t load(unsigned vcpu, std::uint64_t address, unsigned width) override {
        std::uint64_t value = 0;
        return bus_.read(vcpu, address, virt::Width{static_cast<std::uint8_t>(width)}, value) ? value
                                                                                              : ~std::uint64_t{0};
    }
    void store(unsigned vcpu, std::uint64_t address, unsigned width, std::uint64_t value) override {
        if (width < 8)
            value &= (std::uint64_t{1} << width * 8) - 1;
        static_cast<void>(bus_.write(vcpu, address, virt::Width{static_cast<std::uint8_t>(width)}, value));
    }
    std::optional<std::uint64_t> mrs(unsigned vcpu, std::uint16_t sysreg) override {
        return gic_.read_sysreg(arm64::VcpuIndex{vcpu}, arm64::SysregId{sysreg});
    }
    bool msr(unsigned vcpu, std::uint16_t sysreg, std::uint64_t value) override {
        return gic_.write_sysreg(arm64::VcpuIndex{vcpu}, arm64::SysregId{sysreg}, value);
    }
    void set_spi(std::uint32_t intid, bool level) override {
        const auto pin = arm64::pin_of(arm64::Intid{intid});
        level ? gic_.raise(pin) : gic_.lower(pin);
    }
    void set_ppi(unsigned vcpu, std::uint32_t intid, bool level) override {
        auto& one = gic_.redistributor(arm64::VcpuIndex{vcpu}).private_interrupt(intid);
        level ? gic::Gic::raise(one) : gic::Gic::lower(one);
    }
    MsiResult signal(std::uint64_t address, std::optional<std::uint32_t> DeviceID, std::uint32_t EventID) override {
        const auto device = DeviceID ? std::optional(virt::DeviceId{*DeviceID}) : std::nullopt;
        switch (gic_.signal({.address = address, .data = EventID, .device = device})) {
        case virt::MsiOutcome::delivered: return MsiResult::delivered;
        case virt::MsiOutcome::unmapped: return MsiResult::unmapped;
        case virt::MsiOutcome::not_enabled: return MsiResult::busy;
        default: return MsiResult::invalid;
        }
    }
    std::uint32_t get_outside(std::uint64_t address) override {
        return address < ITS ? distributor_.read_outside(address - GICD)
                             : frame_of(address).read_outside((address - GICR) % GICR_size);
    }
    Outcome set_outside(std::uint64_t address, std::uint32_t value) override {
        const auto done = address < ITS ? distributor_.write_outside(address - GICD, value)
                                        : frame_of(address).write_outside((address - GICR) % GICR_size, value);
        return done ? Outcome::ok : Outcome::invalid;
    }
    bool save_pending_tables() override { return static_cast<bool>(gic_.lpis().save_pending_tables()); }
    void write(std::uint64_t address, unsigned width, std::uint64_t value) override {
        std::memcpy(ram_.bytes() + (address - RAM), &value, width);
    }
    std::span<const std::uint8_t> ram() override { return {ram_.bytes(), RAM_size}; }
    Lines lines(unsigned vcpu) override { return inputs_.lines(vcpu); }
    std::vector<std::uint32_t> take_deactivated() override { return std::exchange(deactivated_, {}); }

private:
    void put(std::uint64_t base, std::uint64_t size, virt::IoDevice& device) {
        if (!bus_.add(base, size, device))
            std::abort();
    }
    gic::RedistributorFrame& frame_of(std::uint64_t address) { return *frames_.at((address - GICR) / GICR_size); }

    void deactivated(virt::Pin pin) override {
        const auto spi = arm64::intid_of(pin).value;
        if (!is_resampled(spi))
            return;
        deactivated_.push_back(spi);
        gic_.lower(pin);
    }

    Ram ram_;
    virt::SlotMemory memory_;
    Inputs inputs_;
    virt::IoBus bus_;
    gic::Gic gic_{inputs_, memory_};
    gic::Distributor distributor_{gic_};
    std::array<std::unique_ptr<gic::RedistributorFrame>, vcpus> frames_;
    std::array<gic::Its, itss> its_{gic::Its(gic_), gic::Its(gic_)};
    std::vector<std::uint32_t> deactivated_;
};

} // namespace

std::unique_ptr<Subject> make_gic_subject() { return std::make_unique<GicSubject>(); }

} // namespace property
