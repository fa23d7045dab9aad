#include "jetstream/account.hpp"

#include <array>
#include <cmath>

namespace noetl::nats::js {
namespace {

struct Feature {
  const char* name;
  int since;
};
/// jetstream-api, section 13.
constexpr std::array kFeatures{
    Feature{"direct_get", 9},         Feature{"republish", 9},           Feature{"metadata", 10},           Feature{"compression", 10},
    Feature{"subject_transform", 10}, Feature{"multiple_filters", 10},   Feature{"message_ttl", 11},        Feature{"limit_markers", 11},
    Feature{"consumer_pause", 11},    Feature{"priority_groups", 11},    Feature{"batched_direct_get", 11}, Feature{"message_trace", 11},
    Feature{"strict_json", 12},       Feature{"prioritized_groups", 12}, Feature{"atomic_batch", 12},       Feature{"counters", 12},
    Feature{"schedules", 12},         Feature{"mirror_promotion", 12},   Feature{"async_persist", 12},      Feature{"fast_batch", 14},
    Feature{"consumer_reset", 14},    Feature{"cron_schedules", 14},     Feature{"evacuate", 15},
};

/// The server answers `data` as the account sees it; a system that is not asked for it stays silent.
constexpr std::chrono::milliseconds kPatience{1000};

}  // namespace

Json features_of(int minor) {
  Json out = Json::object();
  for (const auto& feature : kFeatures) out[feature.name] = feature.since <= minor;
  return out;
}

Result<User> user_info(wire::Connection& connection, const Wait& wait) {
  const auto reply = connection.request("$SYS.REQ.USER.INFO", "", {}, wait.at_most(kPatience));
  if (!reply && (reply.error().code == Code::cancelled || !connection.is_open())) return fail(reply.error());
  if (!reply) return User{};
  const Json answer = Json::parse(reply->data(), nullptr, false);
  const Json data = answer.is_object() ? answer.value("data", Json::object()) : Json::object();
  return User{data.value("user", std::string()), data.value("account", std::string()), data.value("permissions", Json(nullptr))};
}

Json used_percent(const Json& account) {
  struct Row {
    const char *used, *limit;
  };
  static constexpr std::array kRows{Row{"memory", "max_memory"}, Row{"storage", "max_storage"}, Row{"streams", "max_streams"},
                                    Row{"consumers", "max_consumers"}};
  Json out = Json::object();
  const Json limits = account.value("limits", Json::object());
  for (const auto& row : kRows) {
    const auto most = limits.value(row.limit, std::int64_t{-1});
    if (most > 0) out[row.used] = std::round(1000.0 * account.value(row.used, 0.0) / static_cast<double>(most)) / 10.0;
  }
  return out;
}

}  // namespace noetl::nats::js
