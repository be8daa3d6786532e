// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/walk/translation.hpp"

namespace arm64::walk {

namespace {

constexpr std::uint8_t NonCacheable = 0x44; // inner and outer, in MAIR_EL1's encoding
constexpr std::uint8_t OuterShareable = 0b10;

} // namespace

bool Rights::allow(Access access) const {
    switch (access) {
    case Access::read: return read;
    case Access::write: return write;
    case Access::read_write: return read && write;
    case Access::execute: return execute;
    }
    return false;
}

Rights Translation::rights(Who who) const {
    if (who == Who::el0)
        return el0;
    // PAN hides from EL1 the data that EL0 can reach, by its AP field: it may be readable and is never write-only.
    // Fetches are not concerned.
    if (who == Who::el1_pan && el0.read)
        return {.execute = el1.execute};
    return el1;
}

std::optional<Fault> check(const Translation& translation, Who who, Access access) {
    if (translation.rights(who).allow(access))
        return std::nullopt;
    return Fault{Fault::Kind::Permission, translation.level};
}

PAR_EL1 par(const Translation& translation, SCTLR_EL1 sctlr) {
    const bool device = translation.device();
    const auto attributes = device || sctlr[SCTLR_EL1::C] != 0 ? translation.attributes : NonCacheable;
    // Of memory that no cache holds PAR_EL1.SH says Outer Shareable, whatever the descriptor does.
    const auto shareability = device || attributes == NonCacheable ? OuterShareable : translation.shareability;
    return PAR_EL1{}
        .with(PAR_EL1::ATTR, attributes)
        .with(PAR_EL1::PA, translation.address >> PAR_EL1::PA.low)
        .with(PAR_EL1::RES1, 1)
        .with(PAR_EL1::SH, shareability);
}

PAR_EL1 par(const Fault& fault) {
    return PAR_EL1{}.with(PAR_EL1::RES1, 1).with(PAR_EL1::FST, fault.status()).with(PAR_EL1::F, 1);
}

} // namespace arm64::walk
