#include "deploy/status.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "base/units.hpp"
#include "deploy/log_lines.hpp"
#include "jetstream/api.hpp"
#include "sys/files.hpp"
#include "wire/connection.hpp"

namespace noetl::nats::deploy {
namespace {

/// When the server has last written to its log.
std::optional<std::int64_t> last_log_time(const Paths& paths) {
  const auto tail = sys::read_tail(paths.log, 64 << 10);
  if (!tail) return std::nullopt;
  const auto lines = split_lines(tail->text);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    if (const auto time = parse_log_line(*line).unix_nanos) return time;
  return std::nullopt;
}

std::string this_boot() {
  const auto us = sys::process_of(getpid());
  return us ? us->boot : std::string();
}

/// Deployed, and nothing runs: how that can be, as far as it is known.
StatusProblem gone(const Record& record, const std::optional<std::int64_t>& last_log) {
  std::string text = "nats-server has ended without an undeploy";
  if (record.process) {
    text = fmt::format("nats-server (pid {}) has ended without an undeploy", record.process->pid);
    if (record.process->boot != this_boot())
      text = fmt::format("nats-server (pid {}) ended when the machine was restarted", record.process->pid);
  }
  if (last_log)
    text += fmt::format("; its log ends {} ago, at {}", human_duration(Nanos(unix_nanos_now() - *last_log)),
                        format_time(*last_log / 1'000'000'000 * 1'000'000'000));
  const auto option = instance_option(record.instance);
  return {std::move(text),
          fmt::format("noetl-nats restart{0} starts it again with its data; noetl-nats logs{0} shows its last words", option)};
}

void look_at_server(LocalStatus& status, const Surroundings& surroundings) {
  const Record& record = *status.record;
  auto vars = server_vars(record, surroundings.wait);
  if (vars)
    status.vars = std::move(*vars);
  else
    status.problems.push_back({fmt::format("the server does not answer: {}", vars.error().message), vars.error().hint});
  const auto connection = wire::Connection::open(user_options(record), surroundings.wait);
  if (!connection) {
    if (vars)
      status.problems.push_back(
          {fmt::format("user {} cannot connect: {}", record.user, connection.error().message), connection.error().hint});
    return;
  }
  js::Api api(**connection);
  auto account = api.account(surroundings.wait);
  if (account)
    status.account = std::move(*account);
  else
    status.problems.push_back({fmt::format("JetStream does not answer: {}", account.error().message), account.error().hint});
}

}  // namespace

Result<LocalStatus> local_status(const std::string& instance, const Surroundings& surroundings) {
  LocalStatus status;
  NN_TRY(status.paths, paths_of(instance, surroundings.environment));
  NN_TRY(status.record, load_any_record(status.paths));
  if (status.record && !status.record->deployed) status.kept_data = std::exchange(status.record, std::nullopt)->store_dir;
  if (!status.record) return status;
  status.last_log_nanos = last_log_time(status.paths);
  status.process = running_process(status.record, status.paths);
  if (!status.record->settled)
    status.problems.push_back(
        {"the last deploy did not come to its end", fmt::format("noetl-nats deploy{} takes it up", instance_option(instance))});
  if (status.process)
    look_at_server(status, surroundings);
  else
    status.problems.push_back(gone(*status.record, status.last_log_nanos));
  return status;
}

}  // namespace noetl::nats::deploy
