// Who reads the socket: threads that wait take turns, a caretaker when none does, an event loop (ADR 0006).
#include <algorithm>
#include <atomic>
#include <thread>

#include "base/suspend.hpp"
#include "support/matchers.hpp"
#include "support/server.hpp"
#include "wire/connection.hpp"
#include "wire/requests.hpp"

namespace noetl::nats::wire {
namespace {

using testing::FailsWith;

constexpr auto kUnread = "ping_interval: \"100ms\", ping_max: 2, write_deadline: \"1s\"";

Wait soon() { return Wait::for_duration(std::chrono::seconds(10)); }

std::shared_ptr<Connection> open(const testing::Server& server, bool long_lived) {
  auto options = server.options();
  options.reconnect = long_lived;
  auto opened = Connection::open(options, soon());
  EXPECT_TRUE(opened) << opened.error().message;
  return opened ? *opened : nullptr;
}

/// Answers `count` requests on `subject` with what they hold.
std::thread echo(const std::shared_ptr<Connection>& connection, Inbox requests, int count) {
  return std::thread([connection, requests = std::move(requests), count]() mutable {
    for (int i = 0; i < count; ++i) {
      const auto message = requests.next(soon());
      if (!message) return;
      (void)connection->publish(message->reply(), message->data());
    }
  });
}

TEST(TurnsServerTest, EveryThreadGetsItsOwnAnswer) {
  constexpr int kThreads = 16, kCalls = 200;
  const testing::Server server("");
  const auto answering = open(server, true);
  const auto asking = open(server, true);
  auto requests = answering->subscribe("echo");
  ASSERT_OK(requests);
  ASSERT_OK(answering->flush(soon()));
  auto service = echo(answering, std::move(*requests), kThreads * kCalls);
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCalls; ++i) {
        const auto text = std::to_string(t) + "." + std::to_string(i);
        const auto reply = asking->request("echo", text, {}, soon());
        if (reply && reply->data() == text) ++right;
      }
    });
  for (auto& each : threads) each.join();
  service.join();
  EXPECT_EQ(right, kThreads * kCalls);
}

TEST(TurnsServerTest, AServiceAndItsCallersShareAConnection) {
  const testing::Server server("");
  const auto connection = open(server, true);
  auto requests = connection->subscribe("echo");
  ASSERT_OK(requests);
  auto service = echo(connection, std::move(*requests), 100);
  for (int i = 0; i < 100; ++i) {
    const auto reply = connection->request("echo", std::to_string(i), {}, soon());
    ASSERT_OK(reply);
    EXPECT_EQ(reply->data(), std::to_string(i));
  }
  service.join();
}

TEST(TurnsServerTest, PingsAreAnsweredWhileNobodyWaits) {
  const testing::Server server(kUnread);
  const auto connection = open(server, true);
  const auto id = connection->server().client_id;
  const auto lost =
      wait_until(Wait::for_duration(std::chrono::seconds(2)), [&] { return connection->link() > 1; });  // it was attached once
  ASSERT_OK(lost);
  EXPECT_FALSE(*lost);
  EXPECT_TRUE(connection->is_open());
  EXPECT_EQ(connection->server().client_id, id);
}

TEST(TurnsServerTest, MessagesThatNobodyWaitsForAreKept) {
  const testing::Server server("");
  const auto connection = open(server, true);
  const auto other = open(server, false);
  auto inbox = connection->subscribe("many");
  ASSERT_OK(inbox);
  ASSERT_OK(connection->flush(soon()));
  const std::string payload(10'000, 'x');
  for (int i = 0; i < 3000; ++i) ASSERT_OK(other->publish("many", payload));  // far more than a socket holds
  ASSERT_OK(other->flush(soon()));
  for (int i = 0; i < 3000; ++i) ASSERT_OK(inbox->next(soon()));
}

TEST(TurnsServerTest, AConnectionThatWasLostWhileIdleIsNoticedBeforeTheNextCall) {
  testing::Server server("");
  const auto connection = open(server, true);
  auto inbox = connection->inbox();
  ASSERT_OK(inbox);
  ASSERT_OK(connection->flush(soon()));
  server.kill();
  server.start_again();
  ASSERT_OK(connection->publish(inbox->subject(), "back"));  // kept until the connection is back, and not sent into the old one
  const auto message = inbox->next(soon());
  ASSERT_OK(message);
  EXPECT_EQ(message->data(), "back");
}

TEST(TurnsServerTest, ALateAnswerFindsNobody) {
  const testing::Server server("");
  const auto connection = open(server, true);
  auto slow = connection->subscribe("slow");
  ASSERT_OK(slow);
  ASSERT_THAT(connection->request("slow", "1", {}, Wait::for_duration(std::chrono::milliseconds(20))), FailsWith(Code::deadline_exceeded));
  const auto first = slow->next(soon());
  ASSERT_OK(first);
  ASSERT_OK(connection->publish(first->reply(), "late"));
  auto service = echo(connection, std::move(*slow), 1);
  const auto reply = connection->request("slow", "2", {}, soon());
  service.join();
  ASSERT_OK(reply);
  EXPECT_EQ(reply->data(), "2");
}

TEST(TurnsServerTest, ClosingWakesWhoWaits) {
  const testing::Server server("");
  const auto connection = open(server, true);
  auto inbox = connection->inbox();
  ASSERT_OK(inbox);
  std::vector<std::thread> threads;
  std::atomic<int> told{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      auto own = connection->inbox();
      if (own && !own->next(soon())) ++told;
    });
  connection->close();
  for (auto& each : threads) each.join();
  EXPECT_THAT(inbox->next(soon()), FailsWith(Code::unavailable));
}

/// What an event loop does, as small as can be: runs the loop inside of the wait.
class Loop final : public Suspender {
 public:
  explicit Loop(Connection& connection) : connection_(connection) { Suspender::set(this); }
  ~Loop() { Suspender::set(nullptr); }
  void suspend(Clock::time_point until, Condition condition) override {
    ++suspended;
    while (Clock::now() < until && !(condition.holds != nullptr && condition.holds(condition.of))) connection_.pump();
  }
  int suspended = 0;

 private:
  Connection& connection_;
};

TEST(TurnsServerTest, ASuspenderWaitsInPlaceOfTheThread) {
  const testing::Server server;
  const auto connection = open(server, true);
  connection->adopt_by_loop();
  Loop loop(*connection);
  ASSERT_OK(connection->request("$JS.API.INFO", "", {}, soon()));
  EXPECT_GT(loop.suspended, 0);
  ASSERT_OK(connection->publish("a", "b"));
  ASSERT_OK(connection->flush(soon()));
  EXPECT_THAT(connection->request("nobody.there", "", {}, soon()), FailsWith(Code::unavailable));
}

}  // namespace
}  // namespace noetl::nats::wire
