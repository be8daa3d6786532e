// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/cpu/contexts.hpp"

namespace arm64::cpu {

Contexts::Number Contexts::number(Table& table, std::uint16_t asid) {
    auto& one = table[asid % known];
    if (one.asid != asid)
        one = {asid, 0};
    return number(one.number);
}

Contexts::Pair Contexts::select(std::uint16_t asid) {
    return {number(lower_, asid), upper_is_shared_ ? number(shared_upper_) : number(upper_, asid)};
}

Contexts::Pair Contexts::select_flat() {
    const auto one = number(flat_);
    return {one, one};
}

void Contexts::forget(std::uint16_t asid) {
    for (auto* const table : {&lower_, &upper_})
        if (auto& one = (*table)[asid % known]; one.asid == asid)
            one.number = 0;
}

void Contexts::forget_all() {
    const auto next = next_;
    *this = {};
    next_ = next;
}

} // namespace arm64::cpu
