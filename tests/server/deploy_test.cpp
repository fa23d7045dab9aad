// A deployed server from the first deploy to the last undeploy.
#include <signal.h>
#include <sys/resource.h>

#include <fstream>
#include <future>

#include "server/deploy_fixture.hpp"
#include "sys/net.hpp"

namespace noetl::nats::deploy {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(DeployTest, TheSecondDeployChangesNothing) {
  const auto first = deployed(spec());
  EXPECT_EQ(first.action, Action::created);
  const auto second = deployed(spec());
  EXPECT_EQ(second.action, Action::unchanged);
  EXPECT_EQ(second.record.process, first.record.process);
  EXPECT_EQ(second.record.urls, first.record.urls);
  EXPECT_TRUE(second.changes.empty());
}

TEST_F(DeployTest, TheUserHasJetStreamAndNoSystemAccount) {
  const auto record = deployed(spec()).record;
  EXPECT_OK(call(user_options(record), "STREAM.CREATE.S", stream_body()));
  const Wait wait = Wait::for_duration(std::chrono::seconds(5));
  const auto user = wire::Connection::open(user_options(record), wait).value();
  EXPECT_FALSE(user->request("$SYS.REQ.SERVER.PING.VARZ", "", {}, wait).has_value());
  EXPECT_OK(server_vars(record, wait));
  EXPECT_THAT(call(system_options(record), "INFO", nullptr), FailsWith(Code::failed_precondition));
  wire::Options nobody = user_options(record);
  nobody.password = Secret("wrong");
  EXPECT_THAT(wire::Connection::open(nobody, wait), FailsWith(Code::unauthenticated));
}

TEST_F(DeployTest, APasswordOfAnyCharactersIsThePassword) {
  LocalSpec odd = spec();
  odd.server.password = Secret("a\"b\\c $HOME #x ; {} ü\t1k");  // goes through the server's parser and through CONNECT
  odd.server.user = "quo\"ted";
  const auto record = deployed(odd).record;
  EXPECT_OK(call(user_options(record), "INFO", nullptr));
  EXPECT_THAT(said, Not(HasSubstr("$HOME #x")));
}

TEST_F(DeployTest, AChangeThatReloadsKeepsTheProcess) {
  const auto before = deployed(spec()).record;
  LocalSpec changed = spec();
  changed.server.accounts = {{"APP", {{"jetstream", "enabled"}, {"users", Json::array({{{"user", "app"}, {"password", "x"}}})}}}};
  const auto after = deployed(changed);
  EXPECT_EQ(after.action, Action::reloaded);
  EXPECT_EQ(after.record.process, before.process);
  ASSERT_EQ(after.changes.size(), 1U);
  EXPECT_EQ(after.changes[0]["path"], "accounts.APP");
  wire::Options app = user_options(after.record);
  app.user = "app";
  app.password = Secret("x");
  EXPECT_OK(call(app, "INFO", nullptr));
}

TEST_F(DeployTest, ANewLoginOfBothAccountsReloads) {
  const auto before = deployed(spec()).record;
  LocalSpec changed = spec();
  changed.server.password = Secret("new");
  changed.server.sys_password = Secret("newer");
  EXPECT_EQ(deployed(changed).action, Action::reloaded);
  EXPECT_FALSE(call(user_options(before), "INFO", nullptr).has_value());
  EXPECT_OK(call(user_options(record()), "INFO", nullptr));
}

TEST_F(DeployTest, AChangeThatCannotReloadRestartsAndKeepsTheData) {
  const auto before = deployed(spec()).record;
  ASSERT_OK(call(user_options(before), "STREAM.CREATE.S", stream_body()));
  LocalSpec changed = spec();
  changed.server.sync_interval = "always";
  const auto after = deployed(changed);
  EXPECT_EQ(after.action, Action::restarted);
  EXPECT_NE(after.record.process, before.process);
  EXPECT_FALSE(sys::is_running(*before.process));
  EXPECT_EQ(after.record.urls, before.urls);
  EXPECT_OK(call(user_options(after.record), "STREAM.INFO.S", nullptr));
}

TEST_F(DeployTest, ARefusedReloadBecomesARestart) {
  LocalSpec first = spec();
  first.server.config = {{"max_payload", 1000000}};
  const auto before = deployed(first).record;
  LocalSpec changed = spec();
  changed.server.config = {{"logtime", false}, {"max_payload", 2000000}};  // reloads together
  EXPECT_EQ(deployed(changed).action, Action::reloaded);
  changed.server.max_file_store = std::int64_t{1} << 30;  // only upwards
  EXPECT_EQ(deployed(changed).action, Action::restarted);
}

TEST_F(DeployTest, ADryRunTouchesNothing) {
  LocalSpec dry = spec();
  dry.dry_run = true;
  EXPECT_EQ(deployed(dry).action, Action::created);
  EXPECT_TRUE(fs::is_empty(home.path()));
  const auto before = deployed(spec()).record;
  dry.server.domain = "hub";
  const auto plan = deployed(dry);
  EXPECT_EQ(plan.action, Action::restarted);
  EXPECT_EQ(plan.changes, Json::array({{{"path", "jetstream.domain"}, {"from", nullptr}, {"to", "hub"}}}));
  EXPECT_TRUE(sys::is_running(*before.process));
  EXPECT_EQ(record().config, before.config);
}

TEST_F(DeployTest, AKilledServerComesBackWithItsData) {
  const auto before = deployed(spec()).record;
  ASSERT_OK(call(user_options(before), "STREAM.CREATE.S", stream_body()));
  kill_hard(*before.process);
  EXPECT_FALSE(running_process(before, paths()).has_value());
  const auto after = deployed(spec());
  EXPECT_EQ(after.action, Action::started);
  EXPECT_EQ(after.record.urls, before.urls);
  EXPECT_OK(call(user_options(after.record), "STREAM.INFO.S", nullptr));
}

TEST_F(DeployTest, InstancesRunSideBySide) {
  const auto one = deployed(spec("one")).record;
  const auto two = deployed(spec("two")).record;
  ASSERT_OK(call(user_options(one), "STREAM.CREATE.S", stream_body()));
  EXPECT_THAT(call(user_options(two), "STREAM.INFO.S", nullptr), FailsWith(Code::not_found));
  ASSERT_OK(undeploy_local("one", true, false, here()));
  EXPECT_TRUE(sys::is_running(*two.process));
}

TEST_F(DeployTest, TwoDeploysAtOnceMakeOneServer) {
  const auto deploy = [&] {
    const Surroundings quiet{environment, Wait::for_duration(std::chrono::seconds(30))};
    return deploy_local(spec(), quiet);
  };
  auto other = std::async(std::launch::async, deploy);
  const auto first = deploy();
  const auto second = other.get();
  ASSERT_OK(first);
  ASSERT_OK(second);
  EXPECT_EQ(first->record.process, second->record.process);
  EXPECT_THAT((std::vector{first->action, second->action}), ::testing::UnorderedElementsAre(Action::created, Action::unchanged));
}

TEST_F(DeployTest, DataIsNotLeftBehindForAnotherPlace) {
  const auto before = deployed(spec()).record;
  LocalSpec moved = spec();
  moved.server.store_dir = (home / "elsewhere").string();
  EXPECT_THAT(deploy_local(moved, here()), FailsWith(Code::failed_precondition));
  EXPECT_TRUE(sys::is_running(*before.process));
}

TEST_F(DeployTest, UndeployKeepsTheDataUnlessPurged) {
  const auto before = deployed(spec()).record;
  ASSERT_OK(call(user_options(before), "STREAM.CREATE.S", stream_body()));
  const auto kept = undeploy_local("t", false, false, here()).value();
  EXPECT_TRUE(kept.found);
  EXPECT_FALSE(sys::is_running(*before.process));
  EXPECT_THAT(kept.kept, Contains(HasSubstr("data")));
  EXPECT_FALSE(load_record("t", environment).value().has_value());
  EXPECT_FALSE(fs::exists(paths().password_file));
  EXPECT_FALSE(undeploy_local("t", false, false, here()).value().found);

  EXPECT_EQ(deployed(spec()).action, Action::started);
  EXPECT_OK(call(user_options(record()), "STREAM.INFO.S", nullptr));
  const auto purged = undeploy_local("t", true, false, here()).value();
  EXPECT_THAT(purged.kept, IsEmpty());
  EXPECT_FALSE(fs::exists(paths().directory));
  EXPECT_FALSE(undeploy_local("t", true, false, here()).value().found);
}

TEST_F(DeployTest, PurgeLeavesOtherFilesOfAChosenStoreAlone) {
  LocalSpec elsewhere = spec();
  elsewhere.server.store_dir = (home / "store").string();
  (void)deployed(elsewhere);
  std::ofstream(home.path() / "store" / "mine") << "keep";
  ASSERT_OK(undeploy_local("t", true, false, here()));
  EXPECT_TRUE(fs::exists(home.path() / "store" / "mine"));
  EXPECT_FALSE(fs::exists(home.path() / "store" / "jetstream"));
}

TEST_F(DeployTest, ConnectedClientsAreToldAndDoNotHoldUpTheEnd) {
  const auto record = deployed(spec()).record;
  const auto client = wire::Connection::open(user_options(record), Wait::for_duration(std::chrono::seconds(5))).value();
  const auto start = Clock::now();
  ASSERT_OK(undeploy_local("t", false, false, here()));
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
}

TEST_F(DeployTest, AServerThatHangsIsEndedAllTheSame) {
  const auto record = deployed(spec()).record;
  ASSERT_TRUE(sys::send_signal(*record.process, SIGSTOP).value());
  ASSERT_OK(undeploy_local("t", false, false, here(std::chrono::seconds(2))));
  EXPECT_FALSE(sys::is_running(*record.process));
  EXPECT_THAT(said, HasSubstr("SIGKILL"));
}

TEST_F(DeployTest, RestartMakesANewProcessWithTheSameSettings) {
  const auto before = deployed(spec()).record;
  const auto after = restart_local("t", here());
  ASSERT_OK(after);
  EXPECT_NE(after->process, before.process);
  EXPECT_EQ(after->config, before.config);
  kill_hard(*after->process);
  EXPECT_OK(restart_local("t", here()));
  EXPECT_THAT(restart_local("none", here()), FailsWith(Code::not_found));
}

TEST_F(DeployTest, ACancelledDeployIsTakenUpByTheNext) {
  Cancel cancel;
  cancel.request();
  const Surroundings stopped{environment, Wait::for_duration(std::chrono::seconds(30), &cancel)};
  EXPECT_THAT(deploy_local(spec(), stopped), FailsWith(Code::cancelled));
  EXPECT_OK(deploy_local(spec(), here()));
}

}  // namespace
}  // namespace noetl::nats::deploy
