// What differs between two configurations, and what that means for a running server.
#include <algorithm>
#include <array>
#include <charconv>

#include "base/coerce.hpp"
#include "deploy/server_conf.hpp"

namespace noetl::nats::deploy {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Json masked(const std::string& key, const Json& value) {
  if (value.is_structured()) {
    Json out = value;
    for (auto& [name, member] : out.items()) member = masked(value.is_object() ? name : key, member);
    return out;
  }
  return is_secret_name(key) && !value.is_null() ? Json(Secret::mask()) : value;
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

bool is_secret_name(const std::string& key) {
  static constexpr std::array<std::string_view, 7> kWords{"pass", "token", "secret", "seed", "nkey", "jwt", "private"};
  const std::string name = lower(key);
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return name.find(word) != std::string::npos; });
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
