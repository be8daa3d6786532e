// SPDX-License-Identifier: Apache-2.0
#include "tests/property/operation.hpp"

#include "tests/property/sysregs.hpp"

#include <cstdio>

namespace property {
namespace {

template <class... Arguments>
std::string format(const char* how, Arguments... arguments) {
    std::array<char, 200> text{};
    std::snprintf(text.data(), text.size(), how, arguments...);
    return text.data();
}

const char* name_of(std::uint64_t sysreg) {
    switch (sysreg) {
    case ICC_PMR: return "ICC_PMR_EL1";
    case ICC_IAR0: return "ICC_IAR0_EL1";
    case ICC_EOIR0: return "ICC_EOIR0_EL1";
    case ICC_HPPIR0: return "ICC_HPPIR0_EL1";
    case ICC_BPR0: return "ICC_BPR0_EL1";
    case ICC_AP0R0: return "ICC_AP0R0_EL1";
    case ICC_AP1R0: return "ICC_AP1R0_EL1";
    case ICC_DIR: return "ICC_DIR_EL1";
    case ICC_RPR: return "ICC_RPR_EL1";
    case ICC_SGI1R: return "ICC_SGI1R_EL1";
    case ICC_ASGI1R: return "ICC_ASGI1R_EL1";
    case ICC_SGI0R: return "ICC_SGI0R_EL1";
    case ICC_IAR1: return "ICC_IAR1_EL1";
    case ICC_EOIR1: return "ICC_EOIR1_EL1";
    case ICC_HPPIR1: return "ICC_HPPIR1_EL1";
    case ICC_BPR1: return "ICC_BPR1_EL1";
    case ICC_CTLR: return "ICC_CTLR_EL1";
    case ICC_SRE: return "ICC_SRE_EL1";
    case ICC_IGRPEN0: return "ICC_IGRPEN0_EL1";
    case ICC_IGRPEN1: return "ICC_IGRPEN1_EL1";
    default: return "S3_0_Cn_Cm_op2";
    }
}

const char* name_of_command(std::uint64_t opcode) {
    switch (opcode & 0xFF) {
    case 0x01: return "MOVI";
    case 0x03: return "INT";
    case 0x04: return "CLEAR";
    case 0x05: return "SYNC";
    case 0x08: return "MAPD";
    case 0x09: return "MAPC";
    case 0x0A: return "MAPTI";
    case 0x0B: return "MAPI";
    case 0x0C: return "INV";
    case 0x0D: return "INVALL";
    case 0x0E: return "MOVALL";
    case 0x0F: return "DISCARD";
    default: return "RAW";
    }
}

} // namespace

std::string Operation::text() const {
    using Long = unsigned long long;
    const Long at{address};
    const Long with{value};
    switch (kind) {
    case Kind::load: return format("vCPU %u loads %u bytes at 0x%llx", vcpu, width, at);
    case Kind::store: return format("vCPU %u stores %u bytes at 0x%llx: 0x%llx", vcpu, width, at, with);
    case Kind::mrs: return format("vCPU %u MRS %s (0x%llx)", vcpu, name_of(address), at);
    case Kind::msr: return format("vCPU %u MSR %s (0x%llx), 0x%llx", vcpu, name_of(address), at, with);
    case Kind::spi: return format("SPI %llu %s", at, value != 0 ? "raised" : "lowered");
    case Kind::ppi: return format("PPI %llu of vCPU %u %s", at, vcpu, value != 0 ? "raised" : "lowered");
    case Kind::msi:
        if (width == 0)
            return format("MSI without DeviceID to 0x%llx, EventID %llu", at, with);
        return format("MSI from device %llu to 0x%llx, EventID %llu", Long{words[0]}, at, with);
    case Kind::command:
        return format("ITS %u %s %016llx %016llx %016llx %016llx", vcpu, name_of_command(words[0]), Long{words[0]},
                      Long{words[1]}, Long{words[2]}, Long{words[3]});
    case Kind::memory: return format("RAM of %u bytes at 0x%llx becomes 0x%llx", width, at, with);
    case Kind::get_outside: return format("the VMM reads the word at 0x%llx", at);
    case Kind::set_outside: return format("the VMM writes the word at 0x%llx: 0x%llx", at, with);
    case Kind::save: return "the VMM saves pending tables";
    case Kind::check: return "all is compared";
    }
    return {};
}

} // namespace property
