#include "health/thresholds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/coerce.hpp"
#include "base/names.hpp"
#include "base/units.hpp"

namespace noetl::nats::health {
namespace {

using enum Threshold;
constexpr auto kMost = Bound::most;
constexpr auto kLeast = Bound::least;

constexpr std::array<ThresholdInfo, static_cast<std::size_t>(Threshold::count_)> kTable{{
    {connect, "connection", "connect", kMost, Unit::seconds, 0.5, 1, "Time to connect and log in."},
    {rtt, "connection", "rtt", kMost, Unit::seconds, 0.5, 1, "Round trip of a PING."},
    {request, "connection", "request", kMost, Unit::seconds, 0.5, 1, "Round trip of a message to ourselves."},
    {cpu, "server", "cpu", kMost, Unit::percent, 75, 90, "CPU use, of all cores."},
    {server_memory, "server", "memory", kMost, Unit::bytes, 0, 0, "Memory of the server process."},
    {connections, "server", "connections", kMost, Unit::percent, 80, 95, "Connections, of the most that the server takes."},
    {connections_max, "server", "connections_max", kMost, Unit::count, 0, 0, "Number of connections."},
    {subscriptions_max, "server", "subscriptions_max", kMost, Unit::count, 0, 0, "Most subscriptions."},
    {subscriptions_min, "server", "subscriptions_min", kLeast, Unit::count, 0, 0, "Fewest subscriptions."},
    {uptime, "server", "uptime_min", kLeast, Unit::seconds, 0, 0, "A server younger than this has restarted."},
    {server_storage, "server", "storage", kMost, Unit::percent, 75, 90, "JetStream's memory and files, of what the server has for them."},
    {memory, "jetstream", "memory", kMost, Unit::percent, 75, 90, "Memory used or reserved, of the account's limit."},
    {storage, "jetstream", "storage", kMost, Unit::percent, 75, 90, "File storage used or reserved, of the account's limit."},
    {streams, "jetstream", "streams", kMost, Unit::percent, 75, 90, "Streams, of the account's limit."},
    {consumers, "jetstream", "consumers", kMost, Unit::percent, 75, 90, "Consumers, of the account's limit."},
    {fill, "stream", "fill", kMost, Unit::percent, 80, 95, "Bytes or messages, of max_bytes or max_msgs."},
    {replica_lag, "stream", "replica_lag", kMost, Unit::count, 0, 200, "Operations that a replica is behind."},
    {replica_seen, "stream", "replica_seen", kMost, Unit::seconds, 0, 5, "Time since a replica that is not current was heard."},
    {replicas_min, "stream", "replicas_min", kLeast, Unit::count, 0, 0, "Replicas, the leader included."},
    {source_lag, "stream", "source_lag", kMost, Unit::count, 200, 1000, "Messages that a mirror or source is behind."},
    {source_seen, "stream", "source_seen", kMost, Unit::seconds, 30, 300, "Time since a mirror or source was heard."},
    {sources_min, "stream", "sources_min", kLeast, Unit::count, 0, 0, "Fewest sources."},
    {sources_max, "stream", "sources_max", kMost, Unit::count, 0, 0, "Most sources."},
    {messages_min, "stream", "messages_min", kLeast, Unit::count, 0, 0, "Fewest messages."},
    {messages_max, "stream", "messages_max", kMost, Unit::count, 0, 0, "Most messages."},
    {subjects_min, "stream", "subjects_min", kLeast, Unit::count, 0, 0, "Fewest subjects."},
    {subjects_max, "stream", "subjects_max", kMost, Unit::count, 0, 0, "Most subjects."},
    {deleted_ratio, "stream", "deleted_ratio", kMost, Unit::count, 10, 0, "Deleted messages between the stored ones, for each stored one."},
    {pull_gap, "consumer", "pull_gap", kMost, Unit::seconds, 60, 300, "How long messages have waited and nobody pulled."},
    {unprocessed, "consumer", "unprocessed", kMost, Unit::count, 0, 0, "Messages not delivered yet."},
    {ack_pending, "consumer", "ack_pending", kMost, Unit::count, 0, 0, "Messages delivered, and not acknowledged yet."},
    {waiting, "consumer", "waiting", kMost, Unit::count, 0, 0, "Pull requests that wait."},
    {redelivered, "consumer", "redelivered", kMost, Unit::count, 0, 0, "Messages delivered more than once, and not acknowledged yet."},
    {redelivered_share, "consumer", "redelivered_share", kMost, Unit::percent, 10, 50, "The same, of all that are not acknowledged yet."},
    {last_delivery, "consumer", "last_delivery", kMost, Unit::seconds, 0, 0, "Time since the last delivery, while messages wait."},
    {last_ack, "consumer", "last_ack", kMost, Unit::seconds, 0, 0, "Time since the last acknowledgement, while messages wait for it."},
    {kv_fill, "kv", "fill", kMost, Unit::percent, 80, 95, "Bytes, of the bucket's max_bytes."},
    {values_min, "kv", "values_min", kLeast, Unit::count, 0, 0, "Fewest values."},
    {values_max, "kv", "values_max", kMost, Unit::count, 0, 0, "Most values."},
}};

constexpr bool sorted_as_the_enumeration() {
  for (std::size_t i = 0; i < kTable.size(); ++i)
    if (kTable[i].id != static_cast<Threshold>(i)) return false;
  return true;
}
static_assert(sorted_as_the_enumeration());

/// Names of `nats server check`, where they differ from ours or leave the level out.
struct PeerName {
  const char* check;
  const char* key;
  Threshold id;
  bool critical;
};
constexpr std::array kPeerNames{
    PeerName{"connection", "req_warn", request, false},
    PeerName{"connection", "req_critical", request, true},
    PeerName{"server", "mem_warn", server_memory, false},
    PeerName{"server", "mem_critical", server_memory, true},
    PeerName{"server", "conn_warn", connections_max, false},
    PeerName{"server", "conn_critical", connections_max, true},
    PeerName{"server", "subs_warn", subscriptions_max, false},
    PeerName{"server", "subs_critical", subscriptions_max, true},
    PeerName{"server", "uptime_warn", uptime, false},
    PeerName{"server", "uptime_critical", uptime, true},
    PeerName{"jetstream", "mem_warn", memory, false},
    PeerName{"jetstream", "mem_critical", memory, true},
    PeerName{"jetstream", "store_warn", storage, false},
    PeerName{"jetstream", "store_critical", storage, true},
    PeerName{"stream", "lag_critical", source_lag, true},
    PeerName{"stream", "seen_critical", source_seen, true},
    PeerName{"stream", "min_sources", sources_min, true},
    PeerName{"stream", "max_sources", sources_max, true},
    PeerName{"stream", "peer_expect", replicas_min, true},
    PeerName{"stream", "peer_lag_critical", replica_lag, true},
    PeerName{"stream", "peer_seen_critical", replica_seen, true},
    PeerName{"stream", "msgs_warn", messages_min, false},
    PeerName{"stream", "msgs_critical", messages_min, true},
    PeerName{"consumer", "outstanding_ack_critical", ack_pending, true},
    PeerName{"consumer", "redelivery_critical", redelivered, true},
};

struct Key {
  Threshold id;
  bool critical;
};

/// What a key means in a check (empty: in any).
std::vector<Key> keys_of(std::string_view check, std::string_view key) {
  std::vector<Key> found;
  for (const auto& row : kTable)
    for (const bool critical : {false, true})
      if ((check.empty() || check == row.check) && key == fmt::format("{}_{}", row.name, critical ? "critical" : "warn"))
        found.push_back({row.id, critical});
  for (const auto& peer : kPeerNames)
    if ((check.empty() || check == peer.check) && key == peer.key) found.push_back({peer.id, peer.critical});
  return found;
}

std::vector<std::string> names_in(std::string_view check) {
  std::vector<std::string> names;
  for (const auto& row : kTable)
    if (check.empty() || check == row.check)
      for (const auto* suffix : {"warn", "critical"}) names.push_back(fmt::format("{}_{}", row.name, suffix));
  return names;
}

bool is_check(std::string_view name) {
  return std::any_of(kTable.begin(), kTable.end(), [&](const ThresholdInfo& row) { return name == row.check; });
}

/// A duration, a percentage, a size or a number; 0 and null mean off.
Result<std::optional<double>> number_of(const Json& value, Unit unit) {
  if (value.is_null()) return std::optional<double>{};
  double number = 0;
  if (value.is_number()) {
    number = value.get<double>();
  } else if (value.is_string()) {
    std::string text = value.get<std::string>();
    if (unit == Unit::percent && text.ends_with('%')) text.pop_back();
    if (unit == Unit::seconds) {
      NN_TRY(const auto time, parse_duration(text));
      number = std::chrono::duration<double>(time).count();
    } else if (unit == Unit::bytes) {
      NN_TRY(const auto bytes, parse_size(text));
      number = static_cast<double>(bytes);
    } else {
      const Json read = Json::parse(text, nullptr, false);
      if (!read.is_number()) return fail(Code::invalid_argument, fmt::format("{} is not a number", in_quotes(text)));
      number = read.get<double>();
    }
  } else {
    return fail(Code::invalid_argument, fmt::format("must be a number, not {}", value.type_name()));
  }
  if (number < 0 || !std::isfinite(number)) return fail(Code::invalid_argument, "must not be negative");
  return number == 0 ? std::optional<double>{} : number;
}

std::string not_known(std::string_view check, std::string_view key) {
  if (key == "subjects_warn" || key == "subjects_critical" || key == "values_warn" || key == "values_critical") {
    const auto [noun, level] = std::pair(key.substr(0, key.find('_')), key.substr(key.find('_') + 1));
    return fmt::format("too many or too few? {0}_max_{1} or {0}_min_{1}", noun, level);
  }
  const auto likely = nearest(key, names_in(check));
  return likely ? fmt::format("unknown threshold; did you mean {}?", *likely) : "unknown threshold";
}

}  // namespace

const std::array<ThresholdInfo, static_cast<std::size_t>(Threshold::count_)>& threshold_table() { return kTable; }

Level Limit::judge(double value) const {
  const auto reaches = [&](const std::optional<double>& limit) {
    return limit && (bound == Bound::most ? value >= *limit : value < *limit);
  };
  if (reaches(critical)) return Level::critical;
  return reaches(warn) ? Level::warning : Level::ok;
}

Thresholds::Thresholds() {
  const auto set = [](double value) { return value == 0 ? std::optional<double>{} : value; };
  for (std::size_t i = 0; i < kTable.size(); ++i) limits_[i] = {kTable[i].bound, set(kTable[i].warn), set(kTable[i].critical)};
}

bool Thresholds::set(Threshold id, bool critical, const Json& value, std::string& problem) {
  const auto index = static_cast<std::size_t>(id);
  auto number = number_of(value, kTable[index].unit);
  if (!number) {
    problem = number.error().message;
    return false;
  }
  (critical ? limits_[index].critical : limits_[index].warn) = *number;
  return true;
}

Thresholds Thresholds::read(const Json& given, const std::string& path, schema::Problems& problems) {
  Thresholds out;
  const auto read_one = [&](std::string_view check, const std::string& at, std::string key, const Json& value) {
    std::replace(key.begin(), key.end(), '-', '_');
    const auto found = keys_of(check, key);
    if (found.empty()) return problems.push_back({at, not_known(check, key)});
    if (found.size() > 1) {
      std::vector<std::string> checks;
      for (const auto& each : found) checks.push_back(fmt::format("{}.{}", kTable[static_cast<std::size_t>(each.id)].check, key));
      return problems.push_back({at, fmt::format("say of which check: {}", fmt::join(checks, " or "))});
    }
    std::string problem;
    auto& given_one = out.given_[static_cast<std::size_t>(found[0].id)];
    (found[0].critical ? given_one.critical : given_one.warn) = true;
    if (!out.set(found[0].id, found[0].critical, value, problem)) problems.push_back({at, problem});
  };
  for (const auto& [key, value] : given.items()) {
    const auto at = fmt::format("{}.{}", path, key);
    const auto inner = is_check(key) ? as_object(value) : std::nullopt;
    if (!inner) {
      read_one("", at, key, value);
      continue;
    }
    for (const auto& [name, each] : inner->items()) read_one(key, fmt::format("{}.{}", at, name), name, each);
  }
  return out;
}

Thresholds Thresholds::with_metadata(std::string_view check, const Json& metadata) const {
  static constexpr std::string_view kPrefix = "io.nats.monitor.";
  Thresholds out = *this;
  if (!metadata.is_object()) return out;
  for (const auto& [name, value] : metadata.items()) {
    if (!name.starts_with(kPrefix)) continue;
    std::string key = name.substr(kPrefix.size());
    std::replace(key.begin(), key.end(), '-', '_');
    for (const auto& found : keys_of(check, key)) {
      const auto& parameter = given_[static_cast<std::size_t>(found.id)];
      std::string problem;
      if (!(found.critical ? parameter.critical : parameter.warn)) (void)out.set(found.id, found.critical, value, problem);
    }
  }
  return out;
}

}  // namespace noetl::nats::health
