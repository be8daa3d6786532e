// SPDX-License-Identifier: Apache-2.0
// A subject and the model side by side.
#pragma once

#include "tests/property/operation.hpp"
#include "tests/property/subject.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace property {

using MakeSubject = std::function<std::unique_ptr<Subject>()>;

class Comparison {
public:
    /// Both as after reset.
    explicit Comparison(std::unique_ptr<Subject> subject);

    /// Does it to both, then compares what was answered and all inputs of vCPUs. What differs, if anything does.
    [[nodiscard]] std::optional<std::string> step(const Operation& operation);
    /// Without looking at inputs: of operations that no interrupt comes of.
    [[nodiscard]] std::optional<std::string> perform(const Operation& operation);
    [[nodiscard]] const GicModel& model() const { return model_; }

private:
    [[nodiscard]] std::optional<std::string> read_sysreg(unsigned vcpu, std::uint16_t sysreg);
    [[nodiscard]] std::optional<std::string> look_at_signals();
    [[nodiscard]] std::optional<std::string> compare_all();

    std::unique_ptr<Subject> subject_;
    GicModel model_;
};

/// A sequence that fails, and how.
struct Failure {
    Sequence sequence; ///< its last operation is what shows it
    std::string difference;
};

/// Runs it on a fresh subject, up to the first difference.
[[nodiscard]] std::optional<Failure> run(const Sequence& sequence, const MakeSubject& make);
/// Leaves out operations while it still fails, however it then does.
[[nodiscard]] Failure shrink(Failure failure, const MakeSubject& make);

} // namespace property
