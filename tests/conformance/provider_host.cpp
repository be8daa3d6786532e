// SPDX-License-Identifier: Apache-2.0
// The KVM of the running kernel.
#include "arch-arm64/kvm/provider.hpp"
#include "tests/conformance/provider.hpp"

#include <sys/utsname.h>

#include <charconv>
#include <string>
#include <string_view>

namespace conformance {
namespace {

class HostProvider final : public Provider {
public:
    HostProvider() {
        utsname host{};
        ::uname(&host);
        release_ = host.release;
        unsigned version = 0;
        unsigned patchlevel = 0;
        const char* const end = release_.data() + release_.size();
        const auto dot = std::from_chars(release_.data(), end, version).ptr;
        if (dot != end)
            std::from_chars(dot + 1, end, patchlevel);
        facts_ = facts_of_linux(version, patchlevel);
    }

    [[nodiscard]] std::string name() const override { return "KVM of Linux " + release_; }
    [[nodiscard]] const Facts& facts() const override { return facts_; }
    virt::expected<std::unique_ptr<arm64::System>> open(virt::CapabilityMask mask) const override {
        return arm64::kvm::open("/dev/kvm", std::move(mask));
    }

private:
    std::string release_;
    Facts facts_{};
};

} // namespace

const Provider& host_provider() {
    static const HostProvider host;
    return host;
}

} // namespace conformance
