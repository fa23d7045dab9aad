#include "deploy/server_conf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

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

/// Templates and command lines give every value as text; the server wants numbers and booleans as such. A password of
/// digits stays a text.
Json typed(const std::string& key, const Json& value) {
  if (value.is_structured()) {
    Json out = value;
    for (auto& [name, member] : out.items()) member = typed(value.is_object() ? name : key, member);
    return out;
  }
  if (!value.is_string() || is_secret_name(key)) return value;
  const auto& text = value.get_ref<const std::string&>();
  if (text == "true" || text == "false") return text == "true";
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && end == text.data() + text.size() ? Json(number) : value;
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

}  // namespace noetl::nats::deploy
