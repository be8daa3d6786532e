// SPDX-License-Identifier: Apache-2.0
// A stopwatch: runs a command several times and prints what fork + exec ... exit + wait took, in nanoseconds of the
// generic timer. Where virtual time is the number of instructions, these are instructions, and all of them: the
// kernel's, and every process's and guest's. A time in which the machine slept is no instructions; it is told apart.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr std::uint64_t second = 1'000'000'000;

struct Options {
    int runs = 5;
    const char* output = "/dev/null";
    char** command = nullptr;
};

struct Measurement {
    std::uint64_t elapsed; ///< ns
    std::uint64_t idle;    ///< ns of these in which no CPU had work
};

[[noreturn]] void wrong_usage() {
    std::fputs("usage: count_instructions [-n RUNS] [-o FILE] COMMAND...\n"
               "  -n RUNS  measured ones; one more goes before them and is discarded (5)\n"
               "  -o FILE  takes the last run's stdout and stderr (/dev/null)\n",
               stderr);
    std::exit(2);
}

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(125);
}

std::uint64_t counter() {
    std::uint64_t value = 0;
    asm volatile("isb; mrs %0, cntvct_el0" : "=r"(value) : : "memory");
    return value;
}

std::uint64_t frequency() {
    std::uint64_t value = 0;
    asm("mrs %0, cntfrq_el0" : "=r"(value));
    return value;
}

// The scheduler's own account, exact to the nanosecond. 0 for who may not read it.
std::uint64_t idle_time() {
    std::uint64_t sum = 0;
    std::FILE* const list = std::fopen("/proc/timer_list", "re");
    if (list == nullptr)
        return 0;
    char line[256];
    while (std::fgets(line, sizeof line, list) != nullptr) {
        const char* const entry = std::strstr(line, ".idle_sleeptime");
        if (entry != nullptr)
            sum += std::strtoull(entry + std::strcspn(entry, "0123456789"), nullptr, 10);
    }
    std::fclose(list);
    return sum;
}

[[noreturn]] void become(const Options& options) {
    const int input = open("/dev/null", O_RDONLY);
    const int output = open(options.output, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (input < 0 || output < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        fail(options.output);
    close(input);
    close(output);
    execvp(options.command[0], options.command);
    fail(options.command[0]);
}

Measurement measure(const Options& options) {
    const std::uint64_t idle = idle_time();
    const std::uint64_t start = counter();
    const pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0)
        become(options);
    int status = 0;
    if (waitpid(child, &status, 0) != child)
        fail("waitpid");
    const std::uint64_t ticks = counter() - start;
    const std::uint64_t idle_ticks = idle_time() - idle;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        std::fprintf(stderr, "%s ended with wait status %#x\n", options.command[0], static_cast<unsigned>(status));
        std::exit(125);
    }
    const std::uint64_t hz = frequency();
    return {ticks / hz * second + ticks % hz * second / hz, idle_ticks};
}

Options parse(int argc, char** argv) {
    Options options;
    for (int option = 0; (option = getopt(argc, argv, "+n:o:")) != -1;) {
        if (option == 'n')
            options.runs = std::atoi(optarg);
        else if (option == 'o')
            options.output = optarg;
        else
            wrong_usage();
    }
    options.command = argv + optind;
    if (optind == argc || options.runs < 1)
        wrong_usage();
    return options;
}

} // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    measure(options);
    std::vector<Measurement> runs;
    for (int run = 0; run < options.runs; ++run)
        runs.push_back(measure(options));
    std::sort(runs.begin(), runs.end(), [](auto& a, auto& b) { return a.elapsed < b.elapsed; });
    const Measurement& median = runs[runs.size() / 2];
    std::printf("median %" PRIu64 " idle %" PRIu64 " min %" PRIu64 " max %" PRIu64 " runs %d\n", median.elapsed,
                median.idle, runs.front().elapsed, runs.back().elapsed, options.runs);
    return 0;
}
