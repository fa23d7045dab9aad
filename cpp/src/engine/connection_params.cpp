#include "engine/connection_params.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/names.hpp"
#include "deploy/instance.hpp"

namespace noetl::nats {
namespace {

constexpr const char* kLastResort = "nats://127.0.0.1:4222";

Result<std::string> read_text(const std::string& path, const char* parameter) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return fail(Code::invalid_argument, fmt::format("{}: cannot read the file {}: {}", parameter, path, std::strerror(errno)));
  return text.str();
}

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

bool names_a_login(const ConnectionParams& params) {
  return !params.user.empty() || !params.password.empty() || !params.token.empty() || !params.creds.empty() || !params.creds_file.empty() ||
         !params.nkey_seed.empty() || !params.nkey_file.empty();
}

void fill_login_from_environment(ConnectionParams& params, const Environment& environment) {
  if (names_a_login(params)) return;
  if (const auto user = environment.get("NATS_USER")) params.user = *user;
  if (const auto password = environment.get("NATS_PASSWORD")) params.password = Secret(*password);
  if (const auto token = environment.get("NATS_TOKEN")) params.token = Secret(*token);
  if (const auto creds = environment.get("NATS_CREDS")) params.creds_file = *creds;
  if (!params.user.empty() && params.password.empty()) {  // NATS_USER alone holds a token, as for the nats command line
    params.token = Secret(std::exchange(params.user, ""));
  }
}

std::filesystem::path config_home(const Environment& environment) {
  if (const auto home = environment.get("XDG_CONFIG_HOME")) return *home;
  return std::filesystem::path(environment.get("HOME").value_or("/")) / ".config";
}

/// A context file of the nats command line: ~/.config/nats/context/<name>.json.
Result<void> fill_from_context(ConnectionParams& params, const std::string& name, const Environment& environment) {
  const bool is_path = name.starts_with('/');  // a file by its path, as `connect` prints it
  if (!is_path && (name.find('/') != std::string::npos || check_queue(name)))
    return fail(Code::invalid_argument, fmt::format("NATS_CONTEXT: {} is not a context name", in_quotes(name)));
  const auto path = is_path ? std::filesystem::path(name) : config_home(environment) / "nats" / "context" / (name + ".json");
  NN_TRY(const auto text, read_text(path, "NATS_CONTEXT"));
  const Json context = Json::parse(text, nullptr, false);
  if (!context.is_object()) return fail(Code::invalid_argument, fmt::format("NATS_CONTEXT: {} is not a JSON object", path.string()));
  const auto value = [&](const char* key) {
    return context.contains(key) && context[key].is_string() ? context[key].get<std::string>() : std::string();
  };
  if (params.url.empty() && !value("url").empty()) params.url = {value("url")};
  if (!names_a_login(params)) {
    params.user = value("user");
    params.password = Secret(value("password"));
    params.token = Secret(value("token"));
    params.creds_file = value("creds");
    params.nkey_file = value("nkey");
  }
  if (params.tls_ca.empty()) params.tls_ca = value("ca");
  if (params.tls_cert.empty()) params.tls_cert = value("cert");
  if (params.tls_key.empty()) params.tls_key = Secret(value("key"));
  if (params.domain.empty()) params.domain = value("jetstream_domain");
  if (params.api_prefix.empty()) params.api_prefix = value("jetstream_api_prefix");
  if (params.inbox_prefix.empty()) params.inbox_prefix = value("inbox_prefix");
  return {};
}

/// The server that a deploy has recorded. Nothing deployed: nothing is filled in.
Result<bool> fill_from_instance(ConnectionParams& params, const std::string& instance, const Environment& environment) {
  NN_TRY(const auto record, deploy::load_record(instance, environment));
  if (!record || record->urls.empty()) return false;
  params.url = record->urls;
  if (!names_a_login(params)) {
    params.user = record->user;
    params.password = record->password;
  }
  return true;
}

}  // namespace

Result<Secret> resolve_secret(const Secret& secret, const char* parameter, const Environment& environment) {
  const std::string& text = secret.reveal();
  if (text.starts_with("env:")) {
    const auto value = environment.get(text.substr(4));
    if (!value) return fail(Code::invalid_argument, fmt::format("{}: the environment variable {} is not set", parameter, text.substr(4)));
    return Secret(*value);
  }
  if (text.starts_with("file:")) {
    NN_TRY(auto content, read_text(text.substr(5), parameter));
    return Secret(without_line_end(std::move(content)));
  }
  return secret;
}

Result<wire::Options> connection_options(const ConnectionParams& params, const Environment& environment) {
  wire::Options out;
  out.servers = params.url;
  out.user = params.user;
  NN_TRY(out.password, resolve_secret(params.password, "password", environment));
  NN_TRY(out.token, resolve_secret(params.token, "token", environment));
  NN_TRY(out.creds, resolve_secret(params.creds, "creds", environment));
  NN_TRY(out.nkey_seed, resolve_secret(params.nkey_seed, "nkey_seed", environment));
  NN_TRY(out.jwt, resolve_secret(params.jwt, "jwt", environment));
  NN_TRY(out.tls.key, resolve_secret(params.tls_key, "tls_key", environment));
  out.creds_file = params.creds_file;
  if (!params.nkey_file.empty()) {
    NN_TRY(auto seed, read_text(params.nkey_file, "nkey_file"));
    out.nkey_seed = Secret(without_line_end(std::move(seed)));
  }
  out.tls.required = params.tls;
  out.tls.ca = params.tls_ca;
  out.tls.cert = params.tls_cert;
  out.tls.name = params.tls_name;
  out.tls.first = params.tls_first;
  out.tls.insecure = params.tls_insecure;
  if (!params.inbox_prefix.empty()) out.inbox_prefix = params.inbox_prefix;
  out.connect_timeout = std::chrono::milliseconds(params.connect_timeout_ms);
  return out;
}

Result<void> fill_default_server(ConnectionParams& params, const Json& raw, Needs needs, bool from_environment,
                                 const Environment& environment) {
  if (!params.url.empty()) return {};
  const auto instance = raw.contains("instance") && raw["instance"].is_string() ? raw["instance"].get<std::string>() : std::string("nats");
  if (needs == Needs::instance) {
    NN_TRY(const bool found, fill_from_instance(params, instance, environment));
    if (found) return {};
    // Never another server in place of the one that was named.
    if (raw.contains("instance") || !from_environment) return fail(deploy::not_deployed(instance));
  }
  if (!from_environment) return {};
  if (const auto url = environment.get("NATS_URL")) {
    const Json list = schema::as_list(*url, true).value_or(Json::array());
    for (const auto& each : list) params.url.push_back(each.get<std::string>());
    fill_login_from_environment(params, environment);
    return {};
  }
  if (const auto context = environment.get("NATS_CONTEXT")) {
    NN_CHECK(fill_from_context(params, *context, environment));
    if (!params.url.empty()) return {};
  }
  if (needs == Needs::connection) {
    NN_TRY(const bool found, fill_from_instance(params, "nats", environment));
    if (found) return {};
  }
  params.url = {kLastResort};
  fill_login_from_environment(params, environment);
  return {};
}

Result<Json> with_credential(const Json& params, const std::function<Result<Json>(const std::string&)>& lookup) {
  static constexpr std::array<std::pair<const char*, const char*>, 6> kOtherNames{{{"nats_url", "url"},
                                                                                   {"nats_user", "user"},
                                                                                   {"nats_username", "user"},
                                                                                   {"username", "user"},
                                                                                   {"nats_password", "password"},
                                                                                   {"nats_token", "token"}}};
  const char* key = params.is_object() && params.contains("auth") ? "auth" : "credential";
  if (!params.is_object() || !params.contains(key) || !params[key].is_string() || params[key].get_ref<const std::string&>().empty())
    return params;
  NN_TRY(const Json document, lookup(params[key].get<std::string>()));
  const auto& common = schema::describe<ConnectionParams>();
  Json out = params;
  out.erase(key);
  const auto given = [&](const schema::FieldInfo& field) {
    return std::any_of(out.items().begin(), out.items().end(), [&](const auto& item) { return field.answers_to(item.key()); });
  };
  const Json explicit_params = out;
  for (const auto& [name, value] : document.items()) {
    std::string known = name;
    for (const auto& [other, ours] : kOtherNames)
      if (name == other) known = ours;
    const auto* field = common.find(known);
    if (field == nullptr || given(*field)) continue;  // "type", "description" and the like
    out[field->name] = value;
  }
  return out;
}

}  // namespace noetl::nats
