#include "jetstream/config_diff.hpp"

#include <set>

#include "support/matchers.hpp"

namespace noetl::nats::js {
namespace {

using noetl::nats::testing::FailsWith;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kNewest = 15;

std::vector<std::string> problems_of(const ConfigTable& table, const Json& given) {
  std::vector<ConfigProblem> problems;
  (void)read_config(table, given, "config", problems);
  std::vector<std::string> out;
  for (const auto& each : problems) out.push_back(each.path + ": " + each.message);
  return out;
}

Json read(const ConfigTable& table, const Json& given) {
  std::vector<ConfigProblem> problems;
  Json out = read_config(table, given, "config", problems);
  EXPECT_TRUE(problems.empty()) << error_of(problems).message;
  return out;
}

/// A stream as server 2.15.1 answers right after `{"name":"A"}` was created.
Json fresh_stream() {
  return Json::parse(R"({"name":"A","subjects":["A"],"retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":0,
    "max_msgs_per_subject":-1,"max_msg_size":-1,"discard":"old","storage":"file","num_replicas":1,"duplicate_window":120000000000,
    "compression":"none","allow_direct":false,"mirror_direct":false,"sealed":false,"deny_delete":false,"deny_purge":false,
    "allow_rollup_hdrs":false,"consumer_limits":{},"allow_msg_ttl":false,"metadata":{"_nats.level":"5","_nats.req.level":"0","_nats.ver":"2.15.1"}})");
}

std::vector<std::string> paths(const std::vector<ConfigChange>& all) {
  std::vector<std::string> out;
  for (const auto& each : all) out.push_back(each.path);
  return out;
}

TEST(ReadConfig, TakesDurationsSizesNumbersAndBooleansAsPeopleWriteThem) {
  const Json out = read(stream_fields(), {{"max_age", "7d"},
                                          {"max_bytes", "512MiB"},
                                          {"max_msgs", "5"},
                                          {"no_ack", "yes"},
                                          {"subjects", "a.>, b"},
                                          {"duplicate_window", 120000000000},
                                          {"metadata", {{"n", 5}}}});
  EXPECT_EQ(out["max_age"], 604800000000000);
  EXPECT_EQ(out["max_bytes"], 536870912);
  EXPECT_EQ(out["max_msgs"], 5);
  EXPECT_EQ(out["no_ack"], true);
  EXPECT_EQ(out["subjects"], Json::array({"a.>", "b"}));
  EXPECT_EQ(out["duplicate_window"], 120000000000);
  EXPECT_EQ(out["metadata"]["n"], "5");
}

TEST(ReadConfig, NamesEveryUnknownFieldWithThePathAndTheNearestName) {
  EXPECT_THAT(problems_of(stream_fields(), {{"max_agee", "1h"}, {"mirror", {{"name", "S"}, {"filter", "a"}}}, {"zzz", 1}}),
              ElementsAre("config.max_agee: unknown field; did you mean max_age?", HasSubstr("config.mirror.filter: unknown field"),
                          "config.zzz: unknown field"));
}

TEST(ReadConfig, SaysWhatIsWrongWithAValue) {
  EXPECT_THAT(problems_of(stream_fields(), {{"retention", "limit"}}), ElementsAre(HasSubstr("did you mean limits?")));
  EXPECT_THAT(problems_of(stream_fields(), {{"max_age", "-1s"}}), ElementsAre("config.max_age: must not be negative"));
  EXPECT_THAT(problems_of(stream_fields(), {{"max_bytes", "much"}}), ElementsAre(HasSubstr("is not a size")));
  EXPECT_THAT(problems_of(stream_fields(), {{"subjects", {"a b"}}}), ElementsAre(HasSubstr("config.subjects[0]: 'a b' contains a space")));
  EXPECT_THAT(problems_of(stream_fields(), {{"num_replicas", 1.5}}), ElementsAre(HasSubstr("must be a whole number")));
  EXPECT_THAT(problems_of(stream_fields(), {{"sources", Json::array({Json{{"nam", "S"}}})}}),
              ElementsAre(HasSubstr("config.sources[0].nam")));
  EXPECT_THAT(problems_of(consumer_fields(), {{"opt_start_time", "yesterday"}}), ElementsAre(HasSubstr("must be a time")));
  EXPECT_THAT(problems_of(consumer_fields(), {{"filter_subject", "a"}, {"filter_subjects", {"b"}}}), ElementsAre(HasSubstr("not both")));
}

TEST(ReadConfig, RefusesABareNumberThatWasMeantAsSeconds) {
  EXPECT_THAT(problems_of(stream_fields(), {{"max_age", 90}}), ElementsAre(HasSubstr("counts nanoseconds here; write 90s")));
  EXPECT_THAT(problems_of(stream_fields(), {{"max_age", 0}}), IsEmpty());
}

TEST(CheckUnset, KnowsTheFields) {
  std::vector<ConfigProblem> problems;
  check_unset(stream_fields(), {"max_agee", "max_msgs"}, {{"max_msgs", 5}}, problems);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_THAT(problems[0].message, HasSubstr("did you mean max_age?"));
  EXPECT_THAT(problems[1].message, HasSubstr("also set by config"));
}

TEST(Normalised, FillsTheServersDefaults) {
  const Json ours = normalised(stream_fields(), {{"name", "A"}});
  EXPECT_THAT(paths(changes(stream_fields(), ours, normalised(stream_fields(), fresh_stream()))), IsEmpty());
  EXPECT_EQ(ours["metadata"], Json::object());
}

TEST(Normalised, ComputesWhatTheServerComputes) {
  EXPECT_EQ(normalised(stream_fields(), {{"name", "A"}, {"max_age", 60000000000}})["duplicate_window"], 60000000000);
  EXPECT_EQ(normalised(stream_fields(), {{"name", "A"}, {"mirror", {{"name", "B"}}}})["subjects"], Json::array());
  const Json consumer =
      normalised(consumer_fields(), {{"durable_name", "C"}, {"ack_policy", "explicit"}, {"backoff", {1000000000, 2000000000}}});
  EXPECT_EQ(consumer["ack_wait"], 1000000000);
  EXPECT_EQ(consumer["max_ack_pending"], 1000);
  EXPECT_EQ(consumer["max_waiting"], 512);
  EXPECT_EQ(normalised(consumer_fields(), {{"durable_name", "C"}})["max_ack_pending"], 0);
}

TEST(Changes, IgnoreTheOrderOfSubjectsAndEmptyParts) {
  const auto& table = stream_fields();
  const Json before =
      normalised(table, {{"name", "A"}, {"subjects", {"a", "b"}}, {"placement", {{"cluster", ""}, {"tags", Json::array()}}}});
  const Json after = normalised(table, {{"name", "A"}, {"subjects", {"b", "a"}}, {"consumer_limits", Json::object()}});
  EXPECT_THAT(paths(changes(table, before, after)), IsEmpty());
}

TEST(Changes, TreatOneFilterAndAListOfOneAlike) {
  const auto& table = consumer_fields();
  const Json before = normalised(table, {{"name", "C"}, {"filter_subject", "a"}});
  EXPECT_THAT(paths(changes(table, before, normalised(table, {{"name", "C"}, {"filter_subjects", {"a"}}}))), IsEmpty());
  EXPECT_EQ(merged(table, before, {{"filter_subject", ""}})["filter_subjects"], Json::array());
}

TEST(Merged, KeepsWhatIsNotGiven) {
  const auto& table = stream_fields();
  Json current = fresh_stream();
  current["max_age"] = 3600000000000;
  current["description"] = "kept";
  const Json out = merged(table, normalised(table, current), {{"max_msgs", 5}});
  EXPECT_EQ(out["max_age"], 3600000000000);
  EXPECT_EQ(out["description"], "kept");
  EXPECT_EQ(out["max_msgs"], 5);
}

TEST(Merged, ComputesAgainWhatTheServerHadComputed) {
  const auto& table = stream_fields();
  const Json out = merged(table, normalised(table, fresh_stream()), {{"max_age", 60000000000}});
  EXPECT_EQ(out["duplicate_window"], 60000000000);  // 120 s would be refused: longer than max_age
}

TEST(Merged, UnsetGoesBackToTheDefault) {
  const auto& table = stream_fields();
  Json current = fresh_stream();
  current["max_age"] = 3600000000000;
  EXPECT_EQ(merged(table, normalised(table, current), Json::object(), {"max_age"})["max_age"], 0);
}

TEST(Merged, KeepsFieldsOfANewerServer) {
  const auto& table = stream_fields();
  Json current = fresh_stream();
  current["brand_new"] = true;
  EXPECT_EQ(to_wire(table, merged(table, normalised(table, current), {{"max_msgs", 5}}), kNewest)["brand_new"], true);
}

TEST(ToWire, LeavesOutWhatAnOldServerDoesNotKnow) {
  const Json config = normalised(stream_fields(), {{"name", "A"}});
  EXPECT_FALSE(to_wire(stream_fields(), config, 12).contains("allow_batched"));
  EXPECT_TRUE(to_wire(stream_fields(), config, 14).contains("allow_batched"));
  EXPECT_EQ(to_wire(consumer_fields(), {{"filter_subjects", {"a"}}}, kNewest)["filter_subject"], "a");
}

TEST(CheckKnown, NamesTheFieldAndTheServerItNeeds) {
  const auto check = [](const Json& config, int minor) {
    return check_known(stream_fields(), normalised(stream_fields(), config), minor, "A");
  };
  EXPECT_OK(check({{"name", "A"}}, 10));
  EXPECT_OK(check({{"name", "A"}, {"allow_msg_ttl", true}}, 11));
  const auto refused = check({{"name", "A"}, {"allow_msg_ttl", true}}, 10);
  ASSERT_THAT(refused, FailsWith(Code::unimplemented));
  EXPECT_THAT(refused.error().message, HasSubstr("allow_msg_ttl needs server 2.11"));
  const auto value = check_known(consumer_fields(), normalised(consumer_fields(), {{"priority_policy", "prioritized"}}), 11, "C");
  EXPECT_THAT(value, FailsWith(Code::unimplemented));
}

TEST(CheckChangeable, NamesTheFieldAndBothValues) {
  const std::vector<ConfigChange> all{{"storage", "file", "memory", {}}, {"max_msgs", -1, 5, {}}};
  const auto refused = check_changeable(stream_fields(), all, kNewest, "A");
  ASSERT_THAT(refused, FailsWith(Code::failed_precondition));
  EXPECT_EQ(refused.error().message, "stream A: storage cannot change from file to memory");
}

TEST(CheckChangeable, KnowsTheRulesOfEachField) {
  struct Case {
    const ConfigTable& table;
    ConfigChange change;
    int minor;
    bool allowed;
  };
  const auto& stream = stream_fields();
  const auto& consumer = consumer_fields();
  const std::vector<Case> cases{
      {stream, {"retention", "limits", "interest", {}}, kNewest, true},
      {stream, {"retention", "limits", "workqueue", {}}, kNewest, false},
      {stream, {"max_consumers", 5, 6, {}}, 14, true},
      {stream, {"max_consumers", 5, 6, {}}, 12, false},
      {stream, {"sealed", false, true, {}}, kNewest, true},
      {stream, {"deny_delete", true, false, {}}, kNewest, false},
      {stream, {"allow_msg_ttl", true, false, {}}, kNewest, false},
      {stream, {"allow_msg_counter", false, true, {}}, kNewest, false},
      {stream, {"allow_atomic", true, false, {}}, kNewest, true},
      {stream, {"mirror", Json{{"name", "S"}}, nullptr, {}}, kNewest, true},
      {stream, {"mirror", Json{{"name", "S"}}, nullptr, {}}, 11, false},
      {stream, {"mirror", Json{{"name", "S"}}, Json{{"name", "T"}}, {}}, kNewest, false},
      {stream, {"first_seq", 0, 100, {}}, kNewest, false},
      {consumer, {"ack_policy", "explicit", "all", {}}, kNewest, false},
      {consumer, {"max_deliver", -1, 5, {}}, kNewest, true},
      {consumer, {"deliver_subject", "x.y", "x.z", {}}, kNewest, true},
      {consumer, {"deliver_subject", "", "x.z", {}}, kNewest, false},
  };
  for (const auto& each : cases)
    EXPECT_EQ(check_changeable(each.table, {each.change}, each.minor, "A").has_value(), each.allowed) << each.change.to_json();
}

TEST(MayDestroy, IsAboutLowerLimitsAndTheLike) {
  const auto destroys = [](const char* path, Json from, Json to) {
    return may_destroy(stream_fields(), {path, std::move(from), std::move(to), {}});
  };
  EXPECT_TRUE(destroys("max_msgs", -1, 5));
  EXPECT_TRUE(destroys("max_age", 2, 1));
  EXPECT_FALSE(destroys("max_age", 1, 0));
  EXPECT_FALSE(destroys("max_bytes", 5, -1));
  EXPECT_TRUE(destroys("retention", "limits", "interest"));
  EXPECT_TRUE(destroys("mirror", Json{{"name", "S"}}, nullptr));
  EXPECT_FALSE(destroys("description", "a", "b"));
}

TEST(CheckLosses, SaysWhatWouldBeLostAndHowToAllowIt) {
  EXPECT_OK(check_losses(stream_fields(), {{"max_msgs", -1, 5, {}}}, "A"));
  const auto refused = check_losses(stream_fields(), {{"max_age", 3600000000000, 60000000000, "3 of 5 messages"}}, "A");
  ASSERT_THAT(refused, FailsWith(Code::failed_precondition));
  EXPECT_EQ(refused.error().message, "stream A: max_age from 1h to 1m loses 3 of 5 messages");
  EXPECT_THAT(refused.error().hint, HasSubstr("allow_destructive"));
}

TEST(Warnings, TellWhichSubjectsAndCopiesGo) {
  const auto texts = warnings(stream_fields(), {{"subjects", {"a", "b"}, {"b"}, {}}, {"num_replicas", 3, 1, {}}});
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_THAT(texts[0], HasSubstr("published to a are not stored"));
  EXPECT_THAT(texts[1], HasSubstr("1 in place of 3 copies"));
}

TEST(Tables, AreSound) {
  for (const auto* table : {&stream_fields(), &consumer_fields()}) {
    std::set<std::string> names;
    for (const auto& field : table->fields) {
      EXPECT_TRUE(names.insert(field.name).second) << field.name;
      const Json fallback = Json::parse(field.fallback, nullptr, false);
      EXPECT_FALSE(fallback.is_discarded()) << field.name;
      EXPECT_EQ(field.type == FieldType::choice, !field.choices.empty()) << field.name;
      EXPECT_EQ(field.type == FieldType::object || field.type == FieldType::objects, !field.members.empty()) << field.name;
    }
  }
}

}  // namespace
}  // namespace noetl::nats::js
