// SPDX-License-Identifier: Apache-2.0
// Files, pipes and sockets.
#include "tests/virt/event_loop_fixture.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <cstdlib>
#include <vector>

namespace virt {
namespace {

using namespace std::chrono_literals;

Fd temporary_file(const std::string& text = "") {
    std::string path = testing::TempDir() + "event_loop_XXXXXX";
    Fd made(::mkstemp(path.data()));
    EXPECT_TRUE(made);
    EXPECT_EQ(::unlink(path.c_str()), 0);
    EXPECT_EQ(::write(made.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    return made;
}

struct Buffer {
    explicit Buffer(std::string initial) : text(std::move(initial)), vector{text.data(), text.size()} {
        message.msg_iov = &vector;
        message.msg_iovlen = 1;
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    std::string text;
    iovec vector;
    msghdr message{};
};

class EventLoopIo : public EventLoopTest {
protected:
    /// Runs the loop until the operation that `start` is called to start is done.
    template <class Start>
    int result_of(Start start) {
        auto loop = *EventLoop::create(GetParam());
        int result = -1;
        bool called = false;
        start(*loop, [&](int done) {
            EXPECT_FALSE(called);
            called = true;
            result = done;
            loop->stop();
        });
        EXPECT_FALSE(called) << "an operation does not call back before the loop runs";
        EXPECT_TRUE(loop->run());
        EXPECT_TRUE(called);
        return result;
    }
};
ON_BOTH_BACKENDS(EventLoopIo);

TEST_P(EventLoopIo, FilesAreReadAndWrittenAtAnOffset) {
    const auto file = temporary_file("0123456789");
    Buffer a("...."), b("...");
    const std::array vectors{a.vector, b.vector};
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.readv(file.get(), vectors, 2, done); }), 7);
    EXPECT_EQ(a.text + b.text, "2345678");
    Buffer new_text("AB");
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.writev(file.get(), {&new_text.vector, 1}, 4, done); }), 2);
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.readv(file.get(), vectors, 2, done); }), 7);
    EXPECT_EQ(a.text + b.text, "23AB678");
}

TEST_P(EventLoopIo, ShortAtTheEndAndNothingBehindIt) {
    const auto file = temporary_file("0123456789");
    Buffer buffer("........");
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.readv(file.get(), {&buffer.vector, 1}, 7, done); }), 3);
    EXPECT_EQ(buffer.text, "789.....");
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.readv(file.get(), {&buffer.vector, 1}, 10, done); }), 0);
}

TEST_P(EventLoopIo, SyncAndAllocate) {
    const auto file = temporary_file("0123456789");
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.fsync(file.get(), EventLoop::Sync::all, done); }), 0);
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.fsync(file.get(), EventLoop::Sync::data, done); }), 0);
    const int allocated = result_of([&](auto& loop, auto done) { loop.fallocate(file.get(), 0, 10, 90, done); });
    if (allocated == -EOPNOTSUPP)
        GTEST_SKIP() << "this file system cannot";
    EXPECT_EQ(allocated, 0);
    struct stat status{};
    ASSERT_EQ(::fstat(file.get(), &status), 0);
    EXPECT_EQ(status.st_size, 100);
}

TEST_P(EventLoopIo, ErrorsAreResults) {
    Buffer buffer("....");
    const auto closed = temporary_file().get(); // at the end of this line
    const int bad = closed + 5000;
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.readv(bad, {&buffer.vector, 1}, 0, done); }), -EBADF);
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.writev(bad, {&buffer.vector, 1}, 0, done); }), -EBADF);
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.fsync(bad, EventLoop::Sync::all, done); }), -EBADF);
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.recvmsg(bad, buffer.message, 0, done); }), -EBADF);
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.accept(bad, done); }), -EBADF);
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.readv(-1, {&buffer.vector, 1}, EventLoop::stream, done); }),
              -EBADF);
    const Fd read_only(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.writev(read_only.get(), {&buffer.vector, 1}, 0, done); }),
              -EBADF);
}

TEST_P(EventLoopIo, StreamsAreWaitedFor) {
    Pipe pipe;
    Buffer buffer("....");
    int got = -1;
    loop_->readv(pipe.read.get(), {&buffer.vector, 1}, EventLoop::stream, [&](int result) {
        got = result;
        loop_->stop();
    });
    settle([&] {
        EXPECT_EQ(got, -1);
        ASSERT_EQ(::write(pipe.write.get(), "xy", 2), 2);
    });
    run();
    EXPECT_EQ(got, 2);
    EXPECT_EQ(buffer.text, "xy..");
}

TEST_P(EventLoopIo, AStreamMayBeAFile) {
    const auto file = temporary_file("0123456789");
    ASSERT_EQ(::lseek(file.get(), 6, SEEK_SET), 6);
    Buffer buffer("..");
    for (const auto* expected : {"67", "89"}) {
        EXPECT_EQ(result_of([&](auto& loop, auto done) {
                      loop.readv(file.get(), {&buffer.vector, 1}, EventLoop::stream, done);
                  }),
                  2);
        EXPECT_EQ(buffer.text, expected);
    }
}

TEST_P(EventLoopIo, AFullPipeIsWaitedFor) {
    Pipe pipe;
    ASSERT_EQ(::fcntl(pipe.write.get(), F_SETPIPE_SZ, 4096), 4096);
    ASSERT_EQ(::fcntl(pipe.write.get(), F_SETFL, O_NONBLOCK), 0);
    const std::string much(4096, 'x');
    ASSERT_EQ(::write(pipe.write.get(), much.data(), much.size()), 4096);
    Buffer buffer("yz");
    int wrote = -1;
    loop_->writev(pipe.write.get(), {&buffer.vector, 1}, EventLoop::stream, [&](int result) {
        wrote = result;
        loop_->stop();
    });
    std::string text(4098, '.');
    settle([&] {
        EXPECT_EQ(wrote, -1);
        ASSERT_EQ(::read(pipe.read.get(), text.data(), 4096), 4096);
    });
    run();
    EXPECT_EQ(wrote, 2);
    EXPECT_EQ(::read(pipe.read.get(), text.data(), 100), 2);
}

TEST_P(EventLoopIo, SocketsBothWays) {
    SocketPair pair;
    std::string log;
    Buffer ping("ping"), pong("pong"), a_got("......"), b_got("......");
    loop_->recvmsg(pair.b.get(), b_got.message, 0, [&](int result) {
        log += "b" + std::to_string(result) + b_got.text.substr(0, 4) + " ";
        loop_->sendmsg(pair.b.get(), pong.message, 0, [&](int sent) { log += "s" + std::to_string(sent) + " "; });
    });
    loop_->recvmsg(pair.a.get(), a_got.message, 0, [&](int result) {
        log += "a" + std::to_string(result) + a_got.text.substr(0, 4) + " ";
        loop_->stop();
    });
    settle([&] { loop_->sendmsg(pair.a.get(), ping.message, 0, [](int sent) { EXPECT_EQ(sent, 4); }); });
    run();
    EXPECT_EQ(log, "b4ping s4 a4pong ");
}

// Several operations and a watch on one descriptor at the same time.
TEST_P(EventLoopIo, ADescriptorServesSeveral) {
    SocketPair pair(SOCK_SEQPACKET);
    int watched = 0, received = 0;
    Buffer first("."), second("."), out("o");
    const auto done = [&](int result) {
        EXPECT_EQ(result, 1);
        if (++received == 2)
            settle([&] { loop_->stop(); });
    };
    loop_->recvmsg(pair.a.get(), first.message, 0, done);
    loop_->recvmsg(pair.a.get(), second.message, 0, done);
    loop_->watch(pair.a.get(), [&] {
        ++watched;
        loop_->ignore(pair.a.get());
    });
    loop_->sendmsg(pair.a.get(), out.message, 0, [](int result) { EXPECT_EQ(result, 1); });
    settle([&] {
        ASSERT_EQ(::write(pair.b.get(), "1", 1), 1);
        ASSERT_EQ(::write(pair.b.get(), "2", 1), 1);
    });
    run();
    EXPECT_EQ(watched, 1);
    EXPECT_EQ(received, 2);
    EXPECT_TRUE(first.text + second.text == "12" || first.text + second.text == "21"); // they have no order
}

TEST_P(EventLoopIo, AClosedPeerEndsAReceive) {
    SocketPair pair;
    Buffer buffer("....");
    int got = -1;
    loop_->recvmsg(pair.a.get(), buffer.message, 0, [&](int result) {
        got = result;
        loop_->stop();
    });
    settle([&] { pair.b = Fd(); });
    run();
    EXPECT_EQ(got, 0);
}

TEST_P(EventLoopIo, SendingToNobodyIsAnError) {
    SocketPair pair;
    pair.b = Fd();
    Buffer buffer("....");
    EXPECT_EQ(result_of([&](auto& loop, auto done) { loop.sendmsg(pair.a.get(), buffer.message, MSG_NOSIGNAL, done); }),
              -EPIPE);
}

// The number of a descriptor comes back for another file at once; the loop must not take the one for the other.
TEST_P(EventLoopIo, ADescriptorMayBeClosedWhenItsOperationIsDone) {
    Buffer buffer(".");
    SocketPair pair;
    int rounds = 0;
    InlineFunction<void(int)> again;
    const auto start = [&] { loop_->recvmsg(pair.a.get(), buffer.message, 0, [&](int result) { again(result); }); };
    again = [&](int result) {
        EXPECT_EQ(result, 1);
        const int number = pair.a.get();
        if (++rounds == 100) {
            loop_->stop();
            return;
        }
        pair = SocketPair();
        if (pair.a.get() != number) {
            EXPECT_EQ(::dup2(pair.a.get(), number), number);
            pair.a = Fd(number);
        }
        start();
        settle([&] { EXPECT_EQ(::write(pair.b.get(), "x", 1), 1); });
    };
    start();
    settle([&] { EXPECT_EQ(::write(pair.b.get(), "x", 1), 1); });
    run();
    EXPECT_EQ(rounds, 100);
}

TEST_P(EventLoopIo, Accept) {
    const Fd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address); // NOLINT(*-reinterpret-cast): the sockets API
    ASSERT_EQ(::bind(listening.get(), any, size), 0);
    ASSERT_EQ(::listen(listening.get(), 1), 0);
    ASSERT_EQ(::getsockname(listening.get(), any, &size), 0);
    const Fd client(::socket(AF_INET, SOCK_STREAM, 0));
    Fd server;
    loop_->accept(listening.get(), [&](int result) {
        server = Fd(result);
        loop_->stop();
    });
    settle([&] { ASSERT_EQ(::connect(client.get(), any, size), 0); });
    run();
    ASSERT_TRUE(server);
    EXPECT_NE(::fcntl(server.get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_EQ(::write(client.get(), "x", 1), 1);
    char byte = 0;
    EXPECT_EQ(::read(server.get(), &byte, 1), 1);
}

TEST_P(EventLoopIo, CancelledIsNotCalledAndTheBufferIsFree) {
    SocketPair pair;
    Buffer buffer("....");
    const auto operation = loop_->recvmsg(pair.a.get(), buffer.message, 0, [](int) { ADD_FAILURE(); });
    settle([&] { // the kernel has it
        loop_->cancel(operation);
        ASSERT_EQ(::write(pair.b.get(), "late", 4), 4);
        settle([&] { loop_->stop(); });
    });
    run();
    EXPECT_EQ(buffer.text, "....");
    EXPECT_EQ(::read(pair.a.get(), buffer.text.data(), 4), 4);
}

TEST_P(EventLoopIo, WhatWasStartedBeforeStopIsGivenBack) {
    SocketPair pair;
    Buffer buffer("....");
    const auto operation = loop_->recvmsg(pair.a.get(), buffer.message, 0, [](int) { ADD_FAILURE(); });
    settle([&] { loop_->stop(); });
    run();
    ASSERT_EQ(::write(pair.b.get(), "late", 4), 4);
    EXPECT_EQ(::read(pair.a.get(), buffer.text.data(), 4), 4); // the kernel has no receive before this one
    loop_->cancel(operation);
}

TEST_P(EventLoopIo, MoreOperationsThanTheQueuesHold) {
    const auto file = temporary_file();
    constexpr int count = 2000;
    std::vector<std::unique_ptr<Buffer>> buffers;
    int left = count;
    for (int n = 0; n < count; ++n) {
        auto& buffer = *buffers.emplace_back(std::make_unique<Buffer>(std::to_string(1000000 + n)));
        loop_->writev(file.get(), {&buffer.vector, 1}, static_cast<std::uint64_t>(n) * 7, [&](int result) {
            EXPECT_EQ(result, 7);
            if (--left == 0)
                loop_->stop();
        });
    }
    run();
    std::string text(7 * count, '.');
    ASSERT_EQ(::pread(file.get(), text.data(), text.size(), 0), 7 * count);
    for (int n = 0; n < count; ++n)
        ASSERT_EQ(text.substr(static_cast<std::size_t>(n) * 7, 7), std::to_string(1000000 + n));
}

// Receives that wait, more of them than there is room for completions, and all done at once.
TEST_P(EventLoopIo, MoreCompletionsAtOnceThanTheQueueHolds) {
    constexpr std::size_t count = 300;
    std::vector<SocketPair> pairs(count);
    std::vector<std::unique_ptr<Buffer>> buffers;
    std::size_t left = count;
    for (const auto& pair : pairs) {
        auto& buffer = *buffers.emplace_back(std::make_unique<Buffer>("."));
        loop_->recvmsg(pair.a.get(), buffer.message, 0, [&](int result) {
            EXPECT_EQ(result, 1);
            if (--left == 0)
                loop_->stop();
        });
    }
    settle([&] {
        for (const auto& pair : pairs)
            ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
    });
    run();
    EXPECT_EQ(left, 0U);
}

} // namespace
} // namespace virt
