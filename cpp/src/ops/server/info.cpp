#include "engine/define.hpp"
#include "jetstream/account.hpp"
#include "jetstream/config_diff.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  static auto fields() { return std::tuple{}; }
};

struct Out {
  std::string name, id, version;
  std::int64_t api_level = 0;
  std::optional<std::string> cluster, domain;
  std::int64_t max_payload = 0;
  bool jetstream = false;
  std::map<std::string, bool> features;
  std::optional<std::string> user, account;
  std::optional<Object> permissions;
  static auto fields() {
    return std::tuple{
        field("name", &Out::name, "Name of the server."),
        field("id", &Out::id, "Its id."),
        field("version", &Out::version, "Its version."),
        field("api_level", &Out::api_level, "JetStream API level: 0 up to server 2.10, 1 = 2.11, 2 = 2.12, 4 = 2.14, 5 = 2.15."),
        field("cluster", &Out::cluster, "Name of its cluster."),
        field("domain", &Out::domain, "JetStream domain."),
        field("max_payload", &Out::max_payload, "Largest message in bytes."),
        field("jetstream", &Out::jetstream, "Whether this account may use JetStream."),
        field("features", &Out::features, "What this server can do, by the API level; all false without JetStream."),
        field("user", &Out::user, "Who we are."),
        field("account", &Out::account, "Our account."),
        field("permissions", &Out::permissions, "What we may publish and subscribe to; absent: everything.")};
  }
};

std::optional<std::string> unless_empty(std::string text) { return text.empty() ? std::nullopt : std::optional(std::move(text)); }

Result<Out> run(Context& context, const In&) {
  NN_TRY(auto* const connection, context.nats());
  NN_TRY(auto* const api, context.jetstream());
  const Json& info = connection->info(context.wait());
  Out out;
  out.name = info.value("server_name", std::string());
  out.id = connection->server().id;
  out.version = connection->server_version(context.wait());
  out.cluster = unless_empty(info.value("cluster", std::string()));
  out.max_payload = connection->server().max_payload;
  auto account = api->account(context.wait());
  if (!account && account.error().code != Code::failed_precondition) return fail(std::move(account).error());
  out.jetstream = account.has_value();
  if (account) {
    NN_TRY(out.api_level, api->level(context.wait()));
    out.domain = unless_empty(account->value("domain", std::string()));
  }
  out.features = js::features_of(account ? js::minor_of_level(static_cast<int>(out.api_level)) : 0).get<std::map<std::string, bool>>();
  NN_TRY(const auto user, js::user_info(*connection, context.wait()));
  out.user = unless_empty(user.user);
  out.account = unless_empty(user.account);
  if (user.permissions.is_object()) out.permissions = Object{user.permissions};
  return out;
}

}  // namespace

Operation op_server_info() {
  return define<In, Out>({.summary = "Show which server answers, what it can do, and who we are there.",
                          .effect = Effect::read,
                          .examples = {{"Which features are there?", {{"url", "nats://127.0.0.1:4222"}}}}},
                         run);
}

}  // namespace noetl::nats::ops
