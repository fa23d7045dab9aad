// From which number on something is a warning, and critical.
//
// Where a value comes from: the parameter `thresholds`, else the asset's own metadata (io.nats.monitor.*), else the table.
// "Too many" and "too few" are separate thresholds: a direction is never guessed from the numbers.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "health/model.hpp"

namespace noetl::nats::health {

enum class Threshold {
  connect,
  rtt,
  request,  // connection
  cpu,
  server_memory,
  connections,
  connections_max,
  subscriptions_max,
  subscriptions_min,
  uptime,
  server_storage,  // server
  memory,
  storage,
  streams,
  consumers,  // jetstream
  fill,
  replica_lag,
  replica_seen,
  replicas_min,
  source_lag,
  source_seen,
  sources_min,
  sources_max,  // stream
  messages_min,
  messages_max,
  subjects_min,
  subjects_max,
  deleted_ratio,
  pull_gap,
  unprocessed,
  ack_pending,
  waiting,
  redelivered,
  redelivered_share,
  last_delivery,
  last_ack,  // consumer
  kv_fill,
  values_min,
  values_max,  // kv
  count_
};

enum class Bound { most, least };  ///< too much is bad (value >= threshold), too little is bad (value < threshold)
enum class Unit { seconds, percent, count, bytes };

/// A threshold with its two values; unset = off.
struct Limit {
  Bound bound = Bound::most;
  std::optional<double> warn = {}, critical = {};

  [[nodiscard]] Level judge(double value) const;
  /// The value that `judge` compared with, for texts and evidence.
  [[nodiscard]] std::optional<double> reached(Level level) const { return level == Level::critical ? critical : warn; }
};

struct ThresholdInfo {
  Threshold id;
  const char* check;
  const char* name;  ///< the keys are <name>_warn and <name>_critical
  Bound bound;
  Unit unit;
  double warn, critical;  ///< 0: off
  const char* doc;
};

/// All thresholds, for help and documentation.
[[nodiscard]] const std::array<ThresholdInfo, static_cast<std::size_t>(Threshold::count_)>& threshold_table();

class Thresholds {
 public:
  Thresholds();  ///< the table's values

  /// Reads `{"rtt_warn": "5ms", "stream": {"fill_critical": 98}}`: names alone, or under the name of their check. Names of
  /// `nats server check` (peer_lag_critical, ...) are known too. Every problem is added.
  static Thresholds read(const Json& given, const std::string& path, schema::Problems& problems);
  /// What the asset's metadata says where no parameter was given. What cannot be read there is left as it was.
  [[nodiscard]] Thresholds with_metadata(std::string_view check, const Json& metadata) const;

  [[nodiscard]] const Limit& of(Threshold id) const { return limits_[static_cast<std::size_t>(id)]; }

 private:
  struct Given {
    bool warn = false, critical = false;
  };
  bool set(Threshold id, bool critical, const Json& value, std::string& problem);

  std::array<Limit, static_cast<std::size_t>(Threshold::count_)> limits_;
  std::array<Given, static_cast<std::size_t>(Threshold::count_)> given_{};
};

}  // namespace noetl::nats::health
