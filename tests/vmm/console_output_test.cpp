// SPDX-License-Identifier: Apache-2.0
// The console's way out: nothing lost, nothing stuck.
#include "vmm/console_output.hpp"

#include "virt/fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>

namespace vmm {
namespace {

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        read = virt::Fd(ends[0]);
        write = virt::Fd(ends[1]);
    }
    std::string drain() {
        std::string all;
        std::array<char, 4096> block{};
        for (ssize_t got = 0; (got = ::read(read.get(), block.data(), block.size())) > 0;)
            all.append(block.data(), static_cast<std::size_t>(got));
        return all;
    }
    virt::Fd read, write;
};

void put_all(ConsoleOutput& output, const std::string& text) {
    for (const char character : text) {
        while (output.room() == 0)
            std::this_thread::yield();
        output.put(static_cast<std::uint8_t>(character));
    }
}

TEST(ConsoleOutput, AMegabyteArrivesInOrderThroughASlowReader) {
    Pipe pipe;
    std::string sent;
    for (int n = 0; sent.size() < (1 << 20); ++n)
        sent += std::to_string(n);
    std::string got;
    {
        ConsoleOutput output(pipe.write.get());
        std::thread reader([&] { got = pipe.drain(); });
        put_all(output, sent);
        output.finish();
        pipe.write = virt::Fd();
        reader.join();
    }
    EXPECT_TRUE(got == sent);
}

TEST(ConsoleOutput, SaysWhenThereIsRoomAgain) {
    Pipe pipe;
    std::atomic<int> calls = 0;
    ConsoleOutput output(pipe.write.get());
    output.set_callbacks([&] { ++calls; }, {});
    put_all(output, "x");
    output.finish();
    EXPECT_GE(calls.load(), 1);
}

TEST(ConsoleOutput, ALimitBreaksABlockedWrite) {
    Pipe pipe; // nobody reads
    ConsoleOutput output(pipe.write.get());
    for (int n = 0; n < 200'000 && output.room() > 0; ++n) {
        output.put('x');
        if (output.room() == 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(20)); // let it write what it can
    }
    EXPECT_EQ(output.room(), 0U);
    EXPECT_FALSE(output.finish(std::chrono::milliseconds(50)));
}

TEST(ConsoleOutput, AReaderThatWentAwayHoldsNobodyUp) {
    ::signal(SIGPIPE, SIG_IGN);
    Pipe pipe;
    pipe.read = virt::Fd();
    ConsoleOutput output(pipe.write.get());
    put_all(output, std::string(100'000, 'x'));
    output.finish();
}

TEST(ConsoleOutput, ALimitIsNoHurryForAReaderThatKeepsUp) {
    Pipe pipe;
    ConsoleOutput output(pipe.write.get());
    put_all(output, "last words");
    EXPECT_TRUE(output.finish(std::chrono::seconds(60)));
    pipe.write = virt::Fd();
    EXPECT_EQ(pipe.drain(), "last words");
}

TEST(ConsoleOutput, AFullDiskIsReportedOnce) {
    const virt::Fd full(::open("/dev/full", O_WRONLY));
    std::atomic<int> failures = 0;
    std::atomic<int> code = 0;
    ConsoleOutput output(full.get());
    output.set_callbacks({}, [&](virt::Error error) {
        ++failures;
        code = error.code;
    });
    put_all(output, std::string(20'000, 'x')); // what comes later is dropped, and holds nobody up
    output.finish();
    EXPECT_EQ(failures.load(), 1);
    EXPECT_EQ(code.load(), ENOSPC);
}

TEST(ConsoleOutput, ANonBlockingDescriptorLosesNothing) {
    Pipe pipe;
    ASSERT_EQ(::fcntl(pipe.write.get(), F_SETFL, O_NONBLOCK), 0);
    const std::string sent(300'000, 'y');
    std::string got;
    ConsoleOutput output(pipe.write.get());
    std::thread reader([&] { got = pipe.drain(); });
    put_all(output, sent);
    output.finish();
    pipe.write = virt::Fd();
    reader.join();
    EXPECT_EQ(got.size(), sent.size());
}

} // namespace
} // namespace vmm
