// SPDX-License-Identifier: Apache-2.0
// The mapping behind guest RAM.
#include "virt/guest_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace virt {
namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t huge_page = std::uint64_t{2} << 20;

std::uint64_t words_for(std::uint64_t size) { return (size / page + 63) / 64; }

} // namespace

expected<GuestMemory> GuestMemory::allocate(Gpa base, std::uint64_t size) {
    const std::string what = "reserve " + std::to_string(size >> 20) + " MiB for the guest";
    if (size == 0 || size % page != 0 || base % huge_page != 0 || size > UINT64_MAX - huge_page)
        return failure(EINVAL, what);
    void* const area =
        ::mmap(nullptr, size + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED)
        return system_failure(what, "ask for less memory (-m)");
    auto* const start = static_cast<std::byte*>(area);
    const std::uint64_t lead = -reinterpret_cast<std::uintptr_t>(area) % huge_page;
    if (lead != 0)
        ::munmap(start, lead);
    if (lead != huge_page)
        ::munmap(start + lead + size, huge_page - lead);
    return GuestMemory(base, size, start + lead);
}

GuestMemory::GuestMemory(GuestMemory&& other) noexcept
    : base_(other.base_),
      size_(std::exchange(other.size_, 0)),
      host_(std::exchange(other.host_, nullptr)),
      logging_(other.logging_.load()),
      dirty_(std::move(other.dirty_)) {}

GuestMemory::~GuestMemory() {
    if (host_ != nullptr)
        ::munmap(host_, size_);
}

bool GuestMemory::read(Gpa address, std::span<std::byte> into) const {
    if (!contains(address, into.size()))
        return false;
    std::memcpy(into.data(), host_ + (address - base_), into.size());
    return true;
}

bool GuestMemory::write(Gpa address, std::span<const std::byte> from) {
    if (!contains(address, from.size()))
        return false;
    std::memcpy(host_ + (address - base_), from.data(), from.size());
    mark_dirty(address, from.size());
    return true;
}

expected<std::uint64_t> GuestMemory::load(Gpa address, int fd, std::uint64_t limit) {
    if (!contains(address, limit))
        return failure(EFAULT, "load a file outside of guest memory");
    std::uint64_t done = 0;
    while (done < limit) {
        const auto got = ::pread(fd, host_ + (address - base_) + done, limit - done, static_cast<off_t>(done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return system_failure("read a file into guest memory");
        if (got == 0)
            break;
        done += static_cast<std::uint64_t>(got);
    }
    mark_dirty(address, done);
    return done;
}

void GuestMemory::use_small_pages(Gpa address, std::uint64_t bytes) {
    if (!contains(address, bytes))
        return;
    const std::uint64_t start = (address - base_) / huge_page * huge_page;
    const std::uint64_t end = std::min((address - base_ + bytes + huge_page - 1) / huge_page * huge_page, size_);
    ::madvise(host_ + start, end - start, MADV_NOHUGEPAGE);
}

void GuestMemory::start_dirty_log() {
    if (!dirty_)
        dirty_ = std::make_unique<std::atomic<std::uint64_t>[]>(words_for(size_));
    logging_.store(true, std::memory_order_release);
}

void GuestMemory::stop_dirty_log() { logging_.store(false, std::memory_order_release); }

void GuestMemory::mark_dirty(Gpa address, std::uint64_t bytes) {
    if (!logging_.load(std::memory_order_acquire) || bytes == 0 || !contains(address, bytes))
        return;
    const std::uint64_t last = (address - base_ + bytes - 1) / page;
    for (std::uint64_t number = (address - base_) / page; number <= last; ++number)
        dirty_[number / 64].fetch_or(std::uint64_t{1} << (number % 64), std::memory_order_relaxed);
}

void GuestMemory::collect_dirty(std::span<std::uint64_t> bitmap) {
    if (!dirty_)
        return;
    for (std::uint64_t word = 0; word < words_for(size_) && word < bitmap.size(); ++word)
        bitmap[word] |= dirty_[word].exchange(0, std::memory_order_relaxed);
}

} // namespace virt
