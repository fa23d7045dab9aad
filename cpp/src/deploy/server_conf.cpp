#include "deploy/server_conf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/coerce.hpp"
#include "base/names.hpp"
#include "base/units.hpp"
#include "schema/struct_info.hpp"

namespace noetl::nats::deploy {
namespace {

using schema::Problems;

struct Reserved {
  std::string_view name, why;
};
// The parser of nats-server takes several names for one thing (server/opts.go); a second value would silently win.
constexpr std::array<Reserved, 19> kReserved{{{"port", "give it as the parameter port"},
                                              {"listen", "give it as the parameters host and port"},
                                              {"host", "give it as the parameter host"},
                                              {"net", "give it as the parameter host"},
                                              {"http", "give it as the parameter http_port"},
                                              {"http_port", "give it as the parameter http_port"},
                                              {"monitor_port", "give it as the parameter http_port"},
                                              {"https", "the monitoring port of a local instance speaks plain HTTP: http_port"},
                                              {"https_port", "the monitoring port of a local instance speaks plain HTTP: http_port"},
                                              {"accounts", "give it as the parameter accounts"},
                                              {"cluster", "a local instance is one server"},
                                              {"tls", "a local instance has no TLS yet"},
                                              {"system_account", "is set by deploy"},
                                              {"system", "is set by deploy"},
                                              {"pid_file", "is set by deploy"},
                                              {"pidfile", "is set by deploy"},
                                              {"log_file", "is set by deploy"},
                                              {"logfile", "is set by deploy"},
                                              {"logtime_utc", "is set by deploy"}}};
constexpr std::array<Reserved, 10> kReservedJetStream{{{"store_dir", "give it as jetstream.store_dir"},
                                                       {"storedir", "give it as jetstream.store_dir"},
                                                       {"store", "give it as jetstream.store_dir"},
                                                       {"max_memory_store", "give it as jetstream.max_memory_store"},
                                                       {"max_mem_store", "give it as jetstream.max_memory_store"},
                                                       {"max_mem", "give it as jetstream.max_memory_store"},
                                                       {"max_file_store", "give it as jetstream.max_file_store"},
                                                       {"max_file", "give it as jetstream.max_file_store"},
                                                       {"sync_interval", "give it as jetstream.sync_interval"},
                                                       {"domain", "give it as jetstream.domain"}}};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

template <std::size_t N>
void refuse_reserved(const Json& object, const std::array<Reserved, N>& reserved, const std::string& prefix, Problems& problems) {
  for (const auto& [key, value] : object.items())
    for (const auto& [name, why] : reserved)
      if (lower(key) == name) problems.push_back({prefix + key, std::string(why)});
}

void check_sync_interval(const std::string& text, Problems& problems) {
  if (text.empty() || text == "always") return;
  const auto parsed = parse_duration(text);
  if (!parsed || parsed->count() <= 0) problems.push_back({"jetstream.sync_interval", "must be always, or a duration such as 10s"});
}

Problems problems_of(const ServerSpec& spec) {
  Problems problems;
  if (!spec.accounts.is_object()) problems.push_back({"accounts", "must be an object"});
  if (!spec.config.is_object()) problems.push_back({"config", "must be an object"});
  if (!problems.empty()) return problems;
  refuse_reserved(spec.config, kReserved, "config.", problems);
  for (const auto& [key, value] : spec.config.items()) {
    if (lower(key) != "jetstream") continue;
    if (key != "jetstream" || !value.is_object())
      problems.push_back({"config." + key, "must be an object named jetstream: an instance always has JetStream"});
    else
      refuse_reserved(value, kReservedJetStream, "config.jetstream.", problems);
  }
  for (const auto& [name, account] : spec.accounts.items())
    if (!account.is_object())
      problems.push_back({"accounts." + name, "must be an object"});
    else if (account.contains("users") && !account["users"].is_array())
      problems.push_back({"accounts." + name + ".users", "must be a list"});
  check_sync_interval(spec.sync_interval, problems);
  for (const auto& [name, value] : {std::pair("user", &spec.user), std::pair("sys_user", &spec.sys_user)})
    if (value->empty()) problems.push_back({name, "is empty"});
  if (spec.password.empty()) problems.push_back({"password", "is empty"});
  if (spec.sys_password.empty()) problems.push_back({"sys_password", "is empty"});
  if (spec.user == spec.sys_user) problems.push_back({"sys_user", "must not be the same as user: they belong to different accounts"});
  return problems;
}

Json user(const std::string& name, const Secret& password) { return {{"user", name}, {"password", password.reveal()}}; }

/// `extra` over `accounts`; users are added to those that are there, since deploy needs its own to stay.
void merge_accounts(Json& accounts, const Json& extra) {
  for (const auto& [name, account] : extra.items()) {
    Json merged = accounts.contains(name) ? accounts[name] : Json::object();
    const Json ours = merged.value("users", Json::array());
    merged.merge_patch(account);
    if (account.contains("users") && !ours.empty()) {
      Json users = ours;
      for (const auto& each : account["users"]) users.push_back(each);
      merged["users"] = std::move(users);
    }
    accounts[name] = std::move(merged);
  }
}

bool is_secret(const std::string& key) {
  static constexpr std::array<std::string_view, 7> kWords{"pass", "token", "secret", "seed", "nkey", "jwt", "private"};
  const std::string name = lower(key);
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

/// Templates and command lines give every value as text; the server wants numbers and booleans as such. A password of
/// digits stays a text.
Json typed(const std::string& key, const Json& value) {
  if (value.is_structured()) {
    Json out = value;
    for (auto& [name, member] : out.items()) member = typed(value.is_object() ? name : key, member);
    return out;
  }
  if (!value.is_string() || is_secret(key)) return value;
  const auto& text = value.get_ref<const std::string&>();
  if (text == "true" || text == "false") return text == "true";
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && end == text.data() + text.size() ? Json(number) : value;
}

// ---- rendering ----

bool is_plain_key(const std::string& key) {
  return !key.empty() && key != "include" && std::isalpha(static_cast<unsigned char>(key.front())) != 0 &&
         std::all_of(key.begin(), key.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

/// Quoted keys know no escapes in the server's lexer, so a quote can only stand between quotes of the other kind.
Result<std::string> rendered_key(const std::string& key) {
  if (is_plain_key(key)) return key;
  const bool control = std::any_of(key.begin(), key.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  const char quote = key.find('"') == std::string::npos ? '"' : '\'';
  if (key.empty() || control || key.find(quote) != std::string::npos)
    return fail(Code::invalid_argument, fmt::format("config: {} cannot be a name in the configuration of nats-server", in_quotes(key)));
  return fmt::format("{}{}{}", quote, key, quote);
}

/// Its escapes are \" \\ \n \r \t and \xHH; no \u as in JSON.
std::string rendered_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02X}", byte);
    else
      out += c;
  }
  return out + "\"";
}

/// Its lexer knows no exponents.
std::string rendered_number(double value) {
  std::string text = fmt::format("{:.15f}", value);
  text.erase(std::max(text.find_last_not_of('0'), text.find('.') + 1) + 1);
  return text;
}

Result<void> add_value(std::string& out, const Json& value, std::size_t depth);

Result<void> add_members(std::string& out, const Json& object, std::size_t depth) {
  const std::string indent(2 * depth, ' ');
  for (const auto& [key, value] : object.items()) {
    NN_TRY(const auto name, rendered_key(key));
    out += fmt::format("{}{}: ", indent, name);
    NN_CHECK(add_value(out, value, depth));
    out += "\n";
  }
  return {};
}

Result<void> add_value(std::string& out, const Json& value, std::size_t depth) {
  const std::string indent(2 * depth, ' ');
  if (value.is_object() && value.empty()) {
    out += "{}";
  } else if (value.is_object()) {
    out += "{\n";
    NN_CHECK(add_members(out, value, depth + 1));
    out += indent + "}";
  } else if (value.is_array()) {
    out += "[";
    for (const auto& item : value) {
      out += fmt::format("\n{}  ", indent);
      NN_CHECK(add_value(out, item, depth + 1));
    }
    out += value.empty() ? "]" : fmt::format("\n{}]", indent);
  } else if (value.is_string()) {
    out += rendered_text(value.get_ref<const std::string&>());
  } else if (value.is_number_float()) {
    out += rendered_number(value.get<double>());
  } else if (value.is_null()) {
    return fail(Code::invalid_argument, "config: null stands for nothing in a list of the configuration");
  } else {
    out += value.dump();
  }
  return {};
}

// ---- changes ----

Json masked(const std::string& key, const Json& value) {
  if (value.is_structured()) {
    Json out = value;
    for (auto& [name, member] : out.items()) member = masked(value.is_object() ? name : key, member);
    return out;
  }
  return is_secret(key) && !value.is_null() ? Json(Secret::mask()) : value;
}

void add_changes(Json& changes, const std::string& path, const std::string& key, const Json& before, const Json& after) {
  if (equal_values(before, after)) return;
  if (before.is_object() && after.is_object()) {
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const auto& [name, value] : before.items())
      add_changes(changes, prefix + name, name, value, after.contains(name) ? after[name] : Json());
    for (const auto& [name, value] : after.items())
      if (!before.contains(name)) add_changes(changes, prefix + name, name, Json(), value);
    return;
  }
  changes.push_back({{"path", path}, {"from", masked(key, before)}, {"to", masked(key, after)}});
}

}  // namespace

Result<Json> config_of(const ServerSpec& spec) {
  if (const auto problems = problems_of(spec); !problems.empty()) return fail(schema::error_of("deploy", problems));
  Json config{{"server_name", "noetl-nats-" + spec.instance},
              {"host", spec.host},
              {"port", spec.port},
              {"pid_file", spec.pid_file},
              {"log_file", spec.log_file},
              {"logtime_utc", true},
              {"logfile_size_limit", 64 << 20},
              {"logfile_max_num", 3},
              // Clients are told to go, then have a second: the least that the server takes for them is 30 s in all.
              {"lame_duck_grace_period", "1s"},
              {"lame_duck_duration", "30s"},
              {"system_account", kSystemAccount}};
  if (spec.http_port != 0)
    config["http"] = fmt::format("{}:{}", spec.host.find(':') == std::string::npos ? spec.host : "[" + spec.host + "]", spec.http_port);
  Json jetstream{{"store_dir", spec.store_dir}, {"max_memory_store", spec.max_memory_store}, {"max_file_store", spec.max_file_store}};
  if (!spec.sync_interval.empty()) jetstream["sync_interval"] = spec.sync_interval;
  if (!spec.domain.empty()) jetstream["domain"] = spec.domain;
  config["jetstream"] = std::move(jetstream);
  Json accounts{{kSystemAccount, {{"users", Json::array({user(spec.sys_user, spec.sys_password)})}}},
                {kAccount, {{"jetstream", "enabled"}, {"users", Json::array({user(spec.user, spec.password)})}}}};
  merge_accounts(accounts, spec.accounts);
  config["accounts"] = std::move(accounts);
  config.merge_patch(typed("", spec.config));
  return config;
}

Result<std::string> render(const Json& config) {
  std::string out = "# Written by noetl-nats deploy, which replaces it: give changes as parameters (config, accounts, jetstream).\n";
  NN_CHECK(add_members(out, config, 0));
  return out;
}

Json config_changes(const Json& before, const Json& after) {
  Json changes = Json::array();
  add_changes(changes, "", "", before, after);
  return changes;
}

bool can_reload(const Json& changes, std::string_view server_version) {
  static constexpr std::array<std::string_view, 16> kReloads{"accounts",
                                                             "authorization",
                                                             "no_auth_user",
                                                             "debug",
                                                             "trace",
                                                             "logtime",
                                                             "logfile_size_limit",
                                                             "logfile_max_num",
                                                             "tls",
                                                             "max_connections",
                                                             "max_payload",
                                                             "max_control_line",
                                                             "ping_interval",
                                                             "write_deadline",
                                                             "lame_duck_grace_period",
                                                             "lame_duck_duration"};
  return std::all_of(changes.begin(), changes.end(), [&](const Json& change) {
    const auto path = change["path"].get<std::string>();
    const auto first = path.substr(0, path.find('.'));
    if (std::find(kReloads.begin(), kReloads.end(), first) != kReloads.end()) return true;
    // Of JetStream's limits only this one, only upwards, and only since 2.15.
    return path == "jetstream.max_file_store" && change["from"].is_number() && change["to"].is_number() && change["from"] < change["to"] &&
           compare_versions(server_version, "2.15.0") >= 0;
  });
}

int compare_versions(std::string_view a, std::string_view b) {
  for (int part = 0; part < 3; ++part) {
    int left = 0;
    int right = 0;
    for (auto [text, number] : {std::pair(&a, &left), std::pair(&b, &right)}) {
      const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *number);
      text->remove_prefix(static_cast<std::size_t>(end - text->data()));
      if (text->starts_with('.')) text->remove_prefix(1);
    }
    if (left != right) return left < right ? -1 : 1;
  }
  return 0;
}

}  // namespace noetl::nats::deploy
