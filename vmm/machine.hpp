// SPDX-License-Identifier: Apache-2.0
// One virtual machine: its vCPUs, interrupt controller and devices, from power-on to its end.
#pragma once

#include "arch-arm64/kvm.hpp"
#include "arch-arm64/spi_line.hpp"
#include "arch-arm64/vgic.hpp"
#include "devices/exit_device.hpp"
#include "devices/gpio_pl061.hpp"
#include "devices/pvpanic.hpp"
#include "devices/rtc_mc146818.hpp"
#include "devices/rtc_pl031.hpp"
#include "devices/serial.hpp"
#include "virt/event_loop.hpp"
#include "virt/guest_memory.hpp"
#include "virt/mmio_bus.hpp"
#include "vmm/device_tree.hpp"
#include "vmm/outcome.hpp"
#include "vmm/payload.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace vmm {

enum class Irqchip : std::uint8_t { gicv3, gicv3_its };

struct MachineConfig {
    unsigned cpus; ///< 1 .. KVM_CAP_MAX_VCPUS
    std::optional<Irqchip> irqchip; ///< default: the best that the host has
    std::string command_line;
    bool linux_guest; ///< an arm64 Image: its serial driver raises RTS when it is ready for input
};

/// Owns every part, in construction order. Memory is not among them: it outlives a reset, which is a new Machine.
class Machine final : devices::ExitSink, devices::PanicSink, devices::AlarmListener {
public:
    /// Builds the devices around a VM of `address_bits`, in which nothing is yet. `memory`, `loop` and `transmitter`
    /// outlive the machine; the loop is woken when the machine ends, and when `on_wake` has something to do.
    static virt::expected<std::unique_ptr<Machine>> create(std::unique_ptr<arm64::Vm> vm, const MachineConfig& config,
                                                           virt::GuestMemory& memory, virt::EventLoop& loop,
                                                           devices::Transmitter& transmitter);
    /// Stops the vCPUs.
    ~Machine() override;

    /// Bits of guest physical address that a guest with RAM up to `ram_end` gets, if the host has them.
    static virt::expected<unsigned> address_bits(const arm64::System& system, virt::Gpa ram_end);
    /// The same for a guest without much memory.
    static unsigned usual_address_bits(const arm64::System& system);

    /// Exactly what was built. `placement` adds where the initrd is.
    [[nodiscard]] std::vector<std::byte> device_tree(const Placement& placement) const;
    /// Registers as the boot protocol wants them. Source: booting.rst, section 4.
    virt::expected<void> set_entry(const Placement& placement);

    /// Starts one thread per vCPU. They end by themselves; the loop is woken when `outcome` has something. EAGAIN if
    /// the host has no more threads to give.
    virt::expected<void> start();
    /// How the guest ended, if it did. The first reason counts.
    [[nodiscard]] std::optional<Outcome> outcome() const;
    /// Makes every vCPU stop and waits for it. Idempotent.
    void stop();

    /// On the loop's thread, after each wake.
    void on_wake();

    /// On the loop's thread: the guest sees its power key pressed and released.
    void press_power_key();

    [[nodiscard]] devices::Serial& serial() { return serial_; }

private:
    Machine(std::unique_ptr<arm64::Vm> vm, virt::EventLoop& loop, devices::Transmitter& transmitter);

    virt::expected<void> build(const MachineConfig& config, virt::GuestMemory& memory);
    virt::expected<void> build_cpus(unsigned count);
    virt::expected<void> build_gic(std::optional<Irqchip> wanted, unsigned cpus);
    virt::expected<void> build_devices();

    void run_vcpu(arm64::Vcpu& arm_vcpu);
    /// Every exit but MMIO; false when the vCPU should not go on.
    bool serve(arm64::Vcpu& vcpu, const virt::Exit& exit);
    bool serve_event(const virt::exit::SystemEvent& event);
    void end(Outcome outcome);

    void guest_exit(std::uint64_t code) override;
    void guest_panicked() override;
    void guest_crash_loaded() override {}
    void alarm_changed() override;

    virt::EventLoop& loop_;
    Description description_;
    std::unique_ptr<arm64::Vm> vm_;
    std::vector<std::unique_ptr<arm64::Vcpu>> vcpus_;
    std::optional<arm64::VgicV3> gic_;

    arm64::SpiLine serial_line_;
    arm64::SpiLine rtc_line_;
    arm64::SpiLine gpio_line_;
    devices::Serial serial_;
    devices::RtcMc146818 rtc_mc146818_;
    devices::RtcPl031 rtc_pl031_;
    devices::GpioPl061 gpio_;
    devices::ExitDevice exit_device_;
    devices::Pvpanic pvpanic_;
    virt::MmioBus bus_;
    virt::Timer alarm_; // of rtc_pl031_
    virt::Timer power_key_release_; // of gpio_

    mutable std::mutex mutex_; // guards the next one
    std::optional<Outcome> outcome_;
    std::atomic<bool> alarm_changed_ = false;
    std::atomic<bool> stopping_ = false;
    std::vector<std::thread> threads_;
};

} // namespace vmm
