// SPDX-License-Identifier: Apache-2.0
// The document. The one translation unit that knows nlohmann-json.
#include "vmm/bench/report.hpp"

#include <nlohmann/json.hpp>

namespace vmm::bench {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(Measurement::Status status) {
    switch (status) {
    case Measurement::Status::measured: return "measured";
    case Measurement::Status::skipped: return "skipped";
    case Measurement::Status::failed: return "failed";
    }
    return "";
}

Json numbers(const Percentiles& values) {
    return {{"min", values.min}, {"p50", values.p50},     {"p90", values.p90},
            {"p99", values.p99}, {"p99.9", values.p99_9}, {"max", values.max}};
}

Json document(const Measurement& seen, std::uint64_t frequency) {
    Json json{{"path", bench::name_of(seen.plan.path)},
              {"state", bench::name_of(seen.plan.state)},
              {"status", name_of(seen.status)}};
    if (seen.status != Measurement::Status::measured)
        json["reason"] = seen.reason;
    if (seen.status == Measurement::Status::skipped)
        return json;
    json["rate"] = seen.rate;
    json["warmup"] = seen.plan.warmup;
    json["sent"] = seen.sent;
    json["received"] = seen.received;
    json["coalesced"] = seen.coalesced;
    if (seen.resampled)
        json["resampled"] = *seen.resampled;
    json["samples"] = seen.latency.count;
    json["latency_ns"] = numbers(ticks_to_ns(seen.latency, frequency));
    json["latency_ticks"] = numbers(seen.latency);
    json["late_ns"] = numbers(ticks_to_ns(seen.lateness, frequency));
    json["late_ticks"] = numbers(seen.lateness);
    return json;
}

} // namespace

std::string as_json(const Report& report) {
    Json json{{"itsy", report.version},
              {"host_kernel", report.kernel},
              {"host_cpus", report.cpus},
              {"halt_poll_ns", report.halt_poll_ns ? Json(*report.halt_poll_ns) : Json(nullptr)},
              {"backend", report.backend},
              {"irqchip", report.irqchip},
              {"counter_frequency", report.counter_frequency},
              {"measurements", Json::array()}};
    for (const auto& seen : report.measurements)
        json["measurements"].push_back(document(seen, report.counter_frequency));
    return json.dump(2) + "\n";
}

} // namespace vmm::bench
