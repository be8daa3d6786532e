// SPDX-License-Identifier: Apache-2.0
// Assembly of the machine, and the life of its vCPU threads.
#include "vmm/machine.hpp"

#include "arch-arm64/registers.hpp"
#include "virt/log.hpp"
#include "vmm/memory_map.hpp"

#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <span>
#include <system_error>
#include <utility>

namespace vmm {
namespace {

using virt::expected;

// Longer than a guest's debouncing (gpio-keys: 5 ms).
constexpr std::chrono::milliseconds power_key_press{100};

Irqchip best_irqchip(const virt::Vm& vm) {
    if (vm.knows_device(virt::DeviceType::vgic_its))
        return Irqchip::gicv3_its;
    virt::log::info("This host's KVM has no ITS: the guest gets a GICv3 without message-signalled interrupts");
    return Irqchip::gicv3;
}

} // namespace

Machine::Machine(std::unique_ptr<arm64::Vm> vm, virt::EventLoop& loop, devices::Transmitter& transmitter)
    : loop_(loop),
      vm_(std::move(vm)),
      serial_line_(*vm_, map::serial_pin),
      rtc_line_(*vm_, map::rtc_pin),
      gpio_line_(*vm_, map::gpio_pin),
      serial_(serial_line_, transmitter),
      rtc_pl031_(rtc_line_),
      gpio_(gpio_line_),
      exit_device_(*this),
      pvpanic_(*this),
      alarm_(loop,
             [this] {
                 rtc_pl031_.check_match();
                 alarm_changed();
             }),
      power_key_release_(loop, [this] { gpio_.lower_input(map::power_key_input); }) {}

Machine::~Machine() { stop(); }

// 40 bits is what old hosts have; less only where the host cannot, more only where the guest needs it.
unsigned Machine::usual_address_bits(const arm64::System& system) { return std::min(system.max_ipa_bits(), 40U); }

expected<unsigned> Machine::address_bits(const arm64::System& system, virt::Gpa ram_end) {
    const auto needed = static_cast<unsigned>(std::bit_width(ram_end - 1));
    const unsigned available = system.max_ipa_bits();
    if (needed > available)
        return virt::failure(
            0, "give the guest so much memory",
            fmt::format("that needs {} bits of guest physical address, this host has {}", needed, available));
    return std::max(needed, usual_address_bits(system));
}

expected<std::unique_ptr<Machine>> Machine::create(std::unique_ptr<arm64::Vm> vm, const MachineConfig& config,
                                                   virt::GuestMemory& memory, virt::EventLoop& loop,
                                                   devices::Transmitter& transmitter) {
    std::unique_ptr<Machine> machine(new Machine(std::move(vm), loop, transmitter));
    VIRT_TRY(machine->build(config, memory));
    return machine;
}

expected<void> Machine::build(const MachineConfig& config, virt::GuestMemory& memory) {
    description_.command_line = config.command_line;
    description_.ram = {memory.base(), memory.size()};
    VIRT_TRY(
        vm_->add_memory({.id = virt::SlotId{0}, .base = memory.base(), .size = memory.size(), .host = memory.host()}));
    // So that an access which KVM cannot describe becomes the guest's problem and not the end of the VM.
    if (vm_->check_extension(virt::Capability::arm_nisv_to_user) > 0)
        VIRT_TRY(vm_->enable(virt::Capability::arm_nisv_to_user));
    if (config.linux_guest)
        serial_.wait_for_RTS();
    VIRT_TRY(build_cpus(config.cpus));
    VIRT_TRY(build_gic(config.irqchip, config.cpus));
    return build_devices();
}

expected<void> Machine::build_cpus(unsigned count) {
    const bool pointer_authentication = vm_->check_extension(virt::Capability::arm_ptrauth_address) > 0 &&
                                        vm_->check_extension(virt::Capability::arm_ptrauth_generic) > 0;
    for (unsigned id = 0; id < count; ++id) {
        auto vcpu = vm_->create_vcpu(virt::VcpuId{id});
        VIRT_TRY(vcpu);
        arm64::VcpuFeatures features;
        features.add(arm64::VcpuFeature::psci_0_2);
        if (pointer_authentication)
            features.add(arm64::VcpuFeature::ptrauth_address).add(arm64::VcpuFeature::ptrauth_generic);
        if (id != 0)
            features.add(arm64::VcpuFeature::power_off);
        VIRT_TRY((*vcpu)->init(features));
        const auto mpidr = (*vcpu)->get(arm64::registers::MPIDR_EL1);
        VIRT_TRY(mpidr);
        description_.cpus.push_back(*mpidr & arm64::registers::MPIDR_affinity);
        vcpus_.push_back(*std::move(vcpu));
    }
    return {};
}

expected<void> Machine::build_gic(std::optional<Irqchip> wanted, unsigned cpus) {
    const auto irqchip = wanted.value_or(best_irqchip(*vm_));
    auto& layout = description_.gic;
    layout.distributor = map::gic.end() - arm64::GicV3Layout::distributor_size;
    layout.redistributors = layout.distributor - cpus * arm64::GicV3Layout::redistributor_size;
    if (irqchip == Irqchip::gicv3_its)
        layout.its = layout.redistributors - arm64::GicV3Layout::its_size;
    auto gic = arm64::VgicV3::create(*vm_, layout);
    VIRT_TRY(gic);
    gic_ = *std::move(gic);
    return gic_->init(map::interrupts);
}

expected<void> Machine::build_devices() {
    VIRT_TRY(bus_.add("serial", map::serial.base, map::serial.size, serial_));
    VIRT_TRY(bus_.add("rtc", map::rtc_mc146818.base, map::rtc_mc146818.size, rtc_mc146818_));
    VIRT_TRY(bus_.add("rtc", map::rtc_pl031.base, map::rtc_pl031.size, rtc_pl031_));
    VIRT_TRY(bus_.add("gpio", map::gpio.base, map::gpio.size, gpio_));
    VIRT_TRY(bus_.add("exit", map::exit_device.base, map::exit_device.size, exit_device_));
    VIRT_TRY(bus_.add("pvpanic", map::pvpanic.base, map::pvpanic.size, pvpanic_));
    rtc_pl031_.set_alarm_listener(*this);
    description_.platform = {.serial = true, .rtc = true, .power_key = true, .exit_device = true, .pvpanic = true};
    auto& seed = description_.rng_seed;
    if (::getrandom(seed.data(), sizeof seed, 0) != static_cast<ssize_t>(sizeof seed))
        return virt::system_failure("get random numbers for the guest's rng-seed");
    return {};
}

std::vector<std::byte> Machine::device_tree(const Placement& placement) const {
    Description machine = description_;
    machine.initrd = placement.initrd;
    return make_device_tree(machine);
}

expected<void> Machine::set_entry(const Placement& placement) {
    auto& boot = *vcpus_.front();
    VIRT_TRY(boot.set(arm64::registers::pc, placement.kernel));
    VIRT_TRY(boot.set(arm64::registers::x0, placement.device_tree));
    return {};
}

expected<void> Machine::start() try {
    for (std::size_t index = 0; index < vcpus_.size(); ++index) {
        threads_.emplace_back([this, index] {
            ::prctl(PR_SET_NAME, fmt::format("vcpu {}", index).c_str());
            run_vcpu(*vcpus_[index]);
        });
    }
    return {};
} catch (const std::system_error& refused) { // the one way in which std::thread says no
    return virt::failure(refused.code().value(), "start a thread for each vCPU", "use fewer CPUs (-c)");
}

void Machine::stop() {
    stopping_.store(true);
    for (const auto& vcpu : vcpus_)
        vcpu->kick();
    for (auto& thread : threads_)
        thread.join();
    threads_.clear();
}

std::optional<Outcome> Machine::outcome() const {
    const std::scoped_lock lock(mutex_);
    return outcome_;
}

void Machine::end(Outcome outcome) {
    {
        const std::scoped_lock lock(mutex_);
        if (!outcome_)
            outcome_ = std::move(outcome);
    }
    loop_.wake();
}

void Machine::run_vcpu(arm64::Vcpu& arm_vcpu) {
    virt::Vcpu& vcpu = arm_vcpu; // converted once, not at each exit
    virt::MmioBus::Hint hint;
    for (;;) {
        const auto exit = vcpu.run();
        if (!exit) [[unlikely]] {
            end(outcome::Failure{exit.error()});
            return;
        }
        if (const auto* read = std::get_if<virt::exit::MmioRead>(&*exit)) {
            std::uint64_t value = 0;
            if (!bus_.read(read->address, read->width, value, hint)) [[unlikely]]
                virt::log::debug("ignored read of {:#x}", read->address);
            vcpu.complete(value);
            continue;
        }
        if (const auto* write = std::get_if<virt::exit::MmioWrite>(&*exit)) {
            if (!bus_.write(write->address, write->width, write->value, hint)) [[unlikely]]
                virt::log::debug("ignored write of {:#x} to {:#x}", write->value, write->address);
        } else if (!serve(arm_vcpu, *exit)) {
            return;
        }
        // A stop comes as a kick, or by a store to the exit device: no need to look after each read.
        if (stopping_.load(std::memory_order_relaxed)) [[unlikely]]
            return;
    }
}

bool Machine::serve(arm64::Vcpu& vcpu, const virt::Exit& exit) {
    namespace exits = virt::exit;
    if (std::holds_alternative<exits::Interrupted>(exit))
        return true;
    if (const auto* event = std::get_if<exits::SystemEvent>(&exit))
        return serve_event(*event);
    if (const auto* access = std::get_if<exits::NoSyndrome>(&exit)) {
        virt::log::debug("an access to {:#x} that cannot be emulated: external abort", access->address);
        if (const auto done = vcpu.inject_external_abort(); !done) {
            end(outcome::Failure{done.error()});
            return false;
        }
        return true;
    }
    std::string why = "unexpected exit";
    if (const auto* entry = std::get_if<exits::FailEntry>(&exit))
        why = fmt::format("entry refused, reason {:#x} on CPU {}", entry->reason, entry->cpu);
    else if (const auto* internal = std::get_if<exits::InternalError>(&exit))
        why = fmt::format("internal error of KVM, suberror {}", internal->suberror);
    else if (const auto* unknown = std::get_if<exits::Unknown>(&exit))
        why = fmt::format("exit reason {} is not known", unknown->reason);
    end(outcome::Failure{virt::Error{0, "run a vCPU", why}});
    return false;
}

bool Machine::serve_event(const virt::exit::SystemEvent& event) {
    using Type = virt::exit::SystemEvent::Type;
    switch (event.type) {
    case Type::shutdown: end(outcome::PowerOff{}); return false;
    case Type::reset: end(outcome::Reset{}); return false;
    case Type::crash: end(outcome::Panic{}); return false;
    case Type::wakeup:
    case Type::suspend: return true;
    }
    end(outcome::Failure{virt::Error{0, "go on after a system event",
                                     fmt::format("type {} is not known", static_cast<unsigned>(event.type))}});
    return false;
}

void Machine::guest_exit(std::uint64_t code) {
    end(outcome::GuestExit{code});
    stopping_.store(true); // this vCPU at least does not go on behind its store
}

void Machine::guest_panicked() { end(outcome::Panic{}); }

void Machine::alarm_changed() {
    alarm_changed_.store(true);
    loop_.wake();
}

void Machine::on_wake() {
    if (!alarm_changed_.exchange(false))
        return;
    const auto next = rtc_pl031_.next_match();
    alarm_.set(next.value_or(std::chrono::hours(24)));
}

void Machine::press_power_key() {
    gpio_.raise_input(map::power_key_input);
    power_key_release_.set(power_key_press);
}

} // namespace vmm
