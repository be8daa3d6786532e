// SPDX-License-Identifier: Apache-2.0
// An executor in a process of its own: a crash of it costs a case, not the test. One thread.
#pragma once

#include "tests/arch-arm64/cpu/differential/executor.hpp"

#include <sys/types.h>
#include <vector>

namespace differential {

class Oracle final : public Executor {
public:
    /// Starts with the first batch. `command`: the program's path, then its arguments.
    explicit Oracle(std::vector<std::string> command) : command_(std::move(command)) {}
    ~Oracle() override { stop(); }
    Oracle(const Oracle&) = delete;
    Oracle& operator=(const Oracle&) = delete;

    /// A case that ends the process gets Stop::died. Exits if the program cannot be started.
    [[nodiscard]] std::vector<Outcome> execute(std::span<const Case> cases) override;

private:
    void start();
    void stop();
    [[nodiscard]] bool exchange(std::span<const Case> cases, std::span<Outcome> outcomes);

    std::vector<std::string> command_;
    pid_t pid_ = -1;
    int requests_ = -1, answers_ = -1;
};

} // namespace differential
