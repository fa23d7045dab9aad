#include "jetstream/consumers.hpp"

#include "jetstream/groups.hpp"
#include "jetstream/messages.hpp"
#include "jetstream/streams.hpp"
#include "support/jetstream.hpp"

namespace noetl::nats::js {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000'000;

class ConsumersServerTest : public testing::JetStreamTest {
 protected:
  ConsumersServerTest() { call("STREAM.CREATE.S", {{"name", "S"}, {"subjects", {"s.>"}}, {"storage", "memory"}}); }

  Result<AppliedConsumer> apply(const Json& desired, bool recreate = false, bool dry_run = false) {
    ConsumerApplyOptions options;
    options.recreate = recreate;
    options.dry_run = dry_run;
    return apply_consumer(*api, "S", "C", desired, options, soon());
  }
  Json info(const std::string& consumer = "C") { return call("CONSUMER.INFO.S." + consumer); }
};

TEST_F(ConsumersServerTest, ApplyMakesADurablePullConsumerAndIsStable) {
  const auto first = apply({{"filter_subjects", {"s.a", "s.b"}}, {"backoff", {kSecond, 2 * kSecond}}, {"max_deliver", 5}});
  ASSERT_OK(first);
  EXPECT_TRUE(first->created);
  EXPECT_EQ(first->config["durable_name"], "C");
  EXPECT_EQ(first->config["ack_policy"], "explicit");
  const auto second = apply({{"filter_subjects", {"s.b", "s.a"}}, {"backoff", {kSecond, 2 * kSecond}}});
  ASSERT_OK(second);
  EXPECT_FALSE(second->changed) << to_json(second->diff);
}

TEST_F(ConsumersServerTest, AnEphemeralConsumerIsMadeWhenItsThresholdIsGiven) {
  const auto out = apply({{"inactive_threshold", 60 * kSecond}});
  ASSERT_OK(out);
  EXPECT_EQ(out->config["durable_name"], "");
  EXPECT_EQ(info()["config"]["inactive_threshold"], 60 * kSecond);
}

TEST_F(ConsumersServerTest, OneFilterIsCheckedByThePermissionsOnItsSubject) {
  ASSERT_OK(apply({{"filter_subject", "s.a"}}));  // goes to CONSUMER.CREATE.S.C.s.a, which the server compares with the body
  EXPECT_EQ(info()["config"]["filter_subject"], "s.a");
  ASSERT_OK(apply({{"filter_subjects", {"s.a", "s.b"}}}));
  EXPECT_EQ(info()["config"]["filter_subjects"], Json::array({"s.a", "s.b"}));
  ASSERT_OK(apply({{"filter_subject", ""}}));
  EXPECT_FALSE(info()["config"].contains("filter_subjects"));
}

TEST_F(ConsumersServerTest, FieldsMarkedUnchangeableAreRefusedByTheServerToo) {
  struct Row {
    const char* field;
    Json from, to;
    Json rest = Json::object();
  };
  const Json push{{"deliver_subject", "x.y"}};
  for (const auto& row :
       {Row{"ack_policy", "explicit", "all"}, Row{"deliver_policy", "all", "new"}, Row{"replay_policy", "instant", "original"},
        Row{"max_waiting", 512, 10}, Row{"mem_storage", false, true}, Row{"deliver_subject", "", "x.y"},
        Row{"idle_heartbeat", kSecond, 2 * kSecond, push}, Row{"opt_start_seq", 3, 4, {{"deliver_policy", "by_start_sequence"}}}}) {
    Json config{{"durable_name", "C"}, {"ack_policy", "explicit"}};
    config.update(row.rest);
    if (row.from != "") config[row.field] = row.from;
    call("CONSUMER.CREATE.S.C", {{"stream_name", "S"}, {"config", config}});
    config[row.field] = row.to;
    EXPECT_FALSE(api->call("CONSUMER.CREATE.S.C", {{"stream_name", "S"}, {"config", config}, {"action", "update"}}, soon()))
        << row.field << ": the server accepts it, so the table is wrong";
    EXPECT_THAT(apply({{row.field, row.to}}), FailsWith(Code::failed_precondition)) << row.field;
    call("CONSUMER.DELETE.S.C");
  }
}

TEST_F(ConsumersServerTest, EveryOtherFieldMayChangeAndThenIsStable) {
  const std::vector<std::pair<const char*, Json>> values{{"description", "d"},
                                                         {"ack_wait", 60 * kSecond},
                                                         {"max_deliver", 7},
                                                         {"backoff", {kSecond, 2 * kSecond}},
                                                         {"sample_freq", "50"},
                                                         {"max_ack_pending", 10},
                                                         {"headers_only", true},
                                                         {"max_batch", 5},
                                                         {"max_expires", 10 * kSecond},
                                                         {"max_bytes", 5000},
                                                         {"inactive_threshold", 3600 * kSecond},
                                                         {"num_replicas", 1},
                                                         {"metadata", {{"owner", "me"}}},
                                                         {"filter_subjects", {"s.a", "s.b"}}};
  ASSERT_OK(apply(Json::object()));
  for (const auto& [field, value] : values) {
    const auto out = apply({{field, value}});
    ASSERT_TRUE(out.has_value()) << field << ": " << out.error().message;
    EXPECT_TRUE(out->changed) << field;
    const auto again = apply({{field, value}});
    ASSERT_TRUE(again.has_value()) << field;
    EXPECT_FALSE(again->changed) << field << ": " << to_json(again->diff);
  }
}

TEST_F(ConsumersServerTest, RecreateKeepsThePositionAndIsStable) {
  ASSERT_OK(apply({{"deliver_policy", "all"}}));
  for (int i = 0; i < 4; ++i) publish("s.a");
  const auto fetched = fetch(*api, "S", "C", {.batch = 2}, soon());
  ASSERT_OK(fetched);
  for (const auto& each : fetched->messages)
    ASSERT_OK(settle(*connection, std::vector<std::string_view>{each.message.reply()}, "+ACK", soon()));

  const Json wanted{{"ack_policy", "all"}, {"deliver_policy", "all"}};
  const auto plan = apply(wanted, true, true);
  ASSERT_OK(plan);
  EXPECT_TRUE(plan->recreated);
  EXPECT_EQ(info()["config"]["ack_policy"], "explicit");

  const auto done = apply(wanted, true);
  ASSERT_OK(done);
  EXPECT_TRUE(done->recreated);
  EXPECT_EQ(info()["num_pending"], 2);
  const auto again = apply(wanted, true);
  ASSERT_OK(again);
  EXPECT_FALSE(again->changed) << to_json(again->diff);
  const auto other = apply({{"max_deliver", 9}});
  ASSERT_OK(other);
  EXPECT_TRUE(other->changed);
  EXPECT_EQ(info()["config"]["opt_start_seq"], 3);
}

TEST_F(ConsumersServerTest, RecreateWithAnotherStartStartsThere) {
  for (int i = 0; i < 4; ++i) publish("s.a");
  ASSERT_OK(apply(Json::object()));
  ASSERT_OK(apply({{"deliver_policy", "by_start_sequence"}, {"opt_start_seq", 4}}, true));
  EXPECT_EQ(info()["num_pending"], 1);
}

TEST_F(ConsumersServerTest, ARecreateThatTheServerRefusesBringsTheOldOneBack) {
  ASSERT_OK(apply(Json::object()));
  const auto refused = apply({{"ack_policy", "none"}, {"max_deliver", -5}, {"idle_heartbeat", 5}}, true);  // a heart beat without push
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().hint, "the consumer is back as it was");
  EXPECT_EQ(info()["config"]["ack_policy"], "explicit");
}

TEST_F(ConsumersServerTest, MissingThingsAreNamed) {
  ASSERT_OK(apply(Json::object()));
  const auto consumer = consumer_info(*api, "S", "D", soon());
  ASSERT_THAT(consumer, FailsWith(Code::not_found));
  EXPECT_EQ(consumer.error().message, "consumer D does not exist on stream S");
  EXPECT_EQ(apply_consumer(*api, "NOPE", "C", {}, {}, soon()).error().message, "stream NOPE does not exist");
  EXPECT_EQ(list_consumers(*api, "NOPE", "", false, soon()).error().message, "stream NOPE does not exist");
  EXPECT_THAT(delete_consumer(*api, "S", "D", false, false, soon()), FailsWith(Code::not_found));
  EXPECT_THAT(delete_consumer(*api, "S", "D", true, false, soon()), testing::Holds(false));
}

TEST_F(ConsumersServerTest, AServerErrorKeepsTheNameOfTheConsumer) {
  const auto refused = apply({{"max_deliver", 1}, {"backoff", {kSecond, kSecond}}});
  ASSERT_THAT(refused, FailsWith(Code::invalid_argument));
  EXPECT_THAT(refused.error().message, HasSubstr("consumer C on stream S: "));
}

TEST_F(ConsumersServerTest, GroupsAreFoundByTheirMark) {
  ASSERT_OK(apply_shared_group(*api, "S", "one", {{"filter_subjects", {"s.a"}}}, false, soon()));
  ASSERT_OK(apply_shared_group(*api, "S", "two", {}, false, soon()));
  ASSERT_OK(apply(Json::object()));
  const auto again = apply_shared_group(*api, "S", "one", {{"filter_subjects", {"s.a"}}}, false, soon());
  ASSERT_OK(again);
  EXPECT_FALSE(again->changed) << to_json(again->diff);
  const auto all = group_status(*api, "S", "", Nanos(0), soon());
  ASSERT_OK(all);
  EXPECT_EQ(all->size(), 2U);
  EXPECT_OK(group_status(*api, "S", "C", Nanos(0), soon()));  // any durable pull consumer with explicit acks can be looked at
}

TEST_F(ConsumersServerTest, AGroupsLagHasAnAgeAndARate) {
  ASSERT_OK(apply_shared_group(*api, "S", "G", {}, false, soon()));
  for (int i = 0; i < 3; ++i) publish("s.a");
  const auto fetched = fetch(*api, "S", "G", {.batch = 1}, soon());
  ASSERT_OK(fetched);
  const auto groups = group_status(*api, "S", "G", std::chrono::milliseconds(50), soon());
  ASSERT_OK(groups);
  const auto& group = groups->front();
  EXPECT_EQ(group.progress.lag, 3U);
  EXPECT_EQ(group.num_ack_pending, 1U);
  EXPECT_GT(group.oldest_pending_age_s, 0);
  EXPECT_GT(group.lag_s, 0);
  EXPECT_GE(group.oldest_pending_age_s, group.lag_s);
  EXPECT_EQ(group.rate_per_s, 0);
  EXPECT_FALSE(group.eta_s.has_value());
}

}  // namespace
}  // namespace noetl::nats::js
