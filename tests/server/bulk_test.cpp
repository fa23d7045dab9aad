#include "jetstream/bulk.hpp"

#include <deque>

#include "base/bytes.hpp"
#include "support/jetstream.hpp"
#include "support/matchers.hpp"
#include "support/server.hpp"

namespace noetl::nats::js {
namespace {

using testing::FailsWith;

class BulkServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = wire::Connection::open(server.options(), soon());
    ASSERT_OK(opened);
    connection = *opened;
    api.emplace(*connection);
    make("S", "s.>", Json::object());
  }
  static Wait soon() { return Wait::for_duration(std::chrono::seconds(20)); }

  void make(const std::string& name, const std::string& subjects, Json extra) {
    Json config{{"name", name}, {"subjects", {subjects}}, {"storage", "memory"}};
    config.update(extra);
    ASSERT_OK(api->call("STREAM.CREATE." + name, config, soon()));
  }
  std::uint64_t stored(const std::string& stream) {
    const auto info = api->call("STREAM.INFO." + stream, nullptr, soon());
    return info ? (*info)["state"].value("messages", std::uint64_t{0}) : 0;
  }
  /// Publishes `count` messages "0", "1", ... to what `subject_of` says.
  BulkReport publish(const BulkOptions& options, int count, const std::function<std::string(int)>& subject_of) {
    auto publisher = bulk_publisher(*api, options, soon());
    if (!publisher) {
      ADD_FAILURE() << publisher.error().message;
      return {};
    }
    std::deque<std::string> texts;
    for (int i = 0; i < count; ++i) {
      const auto& subject = texts.emplace_back(subject_of(i));
      const auto& payload = texts.emplace_back(std::to_string(i));
      if (!(*publisher)->add({.subject = subject, .payload = payload}, soon())) break;
    }
    return (*publisher)->finish(soon());
  }
  static std::string one(int) { return "s.a"; }

  testing::Server server;
  std::shared_ptr<wire::Connection> connection;
  std::optional<Api> api;
};

TEST_F(BulkServerTest, EveryMessageIsAcknowledged) {
  const auto report = publish({}, 5000, one);
  EXPECT_TRUE(report.complete());
  EXPECT_EQ(report.count, 5000U);
  EXPECT_EQ(report.first_sequence, 1U);
  EXPECT_EQ(report.last_sequence, 5000U);
  EXPECT_EQ(report.streams, std::set<std::string>{"S"});
  EXPECT_EQ(stored("S"), 5000U);
}

TEST_F(BulkServerTest, ASmallWindowGivesTheSame) {
  const auto report = publish({.window = 1}, 50, one);
  EXPECT_EQ(report.count, 50U);
  EXPECT_EQ(report.last_sequence, 50U);
}

TEST_F(BulkServerTest, AMessageThatNoStreamTakesIsNamedByItsIndex) {
  const auto report = publish({}, 100, [](int i) { return i % 10 == 3 ? std::string("nobody.there") : std::string("s.a"); });
  EXPECT_EQ(report.count, 90U);
  ASSERT_EQ(report.failures.size(), 10U);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(report.failures[i].index, 10 * i + 3);
    EXPECT_EQ(report.failures[i].error.code, Code::not_found);
  }
  EXPECT_FALSE(report.complete());
}

TEST_F(BulkServerTest, StopsAtTheFirstErrorWhenAskedTo) {
  const auto report =
      publish({.window = 1, .stop_on_error = true}, 100, [](int i) { return i == 5 ? std::string("a b") : std::string("s.a"); });
  EXPECT_EQ(report.count, 5U);
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_EQ(report.failures[0].index, 5U);
  EXPECT_EQ(report.failures[0].error.code, Code::invalid_argument);
  EXPECT_EQ(report.not_sent, 6U);
  ASSERT_TRUE(report.stopped);
  EXPECT_EQ(stored("S"), 5U);
}

TEST_F(BulkServerTest, AFullStreamStopsIt) {
  make("FULL", "full.>", {{"max_msgs", 10}, {"discard", "new"}});
  const auto report = publish({.window = 1}, 100, [](int) { return std::string("full.a"); });
  EXPECT_EQ(report.count, 10U);
  ASSERT_TRUE(report.stopped);
  EXPECT_EQ(report.stopped->code, Code::resource_exhausted);
  EXPECT_EQ(report.not_sent, 11U);
}

TEST_F(BulkServerTest, AMessageIdIsStoredOnce) {
  auto publisher = bulk_publisher(*api, {}, soon());
  ASSERT_OK(publisher);
  const std::vector<std::string> ids{"a", "b", "a", "c", "b"};
  for (const auto& id : ids) EXPECT_TRUE((*publisher)->add({.subject = "s.a", .payload = "x", .message_id = id}, soon()));
  const auto report = (*publisher)->finish(soon());
  EXPECT_EQ(report.count, 5U);
  EXPECT_EQ(report.duplicates, 2U);
  EXPECT_EQ(stored("S"), 3U);
}

TEST_F(BulkServerTest, WhatIsUnansweredWhenTheServerDiesIsUnknown) {
  auto publisher = bulk_publisher(*api, {}, soon());
  ASSERT_OK(publisher);
  server.kill();
  int added = 0;
  for (; added < 10; ++added)
    if (!(*publisher)->add({.subject = "s.a", .payload = "x"}, Wait::for_duration(std::chrono::seconds(2)))) break;
  const auto report = (*publisher)->finish(Wait::for_duration(std::chrono::seconds(2)));
  EXPECT_EQ(report.count, 0U);
  EXPECT_FALSE(report.complete());
}

TEST_F(BulkServerTest, CancellingStopsIt) {
  auto silent = connection->subscribe("silent");  // takes requests, answers none
  ASSERT_OK(silent);
  Cancel cancel;
  auto publisher = bulk_publisher(*api, {.window = 2}, soon());
  ASSERT_OK(publisher);
  const Wait wait = Wait::for_duration(std::chrono::seconds(20), &cancel);
  EXPECT_TRUE((*publisher)->add({.subject = "silent", .payload = "0"}, wait));
  EXPECT_TRUE((*publisher)->add({.subject = "silent", .payload = "1"}, wait));
  cancel.request();
  EXPECT_FALSE((*publisher)->add({.subject = "silent", .payload = "2"}, wait));
  const auto report = (*publisher)->finish(wait);
  EXPECT_EQ(report.unknown, (std::vector<std::uint64_t>{0, 1}));
  EXPECT_EQ(report.not_sent, 2U);
  ASSERT_TRUE(report.stopped);
  EXPECT_EQ(report.stopped->code, Code::cancelled);
}

TEST_F(BulkServerTest, AtomicBatchesAreStoredWhole) {
  make("A", "a.>", {{"allow_atomic", true}});
  const auto report = publish({.mode = BulkMode::atomic, .batch = 100}, 250, [](int) { return std::string("a.x"); });
  EXPECT_TRUE(report.complete());
  EXPECT_EQ(report.count, 250U);
  EXPECT_EQ(report.first_sequence, 1U);
  EXPECT_EQ(report.last_sequence, 250U);
  EXPECT_EQ(stored("A"), 250U);
}

TEST_F(BulkServerTest, AnAtomicBatchOfOneAndOfNone) {
  make("A", "a.>", {{"allow_atomic", true}});
  EXPECT_EQ(publish({.mode = BulkMode::atomic}, 1, [](int) { return std::string("a.x"); }).count, 1U);
  EXPECT_EQ(publish({.mode = BulkMode::atomic}, 0, [](int) { return std::string("a.x"); }).count, 0U);
  EXPECT_EQ(stored("A"), 1U);
}

TEST_F(BulkServerTest, AStreamWithoutAtomicBatchesStoresNone) {
  const auto report = publish({.mode = BulkMode::atomic, .batch = 10}, 25, one);
  EXPECT_EQ(report.count, 0U);
  EXPECT_EQ(report.failures.size(), 10U);
  ASSERT_TRUE(report.stopped);
  EXPECT_EQ(report.stopped->code, Code::failed_precondition);
  EXPECT_EQ(report.not_sent, 10U);
  EXPECT_EQ(stored("S"), 0U);
}

TEST_F(BulkServerTest, AnExpectationThatFailsLeavesNothingOfTheBatch) {
  make("A", "a.>", {{"allow_atomic", true}});
  auto publisher = bulk_publisher(*api, {.mode = BulkMode::atomic}, soon());
  ASSERT_OK(publisher);
  const wire::Headers wrong{{"Nats-Expected-Last-Sequence", "7"}};
  EXPECT_TRUE((*publisher)->add({.subject = "a.x", .payload = "0", .headers = &wrong}, soon()));
  EXPECT_TRUE((*publisher)->add({.subject = "a.x", .payload = "1"}, soon()));
  const auto report = (*publisher)->finish(soon());
  ASSERT_EQ(report.failures.size(), 2U);
  EXPECT_EQ(report.failures[0].error.code, Code::conflict);
  EXPECT_EQ(stored("A"), 0U);
}

TEST_F(BulkServerTest, FastIngestStoresAll) {
  make("F", "f.>", {{"allow_batched", true}});
  const auto report = publish({.mode = BulkMode::fast}, 5000, [](int) { return std::string("f.x"); });
  EXPECT_TRUE(report.complete()) << (report.stopped ? report.stopped->message : "");
  EXPECT_EQ(report.count, 5000U);
  EXPECT_EQ(stored("F"), 5000U);
}

TEST_F(BulkServerTest, FastIngestWhereItIsNotAllowedFailsAndStoresNothing) {
  const auto report = publish({.mode = BulkMode::fast}, 10, one);
  EXPECT_EQ(report.count, 0U);
  ASSERT_TRUE(report.stopped);
  EXPECT_EQ(report.stopped->code, Code::failed_precondition);
  EXPECT_EQ(stored("S"), 0U);
}

TEST_F(BulkServerTest, TheModeIsChosenByTheStream) {
  make("F", "f.>", {{"allow_batched", true}});
  EXPECT_EQ(choose_bulk_mode(*api, "f.x", soon()).mode, BulkMode::fast);
  const auto plain = choose_bulk_mode(*api, "s.a", soon());
  EXPECT_EQ(plain.mode, BulkMode::window);
  EXPECT_EQ(plain.reason, "stream S does not allow fast ingest (allow_batched)");
}

TEST_F(BulkServerTest, BadOptionsAreRefused) {
  EXPECT_THAT(bulk_publisher(*api, {.window = 0}, soon()), FailsWith(Code::invalid_argument));
  EXPECT_THAT(bulk_publisher(*api, {.mode = BulkMode::atomic, .batch = 1001}, soon()), FailsWith(Code::invalid_argument));
}

}  // namespace
}  // namespace noetl::nats::js
