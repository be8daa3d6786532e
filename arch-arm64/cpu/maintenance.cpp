// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/cpu/maintenance.hpp"

#include "arch-arm64/cpu/cpu.hpp"

#include <algorithm>
#include <span>
#include <thread>
#include <utility>

namespace arm64::cpu {

void Mailbox::post(const Maintenance& what) {
    const std::scoped_lock lock(mutex_);
    const auto items = std::span(contents_.items).first(contents_.count);
    if (std::ranges::find(items, what) != items.end()) // an IC IVAU for each line of a page
        return;
    contents_.number = posted_.load() + 1;
    if (contents_.count == contents_.items.size())
        make_room();
    contents_.items[contents_.count++] = what;
    posted_.store(contents_.number);
}

// What is asked for one by one so often is asked for as a whole.
void Mailbox::make_room() {
    using Kind = Maintenance::Kind;
    bool tlb = false, code = false, memory = false;
    for (const auto& item : contents_.items)
        (item.kind == Kind::memory                                     ? memory
         : item.kind == Kind::code_page || item.kind == Kind::code_all ? code
                                                                       : tlb) = true;
    contents_.count = 0;
    for (const auto& [present, kind] : {std::pair{tlb, Kind::tlb_all}, {code, Kind::code_all}, {memory, Kind::memory}})
        if (present)
            contents_.items[contents_.count++] = {.kind = kind};
}

Mailbox::Contents Mailbox::take() {
    const std::scoped_lock lock(mutex_);
    const auto contents = contents_;
    contents_.count = 0;
    return contents;
}

void Cluster::add(Cpu& cpu) {
    const std::scoped_lock lock(mutex_);
    cpus_.push_back(&cpu);
}

void Cluster::remove(Cpu& cpu) {
    const std::scoped_lock lock(mutex_);
    std::erase(cpus_, &cpu);
}

void Cluster::broadcast(Cpu& from, const Maintenance& what) {
    from.others_asked_ = true;
    const std::scoped_lock lock(mutex_);
    for (Cpu* const cpu : cpus_)
        if (cpu != &from)
            cpu->post(what);
}

// A CPU that enters after it was posted to sees the mail before it executes: `enter` and the look into the mailbox are
// in that order, as posting and the look at `inside` are here.
void Cluster::wait(Cpu& from) {
    const auto done = [&] {
        const std::scoped_lock lock(mutex_);
        return std::ranges::all_of(cpus_, [&](const Cpu* cpu) { return cpu == &from || cpu->mailbox_.settled(); });
    };
    while (!done()) {
        from.do_maintenance();
        std::this_thread::yield();
    }
}

void Cluster::forget_memory() {
    {
        const std::scoped_lock lock(mutex_);
        for (Cpu* const cpu : cpus_)
            cpu->post({.kind = Maintenance::Kind::memory});
    }
    const auto done = [&] {
        const std::scoped_lock lock(mutex_);
        return std::ranges::all_of(cpus_, [](const Cpu* cpu) { return cpu->mailbox_.settled(); });
    };
    while (!done())
        std::this_thread::yield();
}

void Cluster::send_event() {
    const std::scoped_lock lock(mutex_);
    for (Cpu* const cpu : cpus_)
        cpu->set_event();
}

} // namespace arm64::cpu
