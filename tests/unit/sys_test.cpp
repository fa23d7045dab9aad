#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "support/matchers.hpp"
#include "support/temporary_directory.hpp"
#include "sys/files.hpp"
#include "sys/http.hpp"
#include "sys/net.hpp"
#include "sys/paths.hpp"
#include "sys/process.hpp"

namespace noetl::nats::sys {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::TemporaryDirectory;

Wait soon() { return Wait::for_duration(std::chrono::seconds(10)); }
Environment env(std::map<std::string, std::string> values) { return Environment(std::move(values)); }
bool eventually(const std::function<bool()>& condition) { return wait_until(soon(), condition).value_or(false); }

/// A real program to look at and to signal.
ProcessId start_sleeper(const TemporaryDirectory& folder) {
  return spawn_detached({{"/bin/sleep", "60"}, Environment::of_process(), folder / "log"}).value();
}

TEST(Files, AWriteReplacesTheWholeContentAndLeavesNothingElse) {
  const TemporaryDirectory folder;
  ASSERT_OK(write_file(folder / "f", "first, and long"));
  ASSERT_OK(write_file(folder / "f", "second"));
  EXPECT_EQ(read_file(folder / "f").value(), "second");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Files, AWriteThatFailsKeepsTheOldContent) {
  const TemporaryDirectory folder;
  std::filesystem::create_directory(folder / "d");  // rename over a directory fails
  EXPECT_FALSE(write_file(folder / "d", "text").has_value());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  EXPECT_THAT(write_file(folder.path() / "absent" / "f", "text"), FailsWith(Code::not_found));
}

TEST(Files, AFileInThePlaceOfADirectoryIsSaid) {
  const TemporaryDirectory folder;
  ASSERT_OK(write_file(folder / "f", ""));
  const auto made = make_directories(folder.path() / "f" / "sub");
  ASSERT_THAT(made, FailsWith(Code::failed_precondition));
  EXPECT_THAT(made.error().message, HasSubstr((folder / "f").string()));
}

TEST(Files, ATailBeginsWithAWholeLine) {
  const TemporaryDirectory folder;
  ASSERT_OK(write_file(folder / "f", "one\ntwo\nthree\n"));
  const auto tail = read_tail(folder / "f", 8).value();
  EXPECT_EQ(tail.text, "three\n");
  EXPECT_FALSE(tail.whole);
  EXPECT_TRUE(read_tail(folder / "f", 100).value().whole);
  EXPECT_EQ(read_tail(folder / "f", 2).value().text, "");
}

TEST(Files, ALockKeepsOthersOutUntilItIsGone) {
  const TemporaryDirectory folder;
  std::optional<FileLock> first = FileLock::take(folder / "lock", soon()).value();
  int holder = 0;
  const auto refused = FileLock::take(folder / "lock", Wait::for_duration(std::chrono::milliseconds(50)), [&](int pid) { holder = pid; });
  EXPECT_THAT(refused, FailsWith(Code::deadline_exceeded));
  EXPECT_EQ(holder, getpid());
  first.reset();
  EXPECT_OK(FileLock::take(folder / "lock", soon()));
}

TEST(Processes, ADetachedProgramLivesOnItsOwn) {
  const TemporaryDirectory folder;
  const auto sleeper = start_sleeper(folder);
  EXPECT_TRUE(is_running(sleeper));
  EXPECT_EQ(command_line_of(sleeper.pid), (std::vector<std::string>{"/bin/sleep", "60"}));
  EXPECT_EQ(getsid(sleeper.pid) == getsid(0), false);
  EXPECT_EQ(waitpid(sleeper.pid, nullptr, WNOHANG), -1);  // not our child: it cannot become our zombie
  EXPECT_TRUE(send_signal(sleeper, SIGKILL).value());
  EXPECT_TRUE(eventually([&] { return !is_running(sleeper); }));
  EXPECT_FALSE(send_signal(sleeper, SIGKILL).value());
}

TEST(Processes, AReusedPidIsAnotherProcess) {
  const TemporaryDirectory folder;
  const auto sleeper = start_sleeper(folder);
  ProcessId before = sleeper;
  before.start -= 1;  // as recorded for a process that had this pid earlier
  EXPECT_FALSE(is_running(before));
  EXPECT_FALSE(send_signal(before, SIGKILL).value());
  EXPECT_TRUE(is_running(sleeper));
  ProcessId other_boot = sleeper;
  other_boot.boot = "of yesterday";
  EXPECT_FALSE(send_signal(other_boot, SIGKILL).value());
  EXPECT_TRUE(send_signal(sleeper, SIGKILL).value());
}

TEST(Processes, AZombieDoesNotRun) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  EXPECT_TRUE(eventually([&] { return !process_of(child); }));
  EXPECT_EQ(waitpid(child, nullptr, 0), child);
}

TEST(Processes, OpenFilesOfOursAreNotHandedOn) {
  const TemporaryDirectory folder;
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);  // without CLOEXEC, as some libraries open theirs
  const auto sleeper = start_sleeper(folder);
  close(ends[1]);
  char byte = 0;
  EXPECT_EQ(read(ends[0], &byte, 1), 0);  // the end: nobody else holds the other side
  close(ends[0]);
  EXPECT_TRUE(send_signal(sleeper, SIGKILL).value());
}

TEST(Processes, AProgramThatIsNotThereIsNamed) {
  const TemporaryDirectory folder;
  const auto started = spawn_detached({{"/no/such/program"}, Environment{}, folder / "log"});
  ASSERT_THAT(started, FailsWith(Code::not_found));
  EXPECT_THAT(started.error().message, HasSubstr("/no/such/program"));
}

TEST(Processes, OutputAndExitCodeAreTaken) {
  const auto finished = run_program({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, Environment::of_process(), soon()).value();
  EXPECT_EQ(finished.out, "out\n");
  EXPECT_EQ(finished.err, "err\n");
  EXPECT_EQ(finished.exit_code, 3);
}

TEST(Processes, AProgramThatTakesTooLongIsEnded) {
  EXPECT_THAT(run_program({"/bin/sleep", "60"}, Environment::of_process(), Wait::for_duration(std::chrono::milliseconds(50))),
              FailsWith(Code::deadline_exceeded));
  Cancel cancel;
  cancel.request();
  EXPECT_THAT(run_program({"/bin/sleep", "60"}, Environment::of_process(), Wait::for_duration(std::chrono::seconds(60), &cancel)),
              FailsWith(Code::cancelled));
}

TEST(Ports, ABusyPortIsSeenWithItsListener) {
  const int port = free_port("127.0.0.1").value();
  EXPECT_TRUE(port_is_free("127.0.0.1", port).value());
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  EXPECT_FALSE(port_is_free("127.0.0.1", port).value());
  ASSERT_TRUE(listener_on(port).has_value());
  EXPECT_EQ(listener_on(port)->pid, getpid());
  EXPECT_THAT(port_is_free("192.0.2.1", port), FailsWith(Code::invalid_argument));

  // Nobody answers on that connection: the wait ends at its deadline.
  const auto before = Clock::now();
  EXPECT_THAT(http_get("http://127.0.0.1:" + std::to_string(port) + "/", Wait::for_duration(std::chrono::milliseconds(200))),
              FailsWith(Code::deadline_exceeded));
  EXPECT_LT(Clock::now() - before, std::chrono::seconds(2));
  close(listener);
  EXPECT_THAT(http_get("http://127.0.0.1:" + std::to_string(port) + "/", soon()), FailsWith(Code::unavailable));
}

TEST(Paths, DataGoesWhereTheUserWantsIt) {
  EXPECT_EQ(data_home(env({{"XDG_DATA_HOME", "/x"}, {"HOME", "/h"}})).value(), "/x");
  EXPECT_EQ(data_home(env({{"XDG_DATA_HOME", "relative"}, {"HOME", "/h"}})).value(), "/h/.local/share");
  EXPECT_THAT(data_home(Environment{}), FailsWith(Code::failed_precondition));
  EXPECT_EQ(user_path("~/a", env({{"HOME", "/h"}})), "/h/a");
  EXPECT_EQ(find_on_path("sh", env({{"PATH", "/nowhere::/bin"}})), "/bin/sh");
  EXPECT_EQ(find_on_path("no-such-program", env({{"PATH", "/bin"}})), std::nullopt);
}

}  // namespace
}  // namespace noetl::nats::sys
