#include "deploy/status.hpp"

#include <fmt/format.h>

#include "base/units.hpp"
#include "deploy/target.hpp"
#include "deploy/text.hpp"
#include "engine/define.hpp"
#include "sys/files.hpp"

namespace noetl::nats::ops {
namespace {

struct In : deploy::Target {
  std::int64_t timeout_ms = 5000;
  static auto fields() {
    return std::tuple_cat(deploy::target_fields<In>(),
                          std::tuple{field("timeout_ms", &In::timeout_ms, "Time to ask the server, in milliseconds.").min(1).max(600000)});
  }
  void check(schema::Problems& problems) const { deploy::check_target(*this, problems); }
};

struct Volume {
  std::string path;
  Size used, free;
  static auto fields() {
    return std::tuple{field("path", &Volume::path, "Where the data is."), field("used", &Volume::used, "Bytes of it."),
                      field("free", &Volume::free, "Bytes that are free on that file system.")};
  }
};

struct ServerRow {
  std::string name, id, version;
  std::int64_t pid = 0;
  std::string started_at;
  double uptime_s = 0, cpu = 0;
  Size mem;
  std::int64_t connections = 0, slow_consumers = 0;
  static auto fields() {
    return std::tuple{field("name", &ServerRow::name, "Name of the server."),
                      field("id", &ServerRow::id, "Its id; a new one at each start."),
                      field("version", &ServerRow::version, "Its version."),
                      field("pid", &ServerRow::pid, "Its process on this machine."),
                      field("started_at", &ServerRow::started_at, "When it was started."),
                      field("uptime_s", &ServerRow::uptime_s, "Seconds since then."),
                      field("cpu", &ServerRow::cpu, "Share of one core, in percent."),
                      field("mem", &ServerRow::mem, "Bytes of memory."),
                      field("connections", &ServerRow::connections, "Clients that are connected."),
                      field("slow_consumers", &ServerRow::slow_consumers, "Clients cut off since the start because they did not keep up.")};
  }
};

struct JetStreamUse {
  Size memory, max_memory, storage, max_storage;
  std::string domain;
  static auto fields() {
    return std::tuple{field("memory", &JetStreamUse::memory, "Bytes in memory, of the account."),
                      field("max_memory", &JetStreamUse::max_memory, "Most that the server keeps in memory."),
                      field("storage", &JetStreamUse::storage, "Bytes in files, of the account."),
                      field("max_storage", &JetStreamUse::max_storage, "Most that the server keeps in files."),
                      field("domain", &JetStreamUse::domain, "JetStream domain, if there is one.")};
  }
};

struct Problem {
  std::string text, hint;
  static auto fields() { return std::tuple{field("text", &Problem::text, "What is wrong."), field("hint", &Problem::hint, "What to do.")}; }
};

struct Out {
  std::string instance;
  bool running = false, deployed = false;
  std::string target;
  std::vector<std::string> urls;
  std::optional<std::string> monitor_url, user, version;
  std::optional<std::int64_t> api_level, pid;
  std::vector<std::string> pods;
  std::vector<Volume> volumes;
  std::vector<ServerRow> servers;
  std::optional<JetStreamUse> jetstream;
  std::optional<std::string> meta_leader;
  std::optional<std::int64_t> streams, consumers;
  std::optional<std::string> deployed_at, log_file;
  std::vector<Problem> problems;
  static auto fields() {
    return std::tuple{field("instance", &Out::instance, "Name of the instance."),
                      field("running", &Out::running, "Whether the server runs."),
                      field("deployed", &Out::deployed, "Whether it should: deployed, and not undeployed since."),
                      field("target", &Out::target, "local or kubernetes."),
                      field("urls", &Out::urls, "Where clients connect; without user and password."),
                      field("monitor_url", &Out::monitor_url, "Where monitoring answers."),
                      field("user", &Out::user, "User of the account with JetStream."),
                      field("version", &Out::version, "Version of the server."),
                      field("api_level", &Out::api_level, "JetStream API level of the server."),
                      field("pid", &Out::pid, "Local: the process; of a server that has ended, the one it had."),
                      field("pods", &Out::pods, "Kubernetes: its pods."),
                      field("volumes", &Out::volumes, "Where its data is, and how much."),
                      field("servers", &Out::servers, "One row for each server."),
                      field("jetstream", &Out::jetstream, "What JetStream uses, of what it may."),
                      field("meta_leader", &Out::meta_leader, "Leader of JetStream in a cluster."),
                      field("streams", &Out::streams, "Number of streams of the account, buckets included."),
                      field("consumers", &Out::consumers, "Number of their consumers."),
                      field("deployed_at", &Out::deployed_at, "When the last deploy changed it."),
                      field("log_file", &Out::log_file, "The server's log."),
                      field("problems", &Out::problems, "What is wrong, and what to do.")};
  }
};

/// A number of a document that may lack it.
template <class T>
T number(const Json& document, const char* pointer) {
  const auto at = Json::json_pointer(pointer);
  return document.contains(at) && document[at].is_number() ? document[at].get<T>() : T{};
}

ServerRow server_row(const deploy::LocalStatus& status) {
  const Json& vars = status.vars;
  ServerRow row;
  row.name = vars.value("server_name", "");
  row.id = vars.value("server_id", "");
  row.version = vars.value("version", "");
  row.pid = status.process->pid;
  row.started_at = vars.value("start", "");
  if (const auto start = parse_time(row.started_at)) row.uptime_s = static_cast<double>((unix_nanos_now() - *start) / 1'000'000) / 1000.0;
  row.cpu = number<double>(vars, "/cpu");
  row.mem.bytes = number<std::int64_t>(vars, "/mem");
  row.connections = number<std::int64_t>(vars, "/connections");
  row.slow_consumers = number<std::int64_t>(vars, "/slow_consumers");
  return row;
}

void add_jetstream(Out& out, const deploy::LocalStatus& status) {
  const Json& account = status.account;
  JetStreamUse use;
  use.memory.bytes = number<std::int64_t>(account, "/memory");
  use.storage.bytes = number<std::int64_t>(account, "/storage");
  use.max_memory.bytes = number<std::int64_t>(status.vars, "/jetstream/config/max_memory");
  use.max_storage.bytes = number<std::int64_t>(status.vars, "/jetstream/config/max_storage");
  use.domain = account.value("domain", "");
  out.jetstream = use;
  out.streams = number<std::int64_t>(account, "/streams");
  out.consumers = number<std::int64_t>(account, "/consumers");
  out.api_level = number<std::int64_t>(account, "/api/level");
}

Volume volume_of(const std::string& path) {
  Volume volume{path, {sys::size_of_tree(path)}, {}};
  if (const auto space = sys::space_of(path)) volume.free.bytes = space->free;
  return volume;
}

void add_record(Out& out, const deploy::LocalStatus& status) {
  const auto& record = *status.record;
  out.deployed = true;
  out.urls = record.urls;
  if (!record.monitor_url.empty()) out.monitor_url = record.monitor_url;
  out.user = record.user;
  out.version = record.version;
  if (status.process)
    out.pid = status.process->pid;
  else if (record.process)
    out.pid = record.process->pid;
  out.deployed_at = record.deployed_at;
  out.log_file = status.paths.log.string();
  out.volumes.push_back(volume_of(record.store_dir));
}

Result<Out> run(Context& context, const In& in) {
  NN_CHECK(deploy::require_local(in, "status"));
  const Wait wait = Wait::for_duration(std::chrono::milliseconds(in.timeout_ms), context.wait().cancel);
  NN_TRY(const auto status, deploy::local_status(in.instance, {context.environment(), wait}));
  Out out;
  out.instance = in.instance;
  out.target = in.target;
  out.running = status.process.has_value();
  if (status.record)
    add_record(out, status);
  else if (!status.kept_data.empty())
    out.volumes.push_back(volume_of(status.kept_data));
  if (status.vars.is_object()) out.servers.push_back(server_row(status));
  if (status.account.is_object()) add_jetstream(out, status);
  for (const auto& problem : status.problems) out.problems.push_back({problem.text, problem.hint});
  return out;
}

std::string of(const Json& part, const char* used, const char* most) {
  return fmt::format("{} of {}", human_size(part.value(used, std::int64_t{0})), human_size(part.value(most, std::int64_t{0})));
}

std::string text(const Json& result, bool color) {
  const auto instance = result.value("instance", "");
  if (!result.value("deployed", false))
    return deploy::marked(
        deploy::Mark::note,
        fmt::format("{} is not deployed here; noetl-nats deploy{} starts it", instance, deploy::instance_option(instance)), color);
  const bool running = result.value("running", false);
  const bool fine = running && result["problems"].empty();
  std::string headline =
      fmt::format("{} {}: nats-server {}", instance, running ? "is running" : "does not run", result.value("version", ""));
  std::string server;
  if (running) headline += fmt::format(", pid {}", result.value("pid", 0));
  if (running && !result["servers"].empty()) {
    const auto& row = result["servers"][0];
    headline += fmt::format(", up {}", human_duration(Nanos(static_cast<std::int64_t>(row.value("uptime_s", 0.0) * 1e9))));
    server = fmt::format("{} connections, memory {}, cpu {:.0f} %", row.value("connections", 0),
                         human_size(row.value("mem", std::int64_t{0})), row.value("cpu", 0.0));
  }
  std::string jetstream;
  if (result.contains("jetstream"))
    jetstream = fmt::format("{} streams, {} consumers; file {}, memory {}", result.value("streams", 0), result.value("consumers", 0),
                            of(result["jetstream"], "storage", "max_storage"), of(result["jetstream"], "memory", "max_memory"));
  std::string data;
  if (!result["volumes"].empty()) {
    const auto& volume = result["volumes"][0];
    data = fmt::format("{}  ({} used)", volume.value("path", ""), human_size(volume.value("used", std::int64_t{0})));
  }
  std::string out = deploy::marked(fine ? deploy::Mark::good : deploy::Mark::bad, headline, color) + "\n";
  out += deploy::labelled(
      {{"clients", fmt::format("{} (user {})", fmt::join(result["urls"].get<std::vector<std::string>>(), " "), result.value("user", ""))},
       {"monitoring", result.value("monitor_url", "")},
       {"jetstream", jetstream},
       {"server", server},
       {"data", data},
       {"log", result.value("log_file", "")}});
  for (const auto& problem : result["problems"]) {
    out += "\n" + deploy::marked(deploy::Mark::bad, problem.value("text", ""), color);
    if (const auto hint = problem.value("hint", ""); !hint.empty()) out += fmt::format("  → {}\n", hint);
  }
  return out;
}

}  // namespace

Operation op_status() {
  return define<In, Out>(
      {.summary = "Say what runs, where, and with what in it.",
       .description = "An instance that is not deployed is a result too: `running: false`. A server that has ended without an undeploy is "
                      "a problem with a hint.",
       .effect = Effect::read,
       .needs = Needs::nothing,
       .shows = Shows::result,
       .errors = {Code::failed_precondition, Code::unimplemented},
       .examples = {{"What about the local server?", Json::object()}, {"And about another instance?", {{"instance", "b"}}}},
       .text = text},
      run);
}

}  // namespace noetl::nats::ops
