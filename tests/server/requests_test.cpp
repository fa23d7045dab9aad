#include "wire/requests.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "support/matchers.hpp"
#include "support/server.hpp"

namespace noetl::nats::wire {
namespace {

class RequestsServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = Connection::open(server.options(), soon());
    ASSERT_OK(opened);
    connection = *opened;
    auto answer = connection->request("$JS.API.STREAM.CREATE.S", R"({"name":"S","subjects":["s.>"],"storage":"memory"})", {}, soon());
    ASSERT_OK(answer);
  }
  static Wait soon() { return Wait::for_duration(std::chrono::seconds(10)); }

  testing::Server server;
  std::shared_ptr<Connection> connection;
};

TEST_F(RequestsServerTest, EveryRequestEndsOnce) {
  constexpr int kCount = 5000;
  Requests requests(*connection, {.window = 256});
  std::vector<int> answers(kCount, 0);
  for (int i = 0; i < kCount; ++i)
    ASSERT_OK(requests.submit(
        "s." + std::to_string(i), "x", {}, [&, i](Result<Message> reply) { answers[static_cast<std::size_t>(i)] += reply ? 1 : 100; },
        soon()));
  ASSERT_OK(requests.drain(soon()));
  EXPECT_EQ(requests.in_flight(), 0U);
  EXPECT_EQ(std::count(answers.begin(), answers.end(), 1), kCount);
}

TEST_F(RequestsServerTest, ARequestThatNobodyTakesDoesNotDisturbTheOthers) {
  Requests requests(*connection, {});
  int good = 0, silent = 0;
  for (int i = 0; i < 10; ++i) {
    const bool nobody = i % 3 == 0;
    ASSERT_OK(requests.submit(
        nobody ? "nobody.there" : "s.x", "x", {},
        [&](Result<Message> reply) {
          if (reply)
            ++good;
          else if (reply.error().details.contains("no_responders"))
            ++silent;
        },
        soon()));
  }
  ASSERT_OK(requests.drain(soon()));
  EXPECT_EQ(good, 6);
  EXPECT_EQ(silent, 4);
}

TEST_F(RequestsServerTest, WhatIsInFlightWhenTheServerDiesIsReported) {
  Requests requests(*connection, {});
  auto inbox = connection->subscribe("slow");  // a subscriber that never answers
  ASSERT_OK(inbox);
  std::optional<Error> error;
  ASSERT_OK(requests.submit(
      "slow", "x", {}, [&](Result<Message> reply) { error = reply ? std::nullopt : std::optional(reply.error()); }, soon()));
  server.kill();
  ASSERT_OK(requests.drain(soon()));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Code::unavailable);
  EXPECT_TRUE(error->maybe_applied);
}

TEST_F(RequestsServerTest, TheDeadlineEndsWhatIsLeft) {
  Requests requests(*connection, {});
  auto inbox = connection->subscribe("slow");
  ASSERT_OK(inbox);
  std::optional<Code> code;
  ASSERT_OK(requests.submit(
      "slow", "x", {}, [&](Result<Message> reply) { code = reply ? std::nullopt : std::optional(reply.error().code); }, soon()));
  ASSERT_OK(requests.drain(Wait::for_duration(std::chrono::milliseconds(50))));
  EXPECT_EQ(code, Code::deadline_exceeded);
}

TEST_F(RequestsServerTest, ThreadsShareAConnection) {
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i)
        if (const auto reply = connection->request("s.t" + std::to_string(t), "x", {}, soon())) ++good;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 1600);
}

}  // namespace
}  // namespace noetl::nats::wire
