// The server process of an instance: finding it, starting, watching, stopping it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/wait.hpp"
#include "deploy/instance.hpp"
#include "sys/linux.hpp"
#include "wire/options.hpp"

namespace noetl::nats::deploy {

/// The environment of a deploy operation: what it may see, how long it may take, whom it tells.
struct Surroundings {
  const Environment& environment;
  Wait wait;
  std::function<void(std::string_view line)> progress = {};

  void say(std::string_view line) const {
    if (progress) progress(line);
  }
};

/// The process that serves this instance now, proved to be ours: the recorded one (pid, start time and boot are equal), or,
/// when the record was never written, the one in the server's pid file if it runs with our configuration file.
[[nodiscard]] std::optional<sys::ProcessId> running_process(const std::optional<Record>& record, const Paths& paths);

/// Starts the server with the configuration file, detached. Returns at once.
[[nodiscard]] Result<sys::ProcessId> start_server(const std::string& binary, const Paths& paths, const Environment& environment);

/// Waits until JetStream answers for the user of the record. `log_start`: where in the log this start begins.
/// Errors: failed_precondition (the server has ended; with the last lines of its log), deadline_exceeded, unauthenticated.
[[nodiscard]] Result<void> wait_until_ready(const Record& record, const sys::ProcessId& process, const Paths& paths, std::int64_t log_start,
                                            const Surroundings& surroundings);

/// Lets the server read its configuration again, and waits for the proof that it has: its digest of the configuration, or
/// before 2.11 the time of loading. False: it kept the old one. `before` and `after` have the logins of then and now.
[[nodiscard]] Result<bool> reload_server(const Record& before, const Record& after, const sys::ProcessId& process, const Wait& wait);

/// Stops the process: lame duck (clients are told to go), then SIGTERM, then SIGKILL, each with its time within `wait`. Only
/// ever this very process. Says what was needed. Error: deadline_exceeded.
[[nodiscard]] Result<void> stop_server(const sys::ProcessId& process, const Surroundings& surroundings);

/// The server's monitoring document (varz), asked as the system user. Errors as of a connection.
[[nodiscard]] Result<Json> server_vars(const Record& record, const Wait& wait);
/// How to connect as the user, or as the user of the system account.
[[nodiscard]] wire::Options user_options(const Record& record);
[[nodiscard]] wire::Options system_options(const Record& record);

/// The last lines of errors and warnings of a log from an offset on, at most `most`; without any, just the last lines.
[[nodiscard]] std::vector<std::string> last_problems(const std::filesystem::path& log, std::int64_t start, std::size_t most = 5);
/// Size of the log now: where what is written next begins.
[[nodiscard]] std::int64_t log_size(const std::filesystem::path& log);

}  // namespace noetl::nats::deploy
