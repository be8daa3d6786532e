// SPDX-License-Identifier: Apache-2.0
#include "virt/eventfd.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>

namespace virt {
namespace {

bool ready(int fd, short events) {
    pollfd polled{.fd = fd, .events = events, .revents = 0};
    return ::poll(&polled, 1, 0) == 1 && (polled.revents & events) != 0;
}

/// The descriptor's fdinfo, whose "eventfd-" lines only an eventfd has. Source: proc(5).
class Info {
public:
    explicit Info(int fd) {
        const Fd info(::open(fmt::format("/proc/self/fdinfo/{}", fd).c_str(), O_RDONLY | O_CLOEXEC));
        const auto size = info ? ::read(info.get(), text_.data(), text_.size()) : 0;
        size_ = size > 0 ? static_cast<std::size_t>(size) : 0;
    }

    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key) const {
        std::string_view rest(text_.data(), size_);
        const auto at = rest.find(key);
        if (at == std::string_view::npos)
            return std::nullopt;
        rest.remove_prefix(at + key.size());
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
        std::uint64_t value = 0;
        const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), value);
        return parsed.ec == std::errc{} ? std::optional(value) : std::nullopt;
    }

private:
    std::array<char, 512> text_{};
    std::size_t size_ = 0;
};

} // namespace

expected<Eventfd> Eventfd::share(int fd, const char* attempted) {
    Fd ours(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!ours)
        return system_failure(attempted);
    const Info info(ours.get());
    const auto id = info.number("eventfd-id:"); // since Linux 5.2
    if (!id)
        return failure(EINVAL, attempted);
    const bool semaphore = info.number("eventfd-semaphore:").value_or(0) != 0; // since Linux 6.5
    return Eventfd(std::move(ours), *id, semaphore, (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
}

bool Eventfd::would_wait(short events) const { return blocking_ && !ready(fd(), events); }

void Eventfd::signal() const {
    const std::uint64_t one = 1;
    if (!would_wait(POLLOUT)) [[maybe_unused]]
        const auto written = ::write(fd(), &one, sizeof one);
}

bool Eventfd::pending() const { return ready(fd(), POLLIN); }

std::optional<std::uint64_t> Eventfd::take() const {
    std::uint64_t count = 0;
    if (would_wait(POLLIN) || ::read(fd(), &count, sizeof count) != static_cast<ssize_t>(sizeof count))
        return std::nullopt;
    return count;
}

} // namespace virt
