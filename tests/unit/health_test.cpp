#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "health/checks.hpp"
#include "health/formats.hpp"
#include "health/monitoring.hpp"
#include "health/run.hpp"
#include "schema/fields.hpp"

namespace noetl::nats::health {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Thresholds read(const Json& given) {
  schema::Problems problems;
  auto out = Thresholds::read(given, "thresholds", problems);
  EXPECT_TRUE(problems.empty()) << (problems.empty() ? "" : problems[0].message);
  return out;
}

std::vector<std::string> problems_of(const Json& given) {
  schema::Problems problems;
  (void)Thresholds::read(given, "thresholds", problems);
  std::vector<std::string> texts;
  for (const auto& problem : problems) texts.push_back(problem.path + ": " + problem.message);
  return texts;
}

TEST(ThresholdsTest, MaximaCompareWithAtLeastAndMinimaWithBelow) {
  const Limit most{Bound::most, 80, 95};
  EXPECT_EQ(most.judge(79.999), Level::ok);
  EXPECT_EQ(most.judge(80), Level::warning);
  EXPECT_EQ(most.judge(95), Level::critical);
  const Limit least{Bound::least, 10, 5};
  EXPECT_EQ(least.judge(10), Level::ok);
  EXPECT_EQ(least.judge(9), Level::warning);
  EXPECT_EQ(least.judge(4), Level::critical);
}

TEST(ThresholdsTest, OneLevelAloneIsEnough) {
  const Limit only_warn{Bound::most, 50, {}};
  EXPECT_EQ(only_warn.judge(99), Level::warning);
  const Limit only_critical{Bound::most, {}, 50};
  EXPECT_EQ(only_critical.judge(50), Level::critical);
  EXPECT_EQ((Limit{}.judge(1e9)), Level::ok);
}

TEST(ThresholdsTest, ReadsUnitsOfItsKind) {
  const auto thresholds = read({{"rtt_warn", "5ms"},
                                {"stream", {{"fill_critical", "98%"}}},
                                {"server", {{"memory_warn", "1GiB"}}},
                                {"unprocessed_critical", "100"}});
  EXPECT_DOUBLE_EQ(*thresholds.of(Threshold::rtt).warn, 0.005);
  EXPECT_DOUBLE_EQ(*thresholds.of(Threshold::fill).critical, 98);
  EXPECT_DOUBLE_EQ(*thresholds.of(Threshold::server_memory).warn, 1024.0 * 1024 * 1024);
  EXPECT_DOUBLE_EQ(*thresholds.of(Threshold::unprocessed).critical, 100);
}

TEST(ThresholdsTest, ZeroAndNullAreOff) {
  const auto thresholds = read({{"pull_gap_warn", 0}, {"pull_gap_critical", nullptr}});
  EXPECT_EQ(thresholds.of(Threshold::pull_gap).judge(1e9), Level::ok);
}

TEST(ThresholdsTest, NamesOfThePeerAreKnown) {
  const auto thresholds = read({{"peer-lag-critical", 10}, {"stream", {{"msgs_critical", 3}}}, {"req_warn", "1s"}});
  EXPECT_DOUBLE_EQ(*thresholds.of(Threshold::replica_lag).critical, 10);
  EXPECT_DOUBLE_EQ(*thresholds.of(Threshold::messages_min).critical, 3);
  EXPECT_DOUBLE_EQ(*thresholds.of(Threshold::request).warn, 1);
}

TEST(ThresholdsTest, EveryProblemIsTold) {
  EXPECT_THAT(problems_of({{"rtt_wran", 1}, {"memory_warn", 1}, {"subjects_warn", 5}, {"fill_warn", "much"}, {"rtt_warn", -1}}),
              ElementsAre("thresholds.rtt_wran: unknown threshold; did you mean rtt_warn?",
                          "thresholds.memory_warn: say of which check: server.memory_warn or jetstream.memory_warn",
                          "thresholds.subjects_warn: too many or too few? subjects_max_warn or subjects_min_warn",
                          "thresholds.fill_warn: say of which check: stream.fill_warn or kv.fill_warn",
                          "thresholds.rtt_warn: must not be negative"));
}

TEST(ThresholdsTest, AParameterWinsOverTheAssetsMetadata) {
  const Json metadata{{"io.nats.monitor.msgs-critical", "100"}, {"io.nats.monitor.lag-critical", "7"}, {"other", "1"}};
  const auto given = read({{"stream", {{"messages_min_critical", 1}}}}).with_metadata("stream", metadata);
  EXPECT_DOUBLE_EQ(*given.of(Threshold::messages_min).critical, 1);
  EXPECT_DOUBLE_EQ(*given.of(Threshold::source_lag).critical, 7);
  EXPECT_DOUBLE_EQ(*Thresholds().with_metadata("stream", metadata).of(Threshold::messages_min).critical, 100);
}

TEST(ThresholdsTest, MetadataThatCannotBeReadChangesNothing) {
  const auto limit = Thresholds().with_metadata("stream", {{"io.nats.monitor.lag-critical", "soon"}}).of(Threshold::source_lag);
  EXPECT_DOUBLE_EQ(*limit.critical, 1000);
}

TEST(LevelTest, OrderAndExitCodes) {
  EXPECT_LT(Level::ok, Level::unknown);
  EXPECT_LT(Level::unknown, Level::warning);
  EXPECT_LT(Level::warning, Level::critical);
  EXPECT_THAT(
      (std::vector{exit_code_of(Level::ok), exit_code_of(Level::warning), exit_code_of(Level::critical), exit_code_of(Level::unknown)}),
      ElementsAre(0, 1, 2, 3));
  for (const auto level : {Level::ok, Level::unknown, Level::warning, Level::critical}) EXPECT_EQ(level_from(name_of(level)), level);
}

Json info_of_stream(Json config, Json state) {
  config["name"] = "S";
  return {{"config", std::move(config)}, {"state", std::move(state)}, {"cluster", {{"leader", "n1"}}}};
}

TEST(StreamCheckTest, AFullStreamThatDropsTheOldestIsFine) {
  const auto check = check_stream(info_of_stream({{"max_bytes", 100}, {"discard", "old"}}, {{"bytes", 99}}), {});
  EXPECT_EQ(check.level(), Level::ok);
  EXPECT_EQ(check.findings[0].code, "stream_at_limit");
}

TEST(StreamCheckTest, AStreamWithoutSourcesHasNoSourceFindings) {
  const auto check = check_stream(info_of_stream({}, {{"messages", 1}}), read({{"lag_critical", 1}}));
  EXPECT_EQ(check.level(), Level::ok);
}

TEST(StreamCheckTest, AMirrorThatWasNeverHeardIsCritical) {
  auto info = info_of_stream({}, Json::object());
  info["mirror"] = {{"name", "O"}, {"lag", 0}, {"active", -1}};
  EXPECT_EQ(check_stream(info, {}).level(), Level::critical);
  info["mirror"] = {{"name", "O"}, {"lag", 500}, {"active", 1000}};
  EXPECT_EQ(check_stream(info, {}).findings[0].code, "stream_source_lags");
  EXPECT_EQ(check_stream(info, {}).level(), Level::warning);
}

TEST(StreamCheckTest, ReplicasAreComparedWithTheStreamsOwnConfiguration) {
  auto info = info_of_stream({{"num_replicas", 3}}, Json::object());
  info["cluster"]["replicas"] = {{{"name", "n2"}, {"current", true}}, {{"name", "n3"}, {"current", true}}};
  EXPECT_EQ(check_stream(info, {}).level(), Level::ok);  // without any threshold given
  info["cluster"]["replicas"] = {{{"name", "n2"}, {"current", true}}, {{"name", "n3"}, {"current", false}, {"offline", true}, {"lag", 4}}};
  EXPECT_EQ(check_stream(info, {}).findings[0].code, "stream_replica_offline");
  info["cluster"] = {{"leader", "n1"}};
  EXPECT_EQ(check_stream(info, {}).findings[0].code, "stream_replicas_missing");
}

TEST(StreamCheckTest, GapsOfABucketAreNoSign) {
  const Json state{{"messages", 1}, {"num_deleted", 50000}};
  EXPECT_EQ(check_stream(info_of_stream({}, state), {}).findings[0].code, "stream_gaps");
  EXPECT_EQ(check_stream(info_of_stream({{"max_msgs_per_subject", 1}}, state), {}).level(), Level::ok);
}

TEST(StreamCheckTest, LostMessagesAreCritical) {
  const auto check = check_stream(info_of_stream({}, {{"lost", {{"msgs", {4, 5}}, {"bytes", 10}}}}), {});
  EXPECT_EQ(check.level(), Level::critical);
  EXPECT_EQ(check.findings[0].code, "stream_lost_messages");
}

TEST(JetStreamCheckTest, NoLimitIsNotZeroPercentAndTiersCountAlone) {
  const Json unlimited{{"storage", 1000}, {"limits", {{"max_storage", -1}}}};
  const auto free = check_jetstream(unlimited, "A", {});
  EXPECT_EQ(free.level(), Level::ok);
  for (const auto& perf : free.perf) EXPECT_THAT(perf.name, Not(HasSubstr("pct")));
  const Json tiers{
      {"tiers",
       {{"R1", {{"storage", 10}, {"limits", {{"max_storage", 1000}}}}}, {"R3", {{"storage", 96}, {"limits", {{"max_storage", 100}}}}}}}};
  const auto tiered = check_jetstream(tiers, "A", {});
  EXPECT_EQ(tiered.level(), Level::critical);
  EXPECT_THAT(tiered.findings[0].text, HasSubstr("R3"));
}

TEST(JetStreamCheckTest, ReservedCountsAsUsed) {
  EXPECT_EQ(check_jetstream({{"storage", 0}, {"reserved_storage", 80}, {"limits", {{"max_storage", 100}}}}, "A", {}).level(),
            Level::warning);
}

TEST(FiltersTest, Overlap) {
  EXPECT_TRUE(filters_overlap("orders.*", "orders.new"));
  EXPECT_TRUE(filters_overlap("orders.>", "*.new"));
  EXPECT_TRUE(filters_overlap("a.*.c", "a.b.*"));
  EXPECT_FALSE(filters_overlap("orders.*", "orders"));
  EXPECT_FALSE(filters_overlap("orders.>", "orders"));
  EXPECT_FALSE(filters_overlap("a.b", "a.c"));
}

Json check_json(const char* status, const char* kind, const std::string& name, const char* text, const char* hint = "") {
  return {{"check", kind},
          {"name", name},
          {"status", status},
          {"findings", {{{"level", status}, {"code", "c"}, {"text", text}, {"evidence", Json::object()}, {"hint", hint}}}},
          {"perf", Json::array()}};
}

TEST(TextTest, WorstLastWithItsHint) {
  const Json document{{"summary", "1 critical, 1 warning, 2 ok"},
                      {"duration_ms", 38.0},
                      {"checks",
                       {check_json("ok", "connection", "127.0.0.1:4222", "rtt 0.11 ms"),
                        check_json("critical", "stream", "AUDIT", "98 % of max_bytes", "purge it"),
                        check_json("warning", "consumer", "ORDERS/billing", "1 200 messages wait", "start a worker"),
                        check_json("ok", "jetstream", "NOETL", "2 streams")}}};
  EXPECT_EQ(text_of(document, false),
            " ok        connection   127.0.0.1:4222   rtt 0.11 ms\n"
            " ok        jetstream    NOETL            2 streams\n"
            " warning   consumer     ORDERS/billing   1 200 messages wait\n"
            "                                         → start a worker\n"
            " critical  stream       AUDIT            98 % of max_bytes\n"
            "                                         → purge it\n"
            "\n 1 critical, 1 warning, 2 ok in 38 ms\n");
  EXPECT_THAT(text_of(document, true), HasSubstr("\033[1;31mcritical\033[0m"));
}

TEST(TextTest, ManyOfAKindAreFolded) {
  Json checks = Json::array();
  for (int i = 0; i < 50; ++i) checks.push_back(check_json("ok", "stream", "S" + std::to_string(i), "fine"));
  for (int i = 0; i < 30; ++i) checks.push_back(check_json("critical", "consumer", "C" + std::to_string(i), "bad"));
  const auto text = text_of({{"summary", ""}, {"duration_ms", 1.0}, {"checks", checks}}, false);
  EXPECT_THAT(text, HasSubstr("stream     50    fine"));
  EXPECT_THAT(text, HasSubstr("10 more"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 1 + 20 + 2);
}

TEST(NagiosTest, OneLineEachTheWorstFirst) {
  Json connection = check_json("ok", "connection", "h:4222", "rtt 0.11 ms");
  connection["perf"] = {{{"name", "rtt"}, {"value", 0.00011}, {"unit", "s"}, {"warn", 0.5}, {"crit", 1.0}},
                        {{"name", "messages"}, {"value", 3.0}, {"unit", ""}, {"warn", nullptr}, {"crit", nullptr}}};
  const Json document{{"checks", {connection, check_json("critical", "stream", "A", "full | and\nbroken")}}};
  EXPECT_EQ(nagios_of(document),
            "CRITICAL stream A Crit:full   and broken\n"
            "OK connection h:4222 OK:rtt 0.11 ms | rtt=0.0001s;0.5000;1.0000 messages=3\n");
}

TEST(MonitoringTest, PagesAndMetrics) {
  EXPECT_FALSE(check_page("varz"));
  EXPECT_FALSE(check_page("connz?subs=1"));
  EXPECT_THAT(*check_page("conz"), HasSubstr("did you mean connz?"));
  EXPECT_TRUE(check_page("varz x"));
  const auto text =
      metrics_of({{"varz", {{"server_id", "N\"1"}, {"mem", 12}, {"jetstream", {{"config", {{"max_memory", 5}}}}}, {"urls", {1, 2}}}},
                  {"healthz", {{"status", "ok"}}}});
  EXPECT_THAT(text, HasSubstr("# TYPE gnatsd_varz_mem gauge\ngnatsd_varz_mem{server_id=\"N\\\"1\"} 12\n"));
  EXPECT_THAT(text, HasSubstr("gnatsd_varz_jetstream_config_max_memory{server_id=\"N\\\"1\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("gnatsd_healthz_status{server_id=\"N\\\"1\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("urls")));
}

}  // namespace
}  // namespace noetl::nats::health
