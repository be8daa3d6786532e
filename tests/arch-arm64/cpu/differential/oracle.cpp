// SPDX-License-Identifier: Apache-2.0
// See oracle.hpp.
#include "tests/arch-arm64/cpu/differential/oracle.hpp"
#include "tests/arch-arm64/cpu/differential/serve.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

namespace differential {

std::vector<Outcome> Oracle::execute(std::span<const Case> cases) {
    std::vector<Outcome> outcomes(cases.size());
    for (std::size_t at = 0; at < cases.size();) {
        const auto count = std::min(max_batch, cases.size() - at);
        const auto batch = cases.subspan(at, count);
        const auto results = std::span(outcomes).subspan(at, count);
        at += count;
        if (exchange(batch, results))
            continue;
        // It died of one of them: each alone.
        for (std::size_t n = 0; n < count; ++n) {
            if (exchange(batch.subspan(n, 1), results.subspan(n, 1)))
                continue;
            results[n] = Outcome{};
            results[n].stop = Stop::died;
        }
    }
    return outcomes;
}

bool Oracle::exchange(std::span<const Case> cases, std::span<Outcome> outcomes) {
    if (pid_ < 0)
        start();
    const std::uint64_t count = cases.size();
    if (write_all(requests_, &count, sizeof count) && write_all(requests_, cases.data(), cases.size_bytes()) &&
        read_all(answers_, outcomes.data(), outcomes.size_bytes()))
        return true;
    stop();
    return false;
}

void Oracle::start() {
    std::signal(SIGPIPE, SIG_IGN);
    int requests[2], answers[2];
    if (pipe2(requests, O_CLOEXEC) != 0 || pipe2(answers, O_CLOEXEC) != 0) {
        std::perror("pipe2");
        std::exit(2);
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, requests[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, answers[1], STDOUT_FILENO);
    std::vector<char*> arguments;
    arguments.reserve(command_.size() + 1);
    for (auto& word : command_)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) {
        std::fprintf(stderr, "cannot start %s\n", arguments[0]);
        std::exit(2);
    }
    posix_spawn_file_actions_destroy(&actions);
    close(requests[0]);
    close(answers[1]);
    requests_ = requests[1];
    answers_ = answers[0];
}

void Oracle::stop() {
    if (pid_ < 0)
        return;
    close(requests_);
    close(answers_);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
}

} // namespace differential
