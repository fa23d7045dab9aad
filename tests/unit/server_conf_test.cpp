#include "deploy/server_conf.hpp"

#include "deploy/server_binary.hpp"
#include "support/matchers.hpp"
#include "support/server.hpp"
#include "support/temporary_directory.hpp"
#include "sys/files.hpp"

namespace noetl::nats::deploy {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::Not;

ServerSpec spec() {
  ServerSpec spec;
  spec.instance = "a";
  spec.store_dir = "/tmp/data";
  spec.log_file = "/tmp/log";
  spec.pid_file = "/tmp/pid";
  return spec;
}

/// What the real server says of a configuration.
Result<std::string> checked_by_server(const Json& config) {
  const testing::TemporaryDirectory folder;
  NN_TRY(const auto text, render(config));
  NN_CHECK(sys::write_file(folder / "nats.conf", text));
  return check_config(testing::server_binary(), folder / "nats.conf", Environment::of_process(),
                      Wait::for_duration(std::chrono::seconds(20)));
}

TEST(ServerConf, DefaultsAreAccountsWithJetStreamOnTheLoopback) {
  const Json config = config_of(spec()).value();
  EXPECT_EQ(config["host"], "127.0.0.1");
  EXPECT_EQ(config["port"], 4222);
  EXPECT_EQ(config["http"], "127.0.0.1:8222");
  EXPECT_EQ(config["system_account"], "$SYS");
  EXPECT_EQ(config["accounts"]["$SYS"]["users"][0]["user"], "sys");
  EXPECT_FALSE(config["accounts"]["$SYS"].contains("jetstream"));
  EXPECT_EQ(config["accounts"]["NOETL"]["jetstream"], "enabled");
  EXPECT_EQ(config["accounts"]["NOETL"]["users"][0]["password"], "noetl");
  EXPECT_EQ(config["jetstream"]["max_memory_store"], 1073741824);
  EXPECT_EQ(config["jetstream"]["max_file_store"], 5368709120);
  EXPECT_OK(checked_by_server(config));
}

TEST(ServerConf, AnyTextSurvivesTheServersParser) {
  ServerSpec odd = spec();
  odd.password = Secret("a\"b\\c $HOME #x ; {}\t\n\x01 ü 100k true");
  odd.user = "$USER";
  odd.store_dir = "/tmp/with blank and \"quotes\"";
  odd.accounts = {{"we\"ird", {{"users", Json::array({{{"user", "u"}, {"password", "$2a$11$abc"}}})}}}};
  EXPECT_OK(checked_by_server(config_of(odd).value()));
}

TEST(ServerConf, TextIsNeverANumberAVariableOrAnInclude) {
  EXPECT_EQ(render({{"a", "12"}, {"b", "$X"}, {"include", "f"}, {"c", "x\ny"}}).value().substr(render(Json::object()).value().size()),
            "a: \"12\"\nb: \"$X\"\n\"include\": \"f\"\nc: \"x\\x0Ay\"\n");
  EXPECT_EQ(render({{"f", 0.1}, {"g", 1e-7}, {"h", 2.0}}).value().substr(render(Json::object()).value().size()),
            "f: 0.1\ng: 0.0000001\nh: 2.0\n");
}

TEST(ServerConf, ANameThatCannotBeWrittenIsRefused) {
  EXPECT_THAT(render({{"a\"b'c", 1}}), FailsWith(Code::invalid_argument));
  EXPECT_THAT(render({{"a\nb", 1}}), FailsWith(Code::invalid_argument));
  EXPECT_THAT(render({{"", 1}}), FailsWith(Code::invalid_argument));
  EXPECT_THAT(render({{"list", Json::array({nullptr})}}), FailsWith(Code::invalid_argument));
}

TEST(ServerConf, ConfigIsMergedAndNullTakesOut) {
  ServerSpec more = spec();
  more.config = {{"max_payload", 2000000}, {"lame_duck_duration", nullptr}, {"jetstream", {{"max_outstanding_catchup", 1000000}}}};
  const Json config = config_of(more).value();
  EXPECT_EQ(config["max_payload"], 2000000);
  EXPECT_FALSE(config.contains("lame_duck_duration"));
  EXPECT_EQ(config["jetstream"]["store_dir"], "/tmp/data");
  EXPECT_EQ(config["jetstream"]["max_outstanding_catchup"], 1000000);
  EXPECT_OK(checked_by_server(config));
}

TEST(ServerConf, TextThatMeansANumberOrBooleanInConfigIsOne) {
  ServerSpec texts = spec();
  texts.config = {{"max_payload", "2000000"}, {"debug", "true"}, {"ping_interval", "10s"}, {"mqtt", {{"token", "12345"}}}};
  const Json config = config_of(texts).value();
  EXPECT_EQ(config["max_payload"], 2000000);
  EXPECT_EQ(config["debug"], true);
  EXPECT_EQ(config["ping_interval"], "10s");
  EXPECT_EQ(config["mqtt"]["token"], "12345");
}

TEST(ServerConf, WhatHasAParameterIsRefusedInConfigAllAtOnce) {
  ServerSpec wrong = spec();
  wrong.config = {{"Port", 1}, {"log_file", "x"}, {"jetstream", {{"store", "x"}}}};
  wrong.sync_interval = "often";
  const auto config = config_of(wrong);
  ASSERT_THAT(config, FailsWith(Code::invalid_argument));
  EXPECT_EQ(config.error().details["problems"].size(), 4U);
  EXPECT_THAT(config.error().details.dump(), HasSubstr("the parameter port"));
}

TEST(ServerConf, UsersAreAddedToOurs) {
  ServerSpec more = spec();
  more.accounts = {{"NOETL", {{"users", Json::array({{{"user", "app"}, {"password", "x"}}})}, {"jetstream", {{"max_store", 1000}}}}},
                   {"APP", {{"jetstream", "enabled"}, {"users", Json::array({{{"user", "other"}, {"password", "y"}}})}}}};
  const Json config = config_of(more).value();
  ASSERT_EQ(config["accounts"]["NOETL"]["users"].size(), 2U);
  EXPECT_EQ(config["accounts"]["NOETL"]["users"][0]["user"], "noetl");
  EXPECT_EQ(config["accounts"]["NOETL"]["jetstream"]["max_store"], 1000);
  EXPECT_EQ(config["accounts"]["APP"]["users"].size(), 1U);
  EXPECT_OK(checked_by_server(config));
}

TEST(ServerConf, AConfigurationThatTheServerRefusesIsQuoted) {
  ServerSpec wrong = spec();
  wrong.config = {{"max_paylod", 1}};
  const auto answer = checked_by_server(config_of(wrong).value());
  ASSERT_THAT(answer, FailsWith(Code::invalid_argument));
  EXPECT_THAT(answer.error().message, HasSubstr("unknown field \"max_paylod\""));
  wrong.config = {{"max_payload", "large"}};
  EXPECT_THAT(checked_by_server(config_of(wrong).value()).error().message, HasSubstr("configuration: max_payload: "));
}

TEST(ServerConf, ChangesNameTheirPathAndHideSecrets) {
  ServerSpec changed = spec();
  changed.port = 5222;
  changed.password = Secret("planted-secret");
  changed.config = {{"max_payload", 5}, {"mqtt", {{"token", "planted-secret"}}}};
  const Json changes = config_changes(config_of(spec()).value(), config_of(changed).value());
  EXPECT_THAT(changes.dump(), Not(HasSubstr("planted-secret")));
  EXPECT_EQ(changes[0], Json({{"path", "port"}, {"from", 4222}, {"to", 5222}}));
  EXPECT_EQ(changes[1]["path"], "accounts.NOETL.users");
  EXPECT_EQ(changes[2], Json({{"path", "max_payload"}, {"from", nullptr}, {"to", 5}}));
  EXPECT_EQ(changes.size(), 4U);
  EXPECT_TRUE(config_changes(config_of(spec()).value(), config_of(spec()).value()).empty());
}

TEST(ServerConf, OnlySomeChangesReload) {
  const auto change = [](const char* path, Json from, Json to) { return Json::array({{{"path", path}, {"from", from}, {"to", to}}}); };
  EXPECT_TRUE(can_reload(change("accounts.NOETL.users", 1, 2), "2.10.0"));
  EXPECT_FALSE(can_reload(change("port", 1, 2), "2.15.1"));
  EXPECT_TRUE(can_reload(change("jetstream.max_file_store", 1, 2), "2.15.1"));
  EXPECT_FALSE(can_reload(change("jetstream.max_file_store", 1, 2), "2.14.9"));
  EXPECT_FALSE(can_reload(change("jetstream.max_file_store", 2, 1), "2.15.1"));
  EXPECT_FALSE(can_reload(change("jetstream.max_memory_store", 1, 2), "2.15.1"));
}

TEST(ServerConf, VersionsCompareAsNumbers) {
  EXPECT_LT(compare_versions("2.9.25", "2.15.1"), 0);
  EXPECT_GT(compare_versions("2.15.2", "2.15.1"), 0);
  EXPECT_EQ(compare_versions("2.15.1", "2.15.1"), 0);
}

}  // namespace
}  // namespace noetl::nats::deploy
