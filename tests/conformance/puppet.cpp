// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/puppet.hpp"

#include <gtest/gtest.h>

#include <ios>

namespace conformance {

std::ostream& operator<<(std::ostream& out, const Record& record) {
    switch (record.kind) {
    case Record::Kind::irq: return out << "IRQ " << record.value;
    case Record::Kind::fiq: return out << "FIQ " << record.value;
    case Record::Kind::marker: return out << "marker " << record.value;
    }
    return out << "unknown record";
}

std::vector<std::uint32_t> Result::interrupts() const {
    std::vector<std::uint32_t> intids;
    for (const auto& record : records)
        if (record.kind != Record::Kind::marker)
            intids.push_back(record.value);
    return intids;
}

std::uint64_t Puppet::one(const Command& command) {
    const auto result = run(command);
    if (result[0].esr != 0)
        ADD_FAILURE() << command.text() << " takes an exception: ESR_EL1 0x" << std::hex << result[0].esr;
    return result[0].value;
}

} // namespace conformance
