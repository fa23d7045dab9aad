// noetl-nats run: `noetl run` with native NATS steps, for any noetl binary.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <iostream>

#include "noetl/commands.hpp"
#include "noetl/plan.hpp"
#include "sys/descriptor.hpp"
#include "sys/paths.hpp"

namespace noetl::nats::playbook {
namespace {

void complain(const Error& error) {
  std::cerr << "Error: " << error.message << "\n";
  if (!error.hint.empty()) std::cerr << "hint: " << error.hint << "\n";
}

Result<std::filesystem::path> engine(const Environment& environment) {
  if (const auto given = environment.get("NOETL_BIN")) return std::filesystem::path(*given);
  if (const auto found = sys::find_on_path("noetl", environment)) return *found;
  return fail(Code::not_found, "noetl is not on PATH", "pip install noetl, or set NOETL_BIN to the binary");
}

// Ctrl-C reaches the engine as well (same terminal); SIGTERM is handed on. It ends the run, and we clean up behind it.
// Handlers rather than SIG_IGN, which the engine would inherit.
volatile pid_t running = -1;  // NOLINT: a signal handler can reach nothing else

extern "C" void on_interrupt(int) {}
extern "C" void on_terminate(int) {
  if (running > 0) kill(running, SIGTERM);
}

void outlive_signals() {
  struct sigaction action {};
  sigemptyset(&action.sa_mask);
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  action.sa_handler = on_terminate;
  sigaction(SIGTERM, &action, nullptr);
}

/// An inheritable copy of standard error: steps write progress there although the engine hides their output.
sys::Descriptor terminal_copy() { return sys::Descriptor(fcntl(STDERR_FILENO, F_DUPFD, 3)); }

struct Child {
  pid_t pid = -1;
  sys::Descriptor output;  ///< standard output, when it is captured
};

Result<Child> start(const std::filesystem::path& program, const std::vector<std::string>& arguments, const Environment& environment,
                    bool capture) {
  Environment inherited = environment;
  inherited.set("NOETL_NATS_HOOK", "0");  // lowered already
  std::vector<std::string> variables;
  for (const auto& [name, value] : inherited.all()) variables.push_back(name + "=" + value);
  std::vector<std::string> texts{program.string()};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv, envp;
  for (auto& text : texts) argv.push_back(text.data());
  for (auto& text : variables) envp.push_back(text.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);

  Child child;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  int ends[2] = {-1, -1};
  if (capture && pipe2(ends, O_CLOEXEC) == 0) {
    child.output = sys::Descriptor(ends[0]);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  }
  const sys::Descriptor writing(ends[1]);
  const int problem = posix_spawn(&child.pid, program.c_str(), &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) return fail(Code::failed_precondition, fmt::format("cannot start {}: {}", program.string(), std::strerror(problem)));
  return child;
}

std::string read_all(int fd) {
  std::string text;
  char buffer[65536];
  while (true) {
    const auto got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int run_command(const std::vector<std::string>& arguments, const Environment& environment) {
  std::vector<std::string> all{"run"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const auto program = engine(environment);
  if (!program) return complain(program.error()), exit_status(program.error().code);

  const sys::Descriptor terminal = terminal_copy();
  const auto plan = plan_command_line(all, {environment, sys::own_file(), terminal.get()});
  if (!plan) return complain(plan.error()), 1;
  outlive_signals();
  const bool capture = *plan && (*plan)->capture();
  auto child = start(*program, *plan ? (*plan)->arguments() : all, environment, capture);
  if (!child) return complain(child.error()), 1;
  running = child->pid;
  if (capture) std::cout << (*plan)->restored(read_all(child->output.get())) << std::flush;
  const int status = wait_for(child->pid);
  if (status == 0 && *plan) std::cout << (*plan)->epilogue() << std::flush;
  if (!std::cout) return std::cerr << "Error: standard output cannot be written\n", 1;
  return status;
}

}  // namespace noetl::nats::playbook
