// Helpers of several checks, and what a stream's check shares with a bucket's.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/units.hpp"
#include "health/checks.hpp"

namespace noetl::nats::health {
namespace {

constexpr double kNanosPerSecond = 1e9;
constexpr std::int64_t kNeverHeard = -1;  // `active` of a mirror or source that was never contacted

std::vector<std::string_view> tokens_of(std::string_view subject) {
  std::vector<std::string_view> tokens;
  for (std::size_t start = 0; start <= subject.size();) {
    const auto dot = std::min(subject.find('.', start), subject.size());
    tokens.push_back(subject.substr(start, dot - start));
    start = dot + 1;
  }
  return tokens;
}

void judge_one_source(Check& check, const Json& source, const std::string& kind, const Thresholds& thresholds) {
  const auto name = text_in(source, "name");
  const auto lag = number_in(source, "lag");
  const auto active = number_in(source, "active");
  const Json evidence{{"name", name}, {"lag", lag}, {"active_s", active < 0 ? -1.0 : static_cast<double>(active) / kNanosPerSecond}};
  if (const auto& error = object_in(source, "error"); !error.empty()) {
    Json with_error = evidence;
    with_error["error"] = error;
    check.add(Level::critical, "stream_source_error", fmt::format("{} {}: {}", kind, name, text_in(error, "description")), with_error,
              "does the origin stream exist, and does the account import its API (external.api)?");
  }
  if (const auto level = thresholds.of(Threshold::source_lag).judge(static_cast<double>(lag)); level != Level::ok)
    check.add(level, "stream_source_lags", fmt::format("{} {} is {} behind", kind, name, counted(lag, "message")), evidence,
              fmt::format("does the origin answer, and is the link fast enough? noetl-nats stream info {}", shell_word(name)));
  const auto& seen = thresholds.of(Threshold::source_seen);
  if (active == kNeverHeard) {
    check.add(seen.critical || seen.warn ? Level::critical : Level::ok, "stream_source_never_seen",
              fmt::format("{} {} was never heard", kind, name), evidence,
              "does the origin stream exist, and can its servers be reached from here?");
  } else if (const auto level = seen.judge(static_cast<double>(active) / kNanosPerSecond); level != Level::ok) {
    check.add(level, "stream_source_silent", fmt::format("{} {} was not heard for {}", kind, name, human_duration(Nanos(active))), evidence,
              "is the server of the origin stream up, and the route, gateway or leaf node to it?");
  }
}

}  // namespace

std::string shell_word(const std::string& name) {
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == ':' || c == '=' || c == '@';
  });
  if (plain) return name;
  std::string out = "'";
  for (const char c : name) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string counted(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", human_count(count), noun, count == 1 ? "" : "s");
}

std::string human_seconds(double seconds) {
  if (seconds < 0.1) return fmt::format("{:.2f} ms", seconds * 1000);
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1000);
  return human_duration(std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(seconds)));
}

std::int64_t number_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return 0;
  if (found->is_number_unsigned()) {
    const auto number = found->get<std::uint64_t>();
    return std::in_range<std::int64_t>(number) ? static_cast<std::int64_t>(number) : 0;  // the server's "none" is 2^64-1
  }
  if (found->is_number_integer()) return found->get<std::int64_t>();
  return found->is_number_float() ? static_cast<std::int64_t>(found->get<double>()) : 0;
}

std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const Json& object_in(const Json& object, const char* key) {
  static const Json kEmpty = Json::object();
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : kEmpty;
}

std::optional<std::int64_t> time_in(const Json& object, const char* key) {
  const auto text = text_in(object, key);
  if (text.empty() || text.starts_with("0001-01-01")) return std::nullopt;
  auto time = parse_time(text);
  return time ? std::optional<std::int64_t>(*time) : std::nullopt;
}

bool filters_overlap(std::string_view a, std::string_view b) {
  const auto left = tokens_of(a), right = tokens_of(b);
  for (std::size_t i = 0;; ++i) {
    if (i == left.size() || i == right.size()) return left.size() == right.size();
    if (left[i] == ">" || right[i] == ">") return true;
    if (left[i] != right[i] && left[i] != "*" && right[i] != "*") return false;
  }
}

void judge(Check& check, const Thresholds& thresholds, Threshold id, double value, const Perf& perf, const std::string& code,
           const std::string& text, const std::string& hint) {
  const auto& limit = thresholds.of(id);
  Perf shown = perf;
  shown.warn = limit.warn;
  shown.crit = limit.critical;
  check.perf.push_back(shown);
  const auto level = limit.judge(value);
  if (level == Level::ok) return;
  check.add(level, code, text, {{perf.name, value}, {"threshold", *limit.reached(level)}}, hint);
}

void judge_replicas(Check& check, const Json& info, const Thresholds& thresholds) {
  const auto wanted = std::max<std::int64_t>(number_in(object_in(info, "config"), "num_replicas"), 1);
  const auto& cluster = object_in(info, "cluster");
  const auto others = cluster.contains("replicas") && cluster["replicas"].is_array() ? cluster["replicas"] : Json::array();
  const auto have = static_cast<std::int64_t>(others.size()) + (text_in(cluster, "leader").empty() ? 0 : 1);
  if (wanted > 1 && text_in(cluster, "leader").empty())
    check.add(Level::warning, "stream_no_leader", "no leader at the moment", {{"replicas", others}},
              "an election takes some seconds; if it stays so, more than half of the replicas are down: noetl-nats health --checks server");
  else if (wanted > 1 && have != wanted)
    check.add(Level::critical, "stream_replicas_missing", fmt::format("{} of {} replicas", have, wanted),
              {{"replicas", have}, {"num_replicas", wanted}}, "is a server down, or were there too few servers with room (placement)?");
  if (const auto& limit = thresholds.of(Threshold::replicas_min);
      limit.judge(static_cast<double>(std::max<std::int64_t>(have, 1))) != Level::ok)
    check.add(limit.judge(static_cast<double>(std::max<std::int64_t>(have, 1))), "stream_too_few_replicas",
              fmt::format("only {} replicas", std::max<std::int64_t>(have, 1)), {{"replicas", have}},
              "raise num_replicas with stream apply");
  for (const auto& peer : others) {
    const auto name = text_in(peer, "name");
    const auto lag = number_in(peer, "lag");
    const auto active = static_cast<double>(number_in(peer, "active")) / kNanosPerSecond;
    const Json evidence{{"name", name}, {"lag", lag}, {"active_s", active}, {"current", peer.value("current", false)}};
    if (peer.value("offline", false)) {
      check.add(Level::critical, "stream_replica_offline", fmt::format("replica {} is offline", name), evidence,
                fmt::format("server {} is down or cut off", name));
      continue;
    }
    if (const auto level = thresholds.of(Threshold::replica_seen).judge(active); level != Level::ok && !peer.value("current", false))
      check.add(level, "stream_replica_not_current",
                fmt::format("replica {} is not current, last heard {} ago", name, human_seconds(active)), evidence,
                fmt::format("is server {} overloaded, or slow to reach?", name));
    if (const auto level = thresholds.of(Threshold::replica_lag).judge(static_cast<double>(lag)); level != Level::ok)
      check.add(level, "stream_replica_lags", fmt::format("replica {} is {} operations behind", name, human_count(lag)), evidence,
                fmt::format("is the disk of server {} slow, or the server overloaded?", name));
  }
}

void judge_sources(Check& check, const Json& info, const Thresholds& thresholds) {
  const auto& mirror = object_in(info, "mirror");
  if (!mirror.empty()) judge_one_source(check, mirror, "mirror of", thresholds);
  const auto sources = info.contains("sources") && info["sources"].is_array() ? info["sources"] : Json::array();
  for (const auto& source : sources) judge_one_source(check, source, "source", thresholds);
  const auto count = static_cast<double>(sources.size());
  for (const auto id : {Threshold::sources_min, Threshold::sources_max})
    if (const auto level = thresholds.of(id).judge(count); level != Level::ok)
      check.add(level, id == Threshold::sources_min ? "stream_too_few_sources" : "stream_too_many_sources",
                fmt::format("{} sources", sources.size()), {{"sources", sources.size()}, {"threshold", *thresholds.of(id).reached(level)}},
                "noetl-nats stream info shows them");
}

}  // namespace noetl::nats::health
