#include "sys/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "sys/descriptor.hpp"
#include "sys/errors.hpp"

namespace noetl::nats::sys {
namespace {

constexpr std::size_t kMostOutput = 1U << 20U;

/// A null-terminated array of C strings, as exec wants it. The texts must stay where they are.
class CStrings {
 public:
  explicit CStrings(std::vector<std::string> texts) : texts_(std::move(texts)) {
    for (auto& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  CStrings(const CStrings&) = delete;
  CStrings& operator=(const CStrings&) = delete;
  [[nodiscard]] char* const* get() const { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

std::vector<std::string> entries_of(const Environment& environment) {
  std::vector<std::string> entries;
  for (const auto& [name, value] : environment.all()) entries.push_back(name + "=" + value);
  return entries;
}

struct Pipe {
  Descriptor read_end, write_end;
};
Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "cannot make a pipe");
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// What the child tells through the pipe: its pid, and errno when it could not become the program.
struct Report {
  pid_t pid = 0;
  int error = 0;
};

/// Runs in the child between fork and exec, where only async-signal-safe calls are allowed.
[[noreturn]] void become(char* const* argv, char* const* environment, int log, int null, int report_to) {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);  // SIGHUP or SIGPIPE may be ignored in us
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  Report report{getpid(), 0};
  (void)!write(report_to, &report, sizeof report);
  const bool ready = dup2(null, STDIN_FILENO) >= 0 && dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0 && chdir("/") == 0;
  // A pipe that stays open in the server would keep those waiting who read until its end.
#ifdef SYS_close_range
  constexpr unsigned kMarkOnly = 4;  // CLOSE_RANGE_CLOEXEC
  const bool marked = syscall(SYS_close_range, 3U, ~0U, kMarkOnly) == 0;
#else
  const bool marked = false;
#endif
  if (!marked)
    for (int fd = 3; fd < 4096; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (ready) execve(argv[0], argv, environment);
  report.error = errno;
  (void)!write(report_to, &report, sizeof report);
  _exit(127);
}

/// Reads all reports of the child; the pipe ends when exec succeeds or the child dies.
Report read_reports(int fd) {
  Report report;
  Report next;
  for (;;) {
    const auto got = read(fd, &next, sizeof next);
    if (got < 0 && errno == EINTR) continue;
    if (got != static_cast<ssize_t>(sizeof next)) return report;
    report = next;
  }
}

void reap(pid_t child) {
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

/// Adds what is there to `text`; false at the end of the pipe.
bool take_output(int fd, std::string& text) {
  std::array<char, 8192> block{};
  const auto got = read(fd, block.data(), block.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (text.size() < kMostOutput) text.append(block.data(), static_cast<std::size_t>(got));
  return got > 0;
}

/// Reads both pipes to their ends.
Result<void> take_outputs(Pipe& out, Pipe& err, Finished& finished, const Wait& wait) {
  while (out.read_end || err.read_end) {
    if (wait.cancelled()) return cancelled();
    if (wait.expired()) return fail(Code::deadline_exceeded, "");
    std::array<pollfd, 2> polled{{{out.read_end.get(), POLLIN, 0}, {err.read_end.get(), POLLIN, 0}}};
    const auto slice = std::chrono::duration_cast<std::chrono::milliseconds>(wait.slice()).count();
    if (poll(polled.data(), polled.size(), static_cast<int>(slice) + 1) <= 0) continue;
    if (polled[0].revents != 0 && !take_output(out.read_end.get(), finished.out)) out.read_end.close();
    if (polled[1].revents != 0 && !take_output(err.read_end.get(), finished.err)) err.read_end.close();
  }
  return {};
}

}  // namespace

Result<ProcessId> spawn_detached(const Detached& program) {
  const CStrings argv(program.argv);
  const CStrings environment(entries_of(program.environment));
  const Descriptor log(open(program.log_file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!log) return fail_errno(errno, fmt::format("cannot write {}", program.log_file.string()));
  const Descriptor null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null) return fail_errno(errno, "cannot open /dev/null");
  NN_TRY(auto pipe, make_pipe());
  const pid_t child = fork();
  if (child < 0) return fail_errno(errno, "cannot start a process");
  if (child == 0) {
    setsid();
    const pid_t grandchild = fork();  // its parent ends at once: it belongs to the system then
    if (grandchild == 0) become(argv.get(), environment.get(), log.get(), null.get(), pipe.write_end.get());
    const Report failed{0, errno};
    if (grandchild < 0) (void)!write(pipe.write_end.get(), &failed, sizeof failed);
    _exit(0);
  }
  pipe.write_end.close();
  const Report report = read_reports(pipe.read_end.get());
  reap(child);
  if (report.error != 0) return fail_errno(report.error, fmt::format("cannot start {}", program.argv.front()));
  if (auto process = process_of(report.pid)) return *process;
  return ProcessId{report.pid, 0, ""};  // it has ended already: no process that runs equals this
}

Result<Finished> run_program(const std::vector<std::string>& argv, const Environment& environment, const Wait& wait) {
  const CStrings arguments(argv);
  const CStrings variables(entries_of(environment));
  NN_TRY(auto out, make_pipe());
  NN_TRY(auto err, make_pipe());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write_end.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write_end.get(), STDERR_FILENO);
  pid_t child = 0;
  const int problem = posix_spawn(&child, argv.front().c_str(), &actions, nullptr, arguments.get(), variables.get());
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) return fail_errno(problem, fmt::format("cannot start {}", argv.front()));
  out.write_end.close();
  err.write_end.close();
  Finished finished;
  const auto taken = take_outputs(out, err, finished, wait);
  if (!taken) kill(child, SIGKILL);  // ours and not reaped yet: the pid cannot belong to anybody else
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!taken && taken.error().code == Code::deadline_exceeded)
    return fail(Code::deadline_exceeded, fmt::format("{} did not end in time", argv.front()));
  NN_CHECK(taken);
  if (WIFEXITED(status)) finished.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) finished.signal = WTERMSIG(status);
  return finished;
}

}  // namespace noetl::nats::sys
