#include "deploy/running.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <charconv>

#include "base/units.hpp"
#include "deploy/log_lines.hpp"
#include "jetstream/api.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"
#include "wire/connection.hpp"

namespace noetl::nats::deploy {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLameDuckTime{40};  // the server's own takes at most 30 s (server_conf.cpp)
constexpr seconds kTermTime{15};
constexpr seconds kKillTime{5};
constexpr seconds kReloadTime{5};
constexpr milliseconds kPause{20};
constexpr seconds kFirstWord{3};  // before that nobody wonders
constexpr seconds kNextWord{10};

bool has_our_config(pid_t pid, const Paths& paths) {
  const auto arguments = sys::command_line_of(pid);
  return std::find(arguments.begin(), arguments.end(), paths.config.string()) != arguments.end();
}

std::optional<sys::ProcessId> process_of_pid_file(const Paths& paths) {
  const auto text = sys::read_file(paths.pid_file);
  pid_t pid = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), pid).ec != std::errc()) return std::nullopt;
  auto process = sys::process_of(pid);
  if (!process || !has_our_config(pid, paths)) return std::nullopt;
  return process;
}

Error ended(const sys::ProcessId& process, const Paths& paths, std::int64_t log_start) {
  const auto lines = last_problems(paths.log, log_start);
  Error error{Code::failed_precondition, fmt::format("nats-server (pid {}) ended while it started", process.pid),
              fmt::format("its log: {}", paths.log.string())};
  if (!lines.empty()) error.message += ": " + parse_log_line(lines.back()).text;
  error.details["log"] = lines;
  return error;
}

Error not_ready(const sys::ProcessId& process, const Error& last, const Paths& paths, std::int64_t log_start) {
  Error error{Code::deadline_exceeded,
              fmt::format("JetStream does not answer for the user of the instance yet; nats-server (pid {}) runs; last seen: {}",
                          process.pid, last.message),
              "a large store takes its time: give more by wait_ms; noetl-nats logs shows what the server does"};
  error.details["log"] = last_problems(paths.log, log_start);
  return error;
}

/// What passes while a server starts. A wrong login or an account without JetStream does not.
bool may_pass(Code code) { return code == Code::unavailable || code == Code::deadline_exceeded; }

Result<void> ask_jetstream(const Record& record, const Wait& wait) {
  NN_TRY(const auto connection, wire::Connection::open(user_options(record), wait));
  js::Api api(*connection);
  NN_CHECK(api.account(wait));
  return {};
}

/// Sends a signal and waits for the end of the process. True when it has ended.
Result<bool> end_by(const sys::ProcessId& process, int signal, const Wait& wait) {
  NN_TRY(const bool sent, sys::send_signal(process, signal));
  if (!sent) return true;
  return wait_until(
      wait, [&] { return !sys::is_running(process); }, kPause);
}

wire::Options options_of(const Record& record, const std::string& user, const Secret& password) {
  wire::Options options;
  options.servers = record.urls;
  options.user = user;
  options.password = password;
  options.connect_timeout = seconds(2);
  return options;
}

}  // namespace

std::optional<sys::ProcessId> running_process(const std::optional<Record>& record, const Paths& paths) {
  if (record && record->process && sys::is_running(*record->process)) return record->process;
  return process_of_pid_file(paths);
}

Result<sys::ProcessId> start_server(const std::string& binary, const Paths& paths, const Environment& environment) {
  return sys::spawn_detached({{binary, "-c", paths.config.string()}, environment, paths.log});
}

Result<void> wait_until_ready(const Record& record, const sys::ProcessId& process, const Paths& paths, std::int64_t log_start,
                              const Surroundings& surroundings) {
  Error last{Code::unavailable, "nothing yet"};
  bool hopeless = false;
  auto next_word = Clock::now() + kFirstWord;
  const auto done = [&] {
    auto answer = ask_jetstream(record, surroundings.wait.at_most(seconds(2)));
    if (answer && sys::is_running(process)) return true;  // and not another server on that port
    last = answer ? Error{Code::unavailable, "another server answers"} : std::move(answer).error();
    hopeless = !sys::is_running(process) || !may_pass(last.code);
    if (!hopeless && Clock::now() >= next_word) {
      surroundings.say(fmt::format("waiting for JetStream: {}", last.message));
      next_word = Clock::now() + kNextWord;
    }
    return hopeless;
  };
  NN_TRY(const bool over, wait_until(surroundings.wait, done, kPause));
  if (over && !hopeless) return {};
  if (!sys::is_running(process)) return fail(ended(process, paths, log_start));
  return fail(hopeless ? last : not_ready(process, last, paths, log_start));
}

Result<bool> reload_server(const Record& before, const Record& after, const sys::ProcessId& process, const Wait& wait) {
  const Wait limit = wait.at_most(kReloadTime);
  const auto vars_before = server_vars(before, limit);
  if (!vars_before && vars_before.error().code == Code::cancelled) return fail(vars_before.error());
  if (!vars_before) return false;
  NN_TRY(const bool sent, sys::send_signal(process, SIGHUP));
  if (!sent) return false;
  const auto taken_over = [&] {
    const auto vars = server_vars(after, limit);
    if (!vars) return false;  // also while only the old login is known
    if (!after.config_digest.empty() && vars->contains("config_digest")) return (*vars)["config_digest"] == after.config_digest;
    return vars->value("config_load_time", "") != vars_before->value("config_load_time", "");
  };
  return wait_until(limit, taken_over, kPause);
}

Result<void> stop_server(const sys::ProcessId& process, const Surroundings& surroundings) {
  const Wait& wait = surroundings.wait;
  NN_TRY(bool gone, end_by(process, SIGUSR2, wait.at_most(std::min<Clock::duration>(kLameDuckTime, wait.remaining() / 2))));
  if (gone) return {};
  surroundings.say("clients stay connected: closing them");
  NN_TRY(gone, end_by(process, SIGTERM, wait.at_most(std::min<Clock::duration>(kTermTime, wait.remaining() / 2))));
  if (gone) return {};
  surroundings.say(
      fmt::format("nats-server (pid {}) does not stop: ending it by SIGKILL; JetStream recovers at its next start", process.pid));
  NN_TRY(gone, end_by(process, SIGKILL, wait.at_most(kKillTime)));
  if (gone) return {};
  return fail(Code::deadline_exceeded, fmt::format("nats-server (pid {}) does not end, not even by SIGKILL", process.pid),
              "it waits for the kernel, often for a disk: try again later");
}

Result<Json> server_vars(const Record& record, const Wait& wait) {
  NN_TRY(const auto connection, wire::Connection::open(system_options(record), wait));
  NN_TRY(const auto reply, connection->request("$SYS.REQ.SERVER.PING.VARZ", "", {}, wait));
  Json answer = Json::parse(reply.data(), nullptr, false);
  if (!answer.is_object() || !answer.contains("data")) return fail(Code::internal, "the server's answer to VARZ is not what was expected");
  return answer["data"];
}

wire::Options user_options(const Record& record) { return options_of(record, record.user, record.password); }
wire::Options system_options(const Record& record) { return options_of(record, record.sys_user, record.sys_password); }

std::vector<std::string> last_problems(const fs::path& log, std::int64_t start, std::size_t most) {
  const auto text = sys::read_after(log, start, 64 << 10);
  if (!text) return {};
  std::vector<std::string> lines;
  std::vector<std::string> problems;
  for (auto& line : split_lines(*text)) {
    if (line.empty()) continue;
    const auto level = parse_log_line(line).level;
    if (level >= LogLevel::error || level == LogLevel::unknown) problems.push_back(line);
    lines.push_back(std::move(line));
  }
  auto& chosen = problems.empty() ? lines : problems;
  if (chosen.size() > most) chosen.erase(chosen.begin(), chosen.end() - static_cast<std::ptrdiff_t>(most));
  return chosen;
}

std::int64_t log_size(const fs::path& log) {
  std::error_code error;
  const auto size = fs::file_size(log, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

}  // namespace noetl::nats::deploy
