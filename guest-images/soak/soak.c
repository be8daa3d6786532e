// SPDX-License-Identifier: Apache-2.0
// soak SECONDS SEED: load for a guest whose every result is checked. A worker per CPU and one more do random things
// that need the MMU, the caches, exceptions and the scheduler to be right: fork, map, write, run new code, share memory
// between threads, with a timer's signals all the time. The order of a worker's operations follows from the seed alone.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { page = 4096, most_workers = 64 };

static struct Totals {
    atomic_ulong operations, errors, signals;
}* totals; // shared by all processes

static unsigned worker;
static unsigned long operation;
static const char* kind = "start";
static uint64_t state; // of the worker's random numbers

static uint64_t next_random(void) { // splitmix64
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static size_t between(size_t least, size_t most) { return least + (size_t)(next_random() % (most - least + 1)); }

static void wrong(const char* what) {
    const int error = errno;
    atomic_fetch_add(&totals->errors, 1);
    char line[200];
    const int length = snprintf(line, sizeof line, "soak: worker %u operation %lu, %s: %s (%s)\n", worker, operation,
                                kind, what, strerror(error));
    if (write(STDOUT_FILENO, line, (size_t)length) != length)
        _exit(125);
}

// A call that has no reason to fail.
static void must(bool succeeded, const char* what) {
    if (succeeded)
        return;
    wrong(what);
    _exit(1);
}

static void fill(unsigned char* bytes, size_t size, uint64_t seed) {
    for (size_t i = 0; i < size; ++i) {
        if (i % 8 == 0)
            seed = seed * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (unsigned char)(seed >> (i % 8 * 8));
    }
}

static uint64_t checksum(const unsigned char* bytes, size_t size) {
    uint64_t sum = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; ++i)
        sum = (sum ^ bytes[i]) * 0x100000001b3u;
    return sum;
}

static uint64_t filled_checksum(size_t size, uint64_t seed) {
    static unsigned char expected[256 * page];
    fill(expected, size, seed);
    return checksum(expected, size);
}

static void check_filled(const unsigned char* bytes, size_t size, uint64_t seed, const char* what) {
    if (checksum(bytes, size) != filled_checksum(size, seed))
        wrong(what);
}

static unsigned char* map(size_t size, int flags, int file) {
    unsigned char* bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, file, 0);
    must(bytes != MAP_FAILED, "mmap");
    return bytes;
}

// Leaves values in registers that the interrupted code uses too: the kernel has to bring its own back.
static void on_signal(int number) {
    (void)number;
    volatile double x = 1.5;
    for (int i = 0; i < 8; ++i)
        x = x * 1.25 + 0.5;
    __asm__ volatile("fmov v0.2d, #-1.0\n fmov v8.2d, #2.0\n fmov v31.2d, #3.0" ::: "v0", "v8", "v31");
    atomic_fetch_add(&totals->signals, 1);
}

static void wait_for(pid_t child, int status) {
    int got = 0;
    pid_t ended;
    do
        ended = waitpid(child, &got, 0);
    while (ended < 0 && errno == EINTR);
    must(ended == child, "waitpid");
    if (!WIFEXITED(got) || WEXITSTATUS(got) != status)
        wrong(WIFSIGNALED(got) ? "a child was killed" : "a child's status");
}

// Copy on write: child and parent change the same pages, and neither sees the other's.
static void do_fork(void) {
    const size_t size = between(1, 64) * page;
    const uint64_t seed = next_random(), childs = next_random();
    unsigned char* bytes = map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    fill(bytes, size, seed);
    const pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        const unsigned long errors = atomic_load(&totals->errors);
        check_filled(bytes, size, seed, "inherited memory");
        fill(bytes, size, childs);
        check_filled(bytes, size, childs, "a child's memory");
        _exit(atomic_load(&totals->errors) == errors ? 42 : 1);
    }
    fill(bytes, size / 2, seed + 1);
    wait_for(child, 42);
    check_filled(bytes, size / 2, seed + 1, "memory changed after fork");
    must(munmap(bytes, size) == 0, "munmap");
}

// Holes, moves and protections in a mapping.
static void do_map(void) {
    const size_t pages = between(3, 128), size = pages * page, hole = between(1, pages - 2);
    const uint64_t seed = next_random();
    unsigned char* bytes = map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    fill(bytes, size, seed);
    const uint64_t below = checksum(bytes, hole * page);
    const uint64_t above = checksum(bytes + (hole + 1) * page, size - (hole + 1) * page);
    must(munmap(bytes + hole * page, page) == 0, "munmap of a hole");
    must(mprotect(bytes, hole * page, PROT_READ) == 0, "mprotect");
    if (checksum(bytes, hole * page) != below || checksum(bytes + (hole + 1) * page, size - (hole + 1) * page) != above)
        wrong("memory around a hole");
    unsigned char* moved = mremap(bytes, hole * page, hole * page + size, MREMAP_MAYMOVE);
    must(moved != MAP_FAILED, "mremap");
    if (checksum(moved, hole * page) != below)
        wrong("memory that was moved");
    must(mprotect(moved, hole * page + size, PROT_READ | PROT_WRITE) == 0, "mprotect back");
    for (size_t i = 0; i < size; i += page)
        if (moved[hole * page + i] != 0)
            wrong("new memory is not zero");
    must(munmap(moved, hole * page + size) == 0, "munmap");
    must(munmap(bytes + (hole + 1) * page, size - (hole + 1) * page) == 0, "munmap above the hole");
}

// A file by write, pread and a shared mapping: one content.
static void do_file(void) {
    char path[] = "/tmp/soak-XXXXXX";
    const int file = mkstemp(path);
    must(file >= 0 && unlink(path) == 0, "mkstemp");
    const size_t size = between(1, 100000);
    const uint64_t seed = next_random();
    static unsigned char bytes[100000 + page], again[100000 + page];
    fill(bytes, size, seed);
    for (size_t done = 0; done < size;) {
        const size_t part = between(1, size - done);
        const ssize_t written = write(file, bytes + done, part);
        must(written > 0, "write");
        done += (size_t)written;
    }
    must(pread(file, again, sizeof again, 0) == (ssize_t)size, "pread");
    check_filled(again, size, seed, "what was read of a file");
    unsigned char* mapped = map(size, MAP_SHARED, file);
    check_filled(mapped, size, seed, "a mapped file");
    fill(mapped, size, seed + 1);
    must(pread(file, again, sizeof again, 0) == (ssize_t)size, "pread again");
    check_filled(again, size, seed + 1, "a file written by its mapping");
    must(munmap(mapped, size) == 0 && close(file) == 0, "close");
}

// A child sends through a pipe.
static void do_pipe(void) {
    int ends[2];
    must(pipe(ends) == 0, "pipe");
    const size_t size = between(1, 200000);
    const uint64_t seed = next_random();
    static unsigned char bytes[200000];
    const pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        fill(bytes, size, seed);
        for (size_t done = 0; done < size;) {
            const ssize_t written = write(ends[1], bytes + done, size - done);
            must(written > 0 || errno == EINTR, "write to a pipe");
            done += written > 0 ? (size_t)written : 0;
        }
        _exit(42);
    }
    close(ends[1]);
    size_t done = 0;
    for (;;) {
        const ssize_t got = read(ends[0], bytes + done, sizeof bytes - done);
        must(got >= 0 || errno == EINTR, "read of a pipe");
        if (got == 0)
            break;
        done += got > 0 ? (size_t)got : 0;
    }
    if (done != size)
        wrong("the length of what came through a pipe");
    else
        check_filled(bytes, size, seed, "what came through a pipe");
    close(ends[0]);
    wait_for(child, 42);
}

// Code that is written and run, again and again at one address: caches have to be kept coherent as the guest asks.
static void do_code(void) {
    uint32_t* code = mmap(NULL, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(code != MAP_FAILED, "mmap of code");
    const size_t turns = between(2, 50);
    for (size_t turn = 0; turn < turns; ++turn) {
        const uint32_t number = (uint32_t)next_random() & 0xffff, times = (uint32_t)between(1, 100);
        uint32_t* next = code;
        *next++ = 0x52800000 | number << 5; // mov w0, #number
        for (uint32_t i = 0; i < times; ++i)
            *next++ = 0x11000400; // add w0, w0, #1
        *next++ = 0xd65f03c0; // ret
        __builtin___clear_cache((char*)code, (char*)next);
        unsigned (*function)(void);
        memcpy(&function, &code, sizeof function);
        if (function() != number + times)
            wrong("what new code returns");
    }
    must(munmap(code, page) == 0, "munmap of code");
}

static struct Shared {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned long guarded, turn;
    atomic_ulong counted, exchanged;
} shared = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

enum { threads = 3, rounds = 300 };

static void* share(void* argument) {
    const unsigned long self = *(unsigned long*)argument;
    for (unsigned long i = 0; i < rounds; ++i) {
        atomic_fetch_add(&shared.counted, self);
        unsigned long old = atomic_load(&shared.exchanged);
        while (!atomic_compare_exchange_weak(&shared.exchanged, &old, old + i)) {
        }
        pthread_mutex_lock(&shared.mutex);
        shared.guarded += i;
        pthread_mutex_unlock(&shared.mutex);
    }
    pthread_mutex_lock(&shared.mutex);
    while (shared.turn != self)
        pthread_cond_wait(&shared.changed, &shared.mutex);
    ++shared.turn;
    pthread_cond_broadcast(&shared.changed);
    pthread_mutex_unlock(&shared.mutex);
    return NULL;
}

// Threads that add to the same words, by exclusives or atomics and under a lock; then one after the other.
static void do_threads(void) {
    shared.guarded = shared.turn = 0;
    atomic_store(&shared.counted, 0);
    atomic_store(&shared.exchanged, 0);
    pthread_t running[threads];
    unsigned long numbers[threads];
    for (unsigned long i = 0; i < threads; ++i) {
        numbers[i] = i;
        must(pthread_create(&running[i], NULL, share, &numbers[i]) == 0, "pthread_create");
    }
    for (unsigned i = 0; i < threads; ++i)
        must(pthread_join(running[i], NULL) == 0, "pthread_join");
    const unsigned long sum = (unsigned long)rounds * (rounds - 1) / 2 * threads;
    if (atomic_load(&shared.counted) != (unsigned long)rounds * threads * (threads - 1) / 2)
        wrong("an atomic sum");
    if (atomic_load(&shared.exchanged) != sum)
        wrong("a sum by compare and exchange");
    if (shared.guarded != sum)
        wrong("a sum under a lock");
}

static double polynomial(double x, unsigned turns) {
    double a = x, b = 0.5, c = 0.25, d = 1;
    for (unsigned i = 0; i < turns; ++i) {
        a = a * 0.999 + b;
        b = b * 0.998 - c * 0.001;
        c = c * 0.997 + d * 0.002;
        d = d * 0.996 + a * 0.0001;
    }
    return a + b + c + d;
}

// The same sum twice. Signals come in between, and change the registers that it lives in.
static void do_floats(void) {
    const double x = (double)(next_random() >> 12) * 0x1p-52;
    const unsigned turns = (unsigned)between(1000, 100000);
    const double once = polynomial(x, turns), twice = polynomial(x, turns);
    if (memcmp(&once, &twice, sizeof once) != 0)
        wrong("a floating-point sum");
}

static volatile sig_atomic_t faults;
static unsigned char* volatile faulting; // the byte that a store is about to touch

static void on_fault(int number, siginfo_t* info, void* context) {
    (void)number, (void)context;
    ++faults;
    unsigned char* const start = faulting - (uintptr_t)faulting % page;
    if (info->si_addr != faulting || mprotect(start, page, PROT_READ | PROT_WRITE) != 0)
        _exit(1);
}

// Stores to protected pages, which a signal's handler opens.
static void do_faults(void) {
    const size_t pages = between(1, 20);
    unsigned char* bytes = map(pages * page, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    must(mprotect(bytes, pages * page, PROT_NONE) == 0, "mprotect");
    faults = 0;
    for (size_t i = 0; i < pages; ++i) {
        unsigned char* const at = bytes + i * page + between(0, page - 1);
        faulting = at;
        *(volatile unsigned char*)at = (unsigned char)i;
        if (*at != (unsigned char)i)
            wrong("a byte written by a store that faulted");
    }
    if (faults != (sig_atomic_t)pages)
        wrong("the number of faults");
    must(munmap(bytes, pages * page) == 0, "munmap");
}

static const struct {
    const char* name;
    void (*run)(void);
} kinds[] = {{"fork", do_fork}, {"map", do_map},         {"file", do_file},     {"pipe", do_pipe},
             {"code", do_code}, {"threads", do_threads}, {"floats", do_floats}, {"faults", do_faults}};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void work(double end) {
    const struct sigaction on_timer = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    const struct sigaction on_segv = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_RESTART};
    must(sigaction(SIGALRM, &on_timer, NULL) == 0 && sigaction(SIGSEGV, &on_segv, NULL) == 0, "sigaction");
    const struct itimerval often = {{0, 3000}, {0, 3000}};
    must(setitimer(ITIMER_REAL, &often, NULL) == 0, "setitimer");
    while (now() < end) {
        const size_t which = between(0, sizeof kinds / sizeof kinds[0] - 1);
        kind = kinds[which].name;
        kinds[which].run();
        ++operation;
        atomic_fetch_add(&totals->operations, 1);
    }
}

int main(int count, char** arguments) {
    const unsigned long seconds = count == 3 ? strtoul(arguments[1], NULL, 10) : 0;
    if (seconds == 0) {
        fprintf(stderr, "usage: soak SECONDS SEED\n");
        return 2;
    }
    const unsigned long seed = strtoul(arguments[2], NULL, 10);
    totals = (struct Totals*)(void*)map(page, MAP_SHARED | MAP_ANONYMOUS, -1);
    const double start = now();
    const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    const unsigned workers = cpus < most_workers ? (unsigned)cpus + 1 : most_workers;
    pid_t children[most_workers];
    for (worker = 0; worker < workers; ++worker) {
        children[worker] = fork();
        must(children[worker] >= 0, "fork of a worker");
        if (children[worker] == 0) {
            state = seed * 0x2545f4914f6cdd1du + worker;
            work(start + (double)seconds);
            _exit(0);
        }
    }
    for (double next = start + 60; now() < start + (double)seconds;) {
        sleep(1);
        if (now() < next)
            continue;
        next += 60;
        printf("soak: after %.0f s operations %lu errors %lu\n", now() - start, atomic_load(&totals->operations),
               atomic_load(&totals->errors));
        fflush(stdout);
    }
    kind = "worker";
    for (worker = 0; worker < workers; ++worker)
        wait_for(children[worker], 0);
    const unsigned long operations = atomic_load(&totals->operations), errors = atomic_load(&totals->errors);
    printf("soak: seed %lu seconds %lu workers %u signals %lu operations %lu errors %lu\n", seed, seconds, workers,
           atomic_load(&totals->signals), operations, errors);
    return operations != 0 && errors == 0 ? 0 : 1;
}
