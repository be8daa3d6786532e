// SPDX-License-Identifier: Apache-2.0
// Sends and acknowledges, by their times.
#include "vmm/bench/matching.hpp"

#include <algorithm>
#include <cstddef>

namespace vmm::bench {
namespace {

std::size_t begun_by(std::uint64_t time, std::span<const Send> sends) {
    const auto later = std::ranges::upper_bound(sends, time, {}, &Send::begin);
    return static_cast<std::size_t>(later - sends.begin());
}

std::size_t ended_by(std::uint64_t time, std::span<const Send> sends) {
    const auto later = std::ranges::upper_bound(sends, time, {}, &Send::end);
    return static_cast<std::size_t>(later - sends.begin());
}

/// An acknowledge that has a send to answer.
struct Answer {
    std::uint64_t time;
    std::size_t most; ///< sends that it and all before it may have answered together
};

std::vector<Answer> answers(std::span<const Send> sends, std::span<const std::uint64_t> acknowledged) {
    std::vector<Answer> result;
    result.reserve(acknowledged.size());
    for (const auto time : acknowledged)
        if (const auto begun = begun_by(time, sends); begun > result.size())
            result.push_back({time, begun});
    // Each of those after it needs one, too.
    for (std::size_t n = result.size(); n-- > 1;)
        result[n - 1].most = std::min(result[n - 1].most, result[n].most - 1);
    return result;
}

} // namespace

Matching match(std::span<const Send> sends, std::span<const std::uint64_t> acknowledged) {
    Matching result;
    const auto answered_by = answers(sends, acknowledged);
    result.unasked = acknowledged.size() - answered_by.size();
    std::size_t done = 0;
    for (std::size_t n = 0; n < answered_by.size(); ++n) {
        const auto& answer = answered_by[n];
        const bool last = n + 1 == answered_by.size();
        // What was still being sent may have been too late for this one, unless no other follows.
        const auto upto = last ? answer.most : std::clamp(ended_by(answer.time, sends), done + 1, answer.most);
        result.coalesced += upto - done - 1;
        for (; done < upto; ++done)
            result.latencies.push_back(answer.time - sends[done].intended);
    }
    result.lost = sends.size() - done;
    return result;
}

} // namespace vmm::bench
