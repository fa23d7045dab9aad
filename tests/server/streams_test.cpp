#include "jetstream/streams.hpp"

#include "support/jetstream.hpp"

namespace noetl::nats::js {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000'000;

class StreamsServerTest : public testing::JetStreamTest {
 protected:
  Result<Applied> apply(const Json& desired, const ApplyOptions& options = {}) { return apply_stream(*api, "S", desired, options, soon()); }
  Json applied(const Json& desired, const ApplyOptions& options = {}) {
    auto out = apply(desired, options);
    EXPECT_OK(out);
    return out ? out->config : Json::object();
  }
  static std::string loss_of(const Applied& out, const std::string& path) {
    for (const auto& change : out.diff)
      if (change.path == path) return change.loses;
    return "no change of " + path;
  }
  void fill(int count) {
    for (int i = 0; i < count; ++i) publish("s." + std::to_string(i % 2));
  }
};

TEST_F(StreamsServerTest, ApplyCreatesThenChangesNothing) {
  const Json desired{{"subjects", {"s.>"}}, {"max_age", 3600 * kSecond}};
  const auto first = apply(desired);
  ASSERT_OK(first);
  EXPECT_TRUE(first->created);
  EXPECT_TRUE(first->changed);
  EXPECT_EQ(first->config["allow_direct"], true);
  const auto second = apply(desired);
  ASSERT_OK(second);
  EXPECT_FALSE(second->created);
  EXPECT_FALSE(second->changed);
  EXPECT_TRUE(second->diff.empty());
}

TEST_F(StreamsServerTest, ApplyKeepsWhatIsNotGiven) {
  applied({{"subjects", {"s.>"}}, {"max_age", 3600 * kSecond}, {"description", "kept"}});
  const auto out = apply({{"max_msgs", 10}});
  ASSERT_OK(out);
  ASSERT_EQ(out->diff.size(), 1U);
  EXPECT_EQ(out->diff[0].path, "max_msgs");
  const Json stored = call("STREAM.INFO.S")["config"];
  EXPECT_EQ(stored["max_age"], 3600 * kSecond);
  EXPECT_EQ(stored["description"], "kept");
  EXPECT_EQ(stored["max_msgs"], 10);
}

TEST_F(StreamsServerTest, AShorterAgeShortensTheComputedDuplicateWindow) {
  applied({{"subjects", {"s.>"}}});
  EXPECT_EQ(applied({{"max_age", 60 * kSecond}})["duplicate_window"], 60 * kSecond);
}

TEST_F(StreamsServerTest, UnsetPutsAFieldBack) {
  applied({{"subjects", {"s.>"}}, {"max_age", 3600 * kSecond}});
  EXPECT_EQ(applied({}, {.unset = {"max_age"}})["max_age"], 0);
}

TEST_F(StreamsServerTest, DryRunPlansAndDoesNothing) {
  const auto plan = apply({{"subjects", {"s.>"}}}, {.dry_run = true});
  ASSERT_OK(plan);
  EXPECT_TRUE(plan->created);
  EXPECT_FALSE(plan->diff.empty());
  const auto found = find_stream(*api, "S", {}, soon());
  ASSERT_OK(found);
  EXPECT_FALSE(found->has_value());
}

TEST_F(StreamsServerTest, AMissingStreamIsAnErrorWhenAskedSo) {
  applied({{"subjects", {"s.>"}}});
  const auto refused = apply_stream(*api, "SS", {{"max_msgs", 5}}, {.create = false}, soon());
  ASSERT_THAT(refused, FailsWith(Code::not_found));
  EXPECT_EQ(refused.error().hint, "did you mean S?");
}

TEST_F(StreamsServerTest, UnchangeableFieldsAreNamedWithBothValues) {
  applied({{"subjects", {"s.>"}}});
  const auto refused = apply({{"storage", "memory"}, {"max_msgs", 5}});
  ASSERT_THAT(refused, FailsWith(Code::failed_precondition));
  EXPECT_EQ(refused.error().message, "stream S: storage cannot change from file to memory");
  EXPECT_EQ(call("STREAM.INFO.S")["config"]["max_msgs"], -1);
}

TEST_F(StreamsServerTest, OverlappingSubjectsNameTheOtherStream) {
  ASSERT_OK(apply_stream(*api, "OTHER", {{"subjects", {"s.a"}}}, {}, soon()));
  const auto refused = apply({{"subjects", {"x", "s.>"}}});
  ASSERT_THAT(refused, FailsWith(Code::already_exists));
  EXPECT_EQ(refused.error().message, "stream S: the subject s.> overlaps those of stream OTHER");
}

TEST_F(StreamsServerTest, CreateRefusesAnotherConfiguration) {
  ASSERT_OK(create_stream(*api, {{"name", "S"}, {"subjects", {"s.>"}}}, soon()));
  ASSERT_OK(create_stream(*api, {{"name", "S"}, {"subjects", {"s.>"}}}, soon()));
  EXPECT_THAT(create_stream(*api, {{"name", "S"}, {"subjects", {"t.>"}}}, soon()), FailsWith(Code::already_exists));
}

TEST_F(StreamsServerTest, FewerSubjectsWarn) {
  applied({{"subjects", {"s.>", "t.x"}}});
  const auto out = apply({{"subjects", {"s.>"}}});
  ASSERT_OK(out);
  ASSERT_EQ(out->warnings.size(), 1U);
  EXPECT_THAT(out->warnings[0], HasSubstr("t.x"));
}

// ---- what destroys ---------------------------------------------------------------------------------------------------------

struct Destruction {
  const char* field;
  Json value;
  const char* loses;
  std::uint64_t left;  ///< after it was allowed
};

class DestroyingServerTest : public StreamsServerTest, public ::testing::WithParamInterface<Destruction> {};

TEST_P(DestroyingServerTest, IsRefusedWithItsLossUnlessAllowed) {
  applied({{"subjects", {"s.>"}}});
  fill(6);
  const Json change{{GetParam().field, GetParam().value}};
  const auto refused = apply(change);
  ASSERT_THAT(refused, FailsWith(Code::failed_precondition));
  EXPECT_THAT(refused.error().message, HasSubstr(std::string("loses ") + GetParam().loses));
  EXPECT_THAT(refused.error().message, HasSubstr(GetParam().field));
  EXPECT_EQ(messages_in("S"), 6U);

  const auto plan = apply(change, {.dry_run = true});
  ASSERT_OK(plan);
  EXPECT_EQ(loss_of(*plan, GetParam().field), GetParam().loses);

  const auto done = apply(change, {.allow_destructive = true});
  ASSERT_OK(done);
  EXPECT_TRUE(done->changed);
  EXPECT_EQ(loss_of(*done, GetParam().field), GetParam().loses);
  const auto gone = wait_until(soon(), [&] { return messages_in("S") == GetParam().left; });
  EXPECT_TRUE(gone && *gone) << messages_in("S");
}

INSTANTIATE_TEST_SUITE_P(Changes, DestroyingServerTest,
                         ::testing::Values(Destruction{"max_msgs", 2, "4 of 6 messages", 2},
                                           Destruction{"max_bytes", 70, "about 4 of 6 messages", 2},
                                           Destruction{"max_msgs_per_subject", 1, "4 of 6 messages", 2},
                                           Destruction{"retention", "interest", "6 of 6 messages", 0},
                                           Destruction{"sealed", true, "every later change: a sealed stream stays read-only for good", 6}),
                         [](const auto& each) { return std::string(each.param.field); });

TEST_F(StreamsServerTest, AShorterAgeCountsTheOlderMessages) {
  applied({{"subjects", {"s.>"}}});
  fill(3);
  const auto cut = std::chrono::steady_clock::now();
  const auto waited = wait_until(soon(), [&] { return std::chrono::steady_clock::now() - cut > std::chrono::milliseconds(400); });
  ASSERT_TRUE(waited && *waited);
  fill(2);
  const auto plan = apply({{"max_age", kSecond * 3 / 10}}, {.dry_run = true});
  ASSERT_OK(plan);
  ASSERT_FALSE(plan->diff.empty());
  EXPECT_EQ(plan->diff[0].path, "max_age");
  EXPECT_EQ(plan->diff[0].loses, "3 of 5 messages");
}

TEST_F(StreamsServerTest, ALowerLimitThatNothingReachesIsFine) {
  applied({{"subjects", {"s.>"}}});
  fill(3);
  const auto out = apply({{"max_msgs", 5}, {"max_age", 3600 * kSecond}, {"max_bytes", 1000000}, {"max_msgs_per_subject", 10}});
  ASSERT_OK(out);
  EXPECT_EQ(messages_in("S"), 3U);
}

TEST_F(StreamsServerTest, WithDiscardNewALowerMaxMsgsKeepsTheOld) {
  applied({{"subjects", {"s.>"}}, {"discard", "new"}});
  fill(6);
  ASSERT_OK(apply({{"max_msgs", 2}}));
  EXPECT_EQ(messages_in("S"), 6U);
}

TEST_F(StreamsServerTest, RemovingAMirrorIsRefusedUnlessAllowed) {
  ASSERT_OK(apply_stream(*api, "ORIGIN", {{"subjects", {"s.>"}}}, {}, soon()));
  applied({{"mirror", {{"name", "ORIGIN"}}}});
  const auto refused = apply({}, {.unset = {"mirror"}});
  ASSERT_THAT(refused, FailsWith(Code::failed_precondition));
  EXPECT_THAT(refused.error().message, HasSubstr("the link to stream ORIGIN"));
  const auto done = apply({{"subjects", {"copy.>"}}}, {.allow_destructive = true, .unset = {"mirror"}});
  ASSERT_OK(done);
  EXPECT_TRUE(done->config["mirror"].is_null());
}

// ---- the table against the server ------------------------------------------------------------------------------------------

TEST_F(StreamsServerTest, FieldsMarkedUnchangeableAreRefusedByTheServerToo) {
  struct Row {
    const char* field;
    Json from, to;
  };
  for (const auto& row : {Row{"storage", "file", "memory"}, Row{"retention", "limits", "workqueue"}, Row{"deny_delete", true, false},
                          Row{"deny_purge", true, false}, Row{"allow_msg_ttl", true, false}, Row{"allow_msg_counter", false, true},
                          Row{"allow_msg_schedules", true, false}, Row{"persist_mode", "default", "async"}}) {
    Json config{{"name", "S"}, {"subjects", {"s.>"}}};
    config[row.field] = row.from;
    call("STREAM.CREATE.S", config);
    config[row.field] = row.to;
    EXPECT_FALSE(api->call("STREAM.UPDATE.S", config, soon())) << row.field << ": the server accepts it, so the table is wrong";
    EXPECT_THAT(apply({{row.field, row.to}}, {.allow_destructive = true}), FailsWith(Code::failed_precondition)) << row.field;
    call("STREAM.DELETE.S");
  }
}

TEST_F(StreamsServerTest, EveryOtherFieldMayChangeAndThenIsStable) {
  const std::vector<std::pair<const char*, Json>> values{{"description", "d"},
                                                         {"subjects", {"s.a", "s.b"}},
                                                         {"max_consumers", 7},
                                                         {"max_msgs", 100},
                                                         {"max_bytes", 1000000},
                                                         {"discard", "new"},
                                                         {"discard", "old"},
                                                         {"max_age", 3600 * kSecond},
                                                         {"max_msgs_per_subject", 50},
                                                         {"max_msg_size", 1000},
                                                         {"no_ack", true},
                                                         {"duplicate_window", 30 * kSecond},
                                                         {"placement", {{"tags", {"a"}}}},
                                                         {"sources", Json::array({Json{{"name", "ORIGIN"}, {"filter_subject", "o.>"}}})},
                                                         {"sources", Json::array()},
                                                         {"compression", "s2"},
                                                         {"subject_transform", {{"src", "s.>"}, {"dest", "t.>"}}},
                                                         {"republish", {{"src", "s.>"}, {"dest", "r.>"}}},
                                                         {"deny_delete", true},
                                                         {"allow_rollup_hdrs", true},
                                                         {"allow_direct", false},
                                                         {"mirror_direct", true},
                                                         {"consumer_limits", {{"max_ack_pending", 5}}},
                                                         {"metadata", {{"owner", "me"}}},
                                                         {"allow_msg_ttl", true},
                                                         {"subject_delete_marker_ttl", 5 * kSecond},
                                                         {"allow_atomic", true},
                                                         {"allow_msg_schedules", true},
                                                         {"allow_batched", true}};
  ASSERT_OK(apply_stream(*api, "ORIGIN", {{"subjects", {"o.>"}}}, {}, soon()));
  applied({{"subjects", {"s.>"}}, {"max_consumers", 5}});
  for (const auto& [field, value] : values) {
    const auto out = apply({{field, value}});
    ASSERT_TRUE(out.has_value()) << field << ": " << out.error().message;
    EXPECT_TRUE(out->changed) << field;
    const auto again = apply({{field, value}});
    ASSERT_TRUE(again.has_value()) << field;
    EXPECT_FALSE(again->changed) << field << ": " << to_json(again->diff);
  }
}

// ---- look, list, delete, purge ---------------------------------------------------------------------------------------------

TEST_F(StreamsServerTest, InfoHasNoMetadataOfTheServerAndAllSubjects) {
  applied({{"subjects", {"s.>"}}});
  fill(4);
  const auto info = stream_info(*api, "S", {.subjects_filter = ">", .deleted = true}, soon());
  ASSERT_OK(info);
  EXPECT_FALSE((*info)["config"].contains("metadata"));
  EXPECT_EQ((*info)["state"]["subjects"], (Json{{"s.0", 2}, {"s.1", 2}}));
}

TEST_F(StreamsServerTest, ListIsCompleteBeyondOnePage) {
  for (int i = 0; i < 300; ++i) call("STREAM.CREATE.L" + std::to_string(i), {{"name", "L" + std::to_string(i)}, {"storage", "memory"}});
  const auto all = list_streams(*api, "", "", true, soon());
  ASSERT_OK(all);
  EXPECT_EQ(all->streams.size(), 300U);
  const auto some = list_streams(*api, "L29*", "", false, soon());
  ASSERT_OK(some);
  EXPECT_EQ(some->streams.size(), 11U);
  const auto by_subject = list_streams(*api, "", "L7", false, soon());
  ASSERT_OK(by_subject);
  EXPECT_EQ(by_subject->streams, Json::array({"L7"}));
}

TEST_F(StreamsServerTest, DeleteSaysWhatWentAndKnowsMissingOnes) {
  applied({{"subjects", {"s.>"}}});
  fill(3);
  const auto plan = delete_stream(*api, "S", false, true, soon());
  ASSERT_OK(plan);
  EXPECT_EQ(plan->messages, 3U);
  const auto done = delete_stream(*api, "S", false, false, soon());
  ASSERT_OK(done);
  EXPECT_EQ(done->messages, 3U);
  EXPECT_THAT(delete_stream(*api, "S", false, false, soon()), FailsWith(Code::not_found));
  const auto again = delete_stream(*api, "S", true, false, soon());
  ASSERT_OK(again);
  EXPECT_FALSE(again->changed);
}

TEST_F(StreamsServerTest, PurgeCountsTheSameInADryRun) {
  for (const auto& [options, expected] : std::vector<std::pair<PurgeOptions, std::uint64_t>>{
           {{}, 6}, {{.subject = "s.0"}, 3}, {{.keep = 2}, 4}, {{.up_to_sequence = 3}, 2}, {{.subject = "s.1", .keep = 1}, 2}}) {
    // In memory: servers 2.12 to 2.15 bring back messages of a file store that was purged in part, deleted and made again.
    applied({{"subjects", {"s.>"}}, {"storage", "memory"}});
    fill(6);
    PurgeOptions dry = options;
    dry.dry_run = true;
    const auto plan = purge_stream(*api, "S", dry, soon());
    ASSERT_OK(plan);
    EXPECT_EQ(plan->messages, expected);
    EXPECT_EQ(messages_in("S"), 6U);
    const auto done = purge_stream(*api, "S", options, soon());
    ASSERT_OK(done);
    EXPECT_EQ(done->messages, expected);
    ASSERT_OK(delete_stream(*api, "S", false, false, soon()));
  }
}

TEST_F(StreamsServerTest, PurgeFailures) {
  EXPECT_THAT(purge_stream(*api, "S", {}, soon()), FailsWith(Code::not_found));
  applied({{"subjects", {"s.>"}}, {"deny_purge", true}});
  EXPECT_THAT(purge_stream(*api, "S", {}, soon()), FailsWith(Code::failed_precondition));
}

}  // namespace
}  // namespace noetl::nats::js
