#include "jetstream/messages.hpp"

#include <thread>

#include "support/jetstream.hpp"

namespace noetl::nats::js {
namespace {

using namespace std::chrono_literals;
using testing::FailsWith;
using ::testing::HasSubstr;

class MessagesServerTest : public testing::JetStreamTest {
 protected:
  explicit MessagesServerTest(std::string config = "jetstream {max_mem: 256MB, max_file: 2GB}") : JetStreamTest(std::move(config)) {
    call("STREAM.CREATE.S", {{"name", "S"}, {"subjects", {"s.>"}}, {"storage", "memory"}, {"allow_direct", true}});
  }
  void consumer(const Json& config = Json::object()) {
    Json full{{"durable_name", "C"}, {"ack_policy", "explicit"}};
    full.update(config);
    call("CONSUMER.CREATE.S.C", {{"stream_name", "S"}, {"config", full}});
  }
  Result<PubAck> put(std::string_view payload, const PublishOptions& options = {}, const wire::Headers& headers = {}) {
    return js::publish(*api, "s.a", payload, headers, options, soon());
  }
  Result<Fetched> take(const FetchOptions& options = {}) { return fetch(*api, "S", "C", options, soon()); }
};

// ---- publish ---------------------------------------------------------------------------------------------------------------

TEST_F(MessagesServerTest, PublishKeepsEveryByte) {
  const std::string bytes("\0\xff\r\n{", 5);
  const auto ack = put(bytes, {.message_id = "m1"}, {{"X-A", "1"}, {"X-A", "2"}});
  ASSERT_OK(ack);
  EXPECT_EQ(ack->stream, "S");
  EXPECT_EQ(ack->sequence, 1U);
  for (const auto& read : {get_message(*api, "S", {.sequence = 1}, soon()), get_message_direct(*api, "S", {.sequence = 1}, soon())}) {
    ASSERT_OK(read);
    EXPECT_EQ(read->data, bytes);
    EXPECT_EQ(read->subject, "s.a");
    EXPECT_EQ(read->sequence, 1U);
    EXPECT_EQ(read->headers.get("Nats-Msg-Id"), "m1");
    EXPECT_EQ(read->headers.lines().size(), 3U);
    EXPECT_FALSE(read->time.empty());
  }
  const auto again = put(bytes, {.message_id = "m1"});
  ASSERT_OK(again);
  EXPECT_TRUE(again->duplicate);
}

TEST_F(MessagesServerTest, ExpectationsThatFailAreConflicts) {
  ASSERT_OK(put("1"));
  EXPECT_THAT(put("2", {.stream = "OTHER"}), FailsWith(Code::conflict));
  EXPECT_THAT(put("2", {.last_sequence = 7}), FailsWith(Code::conflict));
  EXPECT_THAT(put("2", {.last_subject_sequence = 0}), FailsWith(Code::conflict));
  EXPECT_OK(put("2", {.last_subject_sequence = 1}));
  EXPECT_EQ(messages_in("S"), 2U);
}

TEST_F(MessagesServerTest, NoStreamTakesTheSubject) {
  const auto refused = js::publish(*api, "nobody.here", "x", {}, {}, soon());
  ASSERT_THAT(refused, FailsWith(Code::not_found));
  EXPECT_FALSE(refused.error().maybe_applied);
}

TEST_F(MessagesServerTest, SomebodyElseAnswersOnTheSubject) {
  auto service = connection->subscribe("service.x");
  ASSERT_OK(service);
  std::thread answer([&] {
    if (auto request = service->next(soon())) (void)connection->publish(request->reply(), "pong");
  });
  const auto refused = js::publish(*api, "service.x", "x", {}, {}, soon());
  answer.join();
  ASSERT_THAT(refused, FailsWith(Code::failed_precondition));
  EXPECT_THAT(refused.error().message, HasSubstr("not by a stream"));
}

TEST_F(MessagesServerTest, AHeaderThatIsGivenTwiceMustAgree) {
  EXPECT_THAT(put("x", {.message_id = "a"}, {{"Nats-Msg-Id", "b"}}), FailsWith(Code::invalid_argument));
  EXPECT_OK(put("x", {.message_id = "a"}, {{"Nats-Msg-Id", "a"}}));
}

TEST_F(MessagesServerTest, TtlIsWholeSecondsAndNeedsTheStream) {
  EXPECT_THAT(put("x", {.ttl = 1500ms}), FailsWith(Code::invalid_argument));
  EXPECT_THAT(put("x", {.ttl = 0s}), FailsWith(Code::invalid_argument));
  EXPECT_THAT(put("x", {.ttl = 60s}), FailsWith(Code::failed_precondition));
  EXPECT_EQ(messages_in("S"), 0U);
}

TEST_F(MessagesServerTest, AFullStreamIsALimit) {
  call("STREAM.CREATE.FULL", {{"name", "FULL"}, {"subjects", {"full"}}, {"max_msgs", 1}, {"discard", "new"}});
  publish("full");
  EXPECT_THAT(js::publish(*api, "full", "x", {}, {}, soon()), FailsWith(Code::resource_exhausted));
}

TEST(PubAckTest, ReadsDomainsAndErrors) {
  const auto ack = read_pub_ack("s.a", R"({"stream":"R3","domain":"hub","seq":7,"duplicate": true})");
  ASSERT_OK(ack);
  EXPECT_EQ(ack->domain, "hub");
  EXPECT_EQ(ack->sequence, 7U);
  EXPECT_TRUE(ack->duplicate);
  EXPECT_THAT(read_pub_ack("s.a", R"({"error":{"code":400,"err_code":10164,"description":"wrong last sequence"},"stream":"S","seq":0})"),
              FailsWith(Code::conflict));
  EXPECT_THAT(read_pub_ack("s.a", R"({"error":{"code":429,"err_code":10167,"description":"too many requests"},"stream":"S","seq":0})"),
              FailsWith(Code::resource_exhausted));
  EXPECT_THAT(read_pub_ack("s.a", ""), FailsWith(Code::failed_precondition));
}

// ---- read ------------------------------------------------------------------------------------------------------------------

TEST_F(MessagesServerTest, QueriesFindTheSameByBothWays) {
  publish("s.a", "1");
  publish("s.b", "2");
  publish("s.a", "3");
  struct Row {
    MessageQuery query;
    std::uint64_t sequence;
  };
  for (const auto& row : {Row{{.sequence = 2}, 2}, Row{{.last_by = "s.a"}, 3}, Row{{.last_by = ">"}, 3},
                          Row{{.sequence = 2, .next_by = "s.a"}, 3}, Row{{.sequence = 1, .next_by = ">"}, 1}}) {
    const auto leader = get_message(*api, "S", row.query, soon());
    const auto direct = get_message_direct(*api, "S", row.query, soon());
    ASSERT_OK(leader);
    ASSERT_OK(direct);
    EXPECT_EQ(leader->sequence, row.sequence);
    EXPECT_EQ(direct->sequence, row.sequence);
  }
}

TEST_F(MessagesServerTest, WhatIsNotThereIsNotFoundByBothWays) {
  for (const MessageQuery& query :
       {MessageQuery{.sequence = 9}, MessageQuery{.last_by = "s.a"}, MessageQuery{.sequence = 1, .next_by = "s.a"}}) {
    EXPECT_THAT(get_message(*api, "S", query, soon()), FailsWith(Code::not_found));
    EXPECT_THAT(get_message_direct(*api, "S", query, soon()), FailsWith(Code::not_found));
  }
  EXPECT_EQ(get_message(*api, "NOPE", {.sequence = 1}, soon()).error().message, "stream NOPE does not exist");
  EXPECT_EQ(get_message_direct(*api, "NOPE", {.sequence = 1}, soon()).error().message, "stream NOPE does not exist");
}

TEST_F(MessagesServerTest, DirectReadsFallBackWhereTheStreamForbidsThem) {
  call("STREAM.CREATE.N", {{"name", "N"}, {"subjects", {"n"}}, {"allow_direct", false}});
  publish("n", "x");
  const auto read = get_message_direct(*api, "N", {.sequence = 1}, soon());
  ASSERT_OK(read);
  EXPECT_EQ(read->data, "x");
}

// ---- fetch -----------------------------------------------------------------------------------------------------------------

TEST(AckSubjectTest, ReadsBothVersions) {
  const auto first = parse_ack_subject("$JS.ACK.S.C.2.7.5.1795477860454304300.3");
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->stream, "S");
  EXPECT_EQ(first->consumer, "C");
  EXPECT_EQ(first->delivered, 2U);
  EXPECT_EQ(first->stream_sequence, 7U);
  EXPECT_EQ(first->consumer_sequence, 5U);
  EXPECT_EQ(first->unix_nanos, 1795477860454304300);
  EXPECT_EQ(first->pending, 3U);
  const auto second = parse_ack_subject("$JS.ACK._.NUmM6cRx.S.C.1.1.1.1795477860454304300.0");
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->domain, "");
  EXPECT_EQ(second->stream, "S");
  EXPECT_EQ(parse_ack_subject("$JS.ACK.hub.NUmM6cRx.S.C.1.1.1.1.0.random")->domain, "hub");
  for (const char* bad : {"", "s.a", "$JS.ACK.S.C.1.1.1.1", "$JS.ACK.S.C.x.1.1.1.0", "$JS.ACK.S.C.1.1.1.1.0.1"})
    EXPECT_FALSE(parse_ack_subject(bad)) << bad;
}

TEST_F(MessagesServerTest, FetchTakesWhatIsThereAtOnce) {
  consumer();
  for (int i = 0; i < 3; ++i) publish("s.a", std::to_string(i));
  const auto start = Clock::now();
  const auto fetched = take({.batch = 10, .expires = 5s});
  ASSERT_OK(fetched);
  ASSERT_EQ(fetched->messages.size(), 3U);
  EXPECT_EQ(fetched->messages[2].message.data(), "2");
  EXPECT_EQ(fetched->messages[0].delivery.pending, 2U);
  EXPECT_LT(Clock::now() - start, 2s);
}

TEST_F(MessagesServerTest, FetchWaitsForTheFirstMessage) {
  consumer();
  std::thread later([this] {
    const auto waiting = wait_until(soon(), [&] { return call("CONSUMER.INFO.S.C").value("num_waiting", 0) > 0; });
    EXPECT_TRUE(waiting && *waiting);
    (void)connection->publish("s.a", "late");
  });
  const auto fetched = take({.batch = 10, .expires = 8s});
  later.join();
  ASSERT_OK(fetched);
  ASSERT_EQ(fetched->messages.size(), 1U);
  EXPECT_EQ(fetched->messages[0].message.data(), "late");
}

TEST_F(MessagesServerTest, AnIdleConsumerGivesNothing) {
  consumer();
  for (const auto expires : {Nanos(0), Nanos(50ms), Nanos(1200ms)}) {
    const auto fetched = take({.expires = expires});
    ASSERT_OK(fetched);
    EXPECT_TRUE(fetched->messages.empty());
    EXPECT_FALSE(fetched->stopped.has_value());
  }
}

TEST_F(MessagesServerTest, AStalledConsumerGivesWhatItMay) {
  consumer({{"max_ack_pending", 2}});
  for (int i = 0; i < 3; ++i) publish("s.a");
  const auto first = take({.batch = 10});
  ASSERT_OK(first);
  EXPECT_EQ(first->messages.size(), 2U);
  const auto second = take({.batch = 10, .expires = 50ms});
  ASSERT_OK(second);
  EXPECT_TRUE(second->messages.empty());
}

TEST_F(MessagesServerTest, AMessageThatLooksLikeAStatusIsAMessage) {
  consumer();
  publish("s.a", "", {{"Status", "404"}, {"Description", "No Messages"}});
  const auto fetched = take();
  ASSERT_OK(fetched);
  ASSERT_EQ(fetched->messages.size(), 1U);
  EXPECT_EQ(fetched->messages[0].message.header("Status"), "404");
}

TEST_F(MessagesServerTest, FetchFailuresSayWhichConsumer) {
  EXPECT_THAT(take(), FailsWith(Code::not_found));
  consumer({{"max_batch", 2}});
  const auto limit = take({.batch = 10});
  ASSERT_THAT(limit, FailsWith(Code::resource_exhausted));
  EXPECT_THAT(limit.error().message, HasSubstr("consumer C on stream S: Exceeded MaxRequestBatch of 2"));
  publish("s.a", "a long message");
  EXPECT_THAT(take({.batch = 1, .max_bytes = 5}), FailsWith(Code::resource_exhausted));
  call("CONSUMER.CREATE.S.G",
       {{"stream_name", "S"},
        {"config", {{"durable_name", "G"}, {"ack_policy", "explicit"}, {"priority_groups", {"g"}}, {"priority_policy", "overflow"}}}});
  EXPECT_THAT(fetch(*api, "S", "G", {}, soon()), FailsWith(Code::invalid_argument));
  EXPECT_OK(fetch(*api, "S", "G", {.batch = 1, .group = "g"}, soon()));
}

TEST_F(MessagesServerTest, AFetchIsCancelledWithinATick) {
  consumer();
  Cancel cancel;
  std::thread stop([&] {
    const auto waiting = wait_until(soon(), [&] { return call("CONSUMER.INFO.S.C").value("num_waiting", 0) > 0; });
    EXPECT_TRUE(waiting && *waiting);
    cancel.request();
  });
  const auto fetched = fetch(*api, "S", "C", {.expires = 30s}, Wait::for_duration(60s, &cancel));
  stop.join();
  EXPECT_THAT(fetched, FailsWith(Code::cancelled));
}

TEST_F(MessagesServerTest, AFetchNoticesThatTheServerIsGone) {
  consumer();
  std::thread stop([&] {
    const auto waiting = wait_until(soon(), [&] { return call("CONSUMER.INFO.S.C").value("num_waiting", 0) > 0; });
    EXPECT_TRUE(waiting && *waiting);
    server.kill();
  });
  const auto start = Clock::now();
  const auto fetched = take({.expires = 30s});
  stop.join();
  EXPECT_THAT(fetched, FailsWith(Code::unavailable));
  EXPECT_LT(Clock::now() - start, 10s);
}

TEST_F(MessagesServerTest, CollectEndsForItsReason) {
  consumer();
  for (int i = 0; i < 3; ++i) publish("s.a");
  const auto full = collect(*api, "S", "C", {.fetch = {.batch = 2}, .duration = 5s}, soon());
  ASSERT_OK(full);
  EXPECT_EQ(full->end, End::limit);
  const auto rest = collect(*api, "S", "C", {.fetch = {.batch = 10}, .duration = 5s, .until_caught_up = true}, soon());
  ASSERT_OK(rest);
  EXPECT_EQ(rest->end, End::caught_up);
  EXPECT_EQ(rest->messages.size(), 1U);
  const auto idle = collect(*api, "S", "C", {.fetch = {}, .duration = 5s, .idle = 20ms}, soon());
  ASSERT_OK(idle);
  EXPECT_EQ(idle->end, End::idle);
  const auto over = collect(*api, "S", "C", {.fetch = {}, .duration = 30ms}, soon());
  ASSERT_OK(over);
  EXPECT_EQ(over->end, End::time);
}

// ---- settle ----------------------------------------------------------------------------------------------------------------

TEST_F(MessagesServerTest, EveryConfirmedAckIsKnownToTheServer) {
  consumer();
  for (int i = 0; i < 500; ++i) publish("s.a");
  const auto fetched = take({.batch = 500});
  ASSERT_OK(fetched);
  std::vector<std::string_view> replies;
  for (const auto& each : fetched->messages) replies.push_back(each.message.reply());
  const auto settled = settle(*connection, replies, "+ACK", soon());
  ASSERT_OK(settled);
  EXPECT_EQ(settled->confirmed, 500U);
  const Json info = call("CONSUMER.INFO.S.C");
  EXPECT_EQ(info["num_ack_pending"], 0);
  EXPECT_EQ(info["ack_floor"]["stream_seq"], 500);
}

TEST_F(MessagesServerTest, AcksOfAConsumerThatIsGoneAreErrors) {
  consumer();
  publish("s.a");
  const auto fetched = take();
  ASSERT_OK(fetched);
  call("CONSUMER.DELETE.S.C");
  const auto settled = settle(*connection, std::vector<std::string_view>{fetched->messages[0].message.reply()}, "+ACK", soon());
  ASSERT_OK(settled);
  EXPECT_EQ(settled->confirmed, 0U);
  ASSERT_EQ(settled->errors.size(), 1U);
  EXPECT_EQ(settled->errors[0].code, Code::not_found);
}

TEST_F(MessagesServerTest, NakDeliversAgain) {
  consumer();
  publish("s.a");
  const auto first = take();
  ASSERT_OK(first);
  ASSERT_OK(settle(*connection, std::vector<std::string_view>{first->messages[0].message.reply()}, "-NAK", soon()));
  const auto again = take({.expires = 5s});
  ASSERT_OK(again);
  ASSERT_EQ(again->messages.size(), 1U);
  EXPECT_EQ(again->messages[0].delivery.delivered, 2U);
}

// ---- permissions -----------------------------------------------------------------------------------------------------------

class RestrictedServerTest : public ::testing::Test {
 protected:
  testing::Server server{R"(jetstream {max_mem: 256MB, max_file: 2GB}
    accounts { A { jetstream: enabled, users: [ {user: admin, password: a},
      {user: ro, password: r, permissions: {publish: {deny: ["denied.>", "$JS.API.CONSUMER.MSG.NEXT.S.C", "$JS.ACK.>"]}}} ] } })"};
  static Wait soon() { return Wait::for_duration(10s); }
  std::shared_ptr<wire::Connection> as(const std::string& user, const std::string& password) {
    auto options = server.options();
    options.user = user;
    options.password = Secret(password);
    return wire::Connection::open(options, soon()).value();
  }
};

TEST_F(RestrictedServerTest, PermissionErrorsComeAtOnce) {
  const auto admin = as("admin", "a");
  Api all(*admin);
  ASSERT_OK(all.call("STREAM.CREATE.S", {{"name", "S"}, {"subjects", {"s.>", "denied.>"}}}, soon()));
  for (const char* name : {"C", "D"})
    ASSERT_OK(all.call(std::string("CONSUMER.CREATE.S.") + name,
                       {{"stream_name", "S"}, {"config", {{"durable_name", name}, {"ack_policy", "explicit"}}}}, soon()));
  ASSERT_OK(js::publish(all, "s.a", "x", {}, {}, soon()));

  const auto restricted = as("ro", "r");
  Api some(*restricted);
  const auto start = Clock::now();
  const auto refused = js::publish(some, "denied.x", "x", {}, {}, soon());
  ASSERT_THAT(refused, FailsWith(Code::permission_denied));
  EXPECT_THAT(refused.error().message, HasSubstr("denied.x"));
  EXPECT_THAT(fetch(some, "S", "C", {.expires = 5s}, soon()), FailsWith(Code::permission_denied));
  const auto fetched = fetch(some, "S", "D", {.expires = 5s}, soon());
  ASSERT_OK(fetched);
  const auto settled = settle(*restricted, std::vector<std::string_view>{fetched->messages.at(0).message.reply()}, "+ACK", soon());
  ASSERT_OK(settled);
  ASSERT_EQ(settled->errors.size(), 1U);
  EXPECT_EQ(settled->errors[0].code, Code::permission_denied);
  EXPECT_LT(Clock::now() - start, 5s);
}

}  // namespace
}  // namespace noetl::nats::js
