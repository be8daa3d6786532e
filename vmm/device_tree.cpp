// SPDX-License-Identifier: Apache-2.0
// Nodes and properties, as the Linux bindings name them.
#include "vmm/device_tree.hpp"

#include "arch-arm64/fdt/tree.hpp"
#include "vmm/memory_map.hpp"

#include <fmt/core.h>

namespace vmm {
namespace {

using arm64::fdt::Tree;

constexpr std::uint32_t gic_phandle = 1;
constexpr std::uint32_t its_phandle = 2;
constexpr std::uint32_t clock_phandle = 3;
constexpr std::uint32_t gpio_phandle = 4;

// interrupts = <type number flags>, bindings/interrupt-controller/arm,gic-v3.yaml
constexpr std::uint32_t type_spi = 0;
constexpr std::uint32_t type_ppi = 1;
constexpr std::uint32_t level_high = 4;

std::string at(const char* name, virt::Gpa address) { return fmt::format("{}@{:x}", name, address); }

void chosen(Tree& tree, const Description& machine) {
    const auto node = tree.node("chosen");
    if (!machine.command_line.empty())
        tree.string("bootargs", machine.command_line);
    if (machine.platform.serial)
        tree.string("stdout-path", "serial0:115200n8");
    if (machine.initrd) {
        tree.wide("linux,initrd-start", {machine.initrd->address});
        tree.wide("linux,initrd-end", {machine.initrd->address + machine.initrd->size});
    }
    tree.cells("rng-seed", machine.rng_seed);
}

void cpus(Tree& tree, const Description& machine) {
    const auto node = tree.node("cpus");
    tree.cells("#address-cells", {1});
    tree.cells("#size-cells", {0});
    for (const auto affinity : machine.cpus) {
        const auto cpu = tree.node(at("cpu", affinity));
        tree.string("device_type", "cpu");
        tree.string("compatible", "arm,armv8");
        tree.string("enable-method", "psci");
        tree.cells("reg", {static_cast<std::uint32_t>(affinity)});
    }
}

void psci(Tree& tree) {
    const auto node = tree.node("psci");
    tree.strings("compatible", {"arm,psci-1.0", "arm,psci-0.2"});
    tree.string("method", "hvc");
}

void timer(Tree& tree) {
    const auto node = tree.node("timer");
    tree.string("compatible", "arm,armv8-timer");
    // secure physical, physical, virtual, hypervisor: an EL1 guest has the second and third, the binding wants all.
    tree.cells("interrupts", {type_ppi, 13, level_high, type_ppi, 14, level_high, type_ppi, 11, level_high, //
                              type_ppi, 10, level_high});
    tree.flag("always-on");
}

void gic(Tree& tree, const Description& machine) {
    const auto& layout = machine.gic;
    const auto node = tree.node(at("interrupt-controller", layout.distributor));
    tree.string("compatible", "arm,gic-v3");
    tree.wide("reg", {layout.distributor, arm64::GicV3Layout::distributor_size, layout.redistributors,
                      machine.cpus.size() * arm64::GicV3Layout::redistributor_size});
    tree.flag("interrupt-controller");
    tree.cells("#interrupt-cells", {3});
    tree.cells("#address-cells", {2});
    tree.cells("#size-cells", {2});
    tree.flag("ranges");
    tree.cells("phandle", {gic_phandle});
    if (layout.its) {
        const auto its = tree.node(at("msi-controller", *layout.its));
        tree.string("compatible", "arm,gic-v3-its");
        tree.wide("reg", {*layout.its, arm64::GicV3Layout::its_size});
        tree.flag("msi-controller");
        tree.cells("#msi-cells", {1});
        tree.cells("phandle", {its_phandle});
    }
}

void interrupt(Tree& tree, virt::Pin pin) { tree.cells("interrupts", {type_spi, pin.value, level_high}); }

void primecell(Tree& tree, const char* part, virt::Gpa address, std::uint64_t size, virt::Pin pin) {
    tree.strings("compatible", {part, "arm,primecell"});
    tree.wide("reg", {address, size});
    tree.cells("clocks", {clock_phandle});
    tree.string("clock-names", "apb_pclk");
    interrupt(tree, pin);
}

void serial(Tree& tree) {
    const auto node = tree.node(at("serial", map::serial.base));
    tree.string("compatible", "ns16550a");
    tree.wide("reg", {map::serial.base, map::serial.size});
    tree.cells("clock-frequency", {1843200});
    interrupt(tree, map::serial_pin);
}

// What PrimeCells need; its rate means nothing.
void clock(Tree& tree) {
    const auto node = tree.node("apb-pclk");
    tree.string("compatible", "fixed-clock");
    tree.cells("#clock-cells", {0});
    tree.cells("clock-frequency", {24000000});
    tree.cells("phandle", {clock_phandle});
}

// Two clocks: firmware for kvmtool's machine knows the first, Linux on arm64 has a driver for the second.
void rtc(Tree& tree) {
    {
        const auto node = tree.node(at("rtc", map::rtc_mc146818.base));
        tree.string("compatible", "motorola,mc146818");
        tree.wide("reg", {map::rtc_mc146818.base, map::rtc_mc146818.size});
    }
    const auto node = tree.node(at("rtc", map::rtc_pl031.base));
    primecell(tree, "arm,pl031", map::rtc_pl031.base, map::rtc_pl031.size, map::rtc_pin);
}

void power_key(Tree& tree) {
    {
        const auto node = tree.node(at("gpio", map::gpio.base));
        primecell(tree, "arm,pl061", map::gpio.base, map::gpio.size, map::gpio_pin);
        tree.flag("gpio-controller");
        tree.cells("#gpio-cells", {2});
        tree.cells("phandle", {gpio_phandle});
    }
    constexpr std::uint32_t KEY_POWER = 116; // linux/input-event-codes.h
    constexpr std::uint32_t active_high = 0;
    const auto keys = tree.node("gpio-keys");
    tree.string("compatible", "gpio-keys");
    const auto key = tree.node("power");
    tree.string("label", "Power key");
    tree.cells("linux,code", {KEY_POWER});
    tree.cells("gpios", {gpio_phandle, map::power_key_input, active_high});
}

void platform(Tree& tree, const Description::Platform& has) {
    if (has.serial)
        serial(tree);
    if (has.rtc || has.power_key)
        clock(tree);
    if (has.rtc)
        rtc(tree);
    if (has.power_key)
        power_key(tree);
    if (has.exit_device) {
        const auto node = tree.node(at("exit", map::exit_device.base));
        tree.string("compatible", "itsy,exit");
        tree.wide("reg", {map::exit_device.base, map::exit_device.size});
    }
    if (has.pvpanic) {
        const auto node = tree.node(at("pvpanic", map::pvpanic.base));
        tree.string("compatible", "qemu,pvpanic-mmio");
        tree.wide("reg", {map::pvpanic.base, map::pvpanic.size});
    }
}

} // namespace

std::vector<std::byte> make_device_tree(const Description& machine) {
    Tree tree;
    {
        const auto root = tree.node("");
        tree.cells("#address-cells", {2});
        tree.cells("#size-cells", {2});
        tree.string("compatible", "linux,dummy-virt");
        tree.string("model", "itsy");
        tree.cells("interrupt-parent", {gic_phandle});
        if (machine.platform.serial) {
            const auto aliases = tree.node("aliases");
            tree.string("serial0", "/" + at("serial", map::serial.base));
        }
        chosen(tree, machine);
        {
            const auto memory = tree.node(at("memory", machine.ram.base));
            tree.string("device_type", "memory");
            tree.wide("reg", {machine.ram.base, machine.ram.size});
        }
        cpus(tree, machine);
        psci(tree);
        timer(tree);
        gic(tree, machine);
        platform(tree, machine.platform);
    }
    return tree.finish();
}

} // namespace vmm
