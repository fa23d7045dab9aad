#include "jetstream/session_cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/names.hpp"
#include "jetstream/buckets.hpp"

namespace noetl::nats::js {
namespace {

constexpr const char* kTtlVariable = "NATS_SESSION_CACHE_TTL_SECS";
constexpr std::chrono::minutes kTtl{5};
constexpr std::int64_t kLargestSession = 10240;

/// RFC 3339, or seconds (or milliseconds, which are far larger) since the Unix epoch. Nothing: never.
std::optional<std::int64_t> expiry_of(const Json& session) {
  const auto found = session.find("expires_at");
  if (found == session.end()) return std::nullopt;
  if (found->is_string()) {
    const auto time = parse_time(found->get_ref<const std::string&>());
    return time ? std::optional(*time) : std::nullopt;
  }
  if (!found->is_number()) return std::nullopt;
  const double number = found->get<double>();
  return static_cast<std::int64_t>(number > 1e11 ? number * 1e6 : number * 1e9);
}

}  // namespace

Result<Nanos> session_ttl(const Environment& environment) {
  const auto text = environment.get(kTtlVariable);
  if (!text) return kTtl;
  std::int64_t seconds = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (problem != std::errc{} || end != text->data() + text->size() || seconds < 1)
    return fail(Code::invalid_argument,
                fmt::format("{} is {}; it must be a number of seconds, at least 1", kTtlVariable, in_quotes(*text)));
  return std::chrono::seconds(seconds);
}

Result<void> make_session_bucket(Api& api, const std::string& bucket, Nanos ttl, const Wait& wait) {
  NN_TRY(const auto present, find_bucket(api, BucketKind::kv, bucket, wait));
  if (present) return {};
  BucketSpec spec{.description = "sessions of users", .ttl = ttl, .history = 1, .max_value_size = kLargestSession};
  NN_TRY(const int level, api.level(wait));
  if (level >= 1) spec.limit_marker_ttl = std::clamp<Nanos>(ttl, std::chrono::seconds(1), std::chrono::minutes(1));
  auto made = apply_bucket(api, BucketKind::kv, bucket, spec, {}, wait);
  // Somebody else may have made it meanwhile, with settings of their own.
  if (!made && made.error().code != Code::already_exists) return fail(std::move(made).error());
  return {};
}

std::vector<SessionProblem> check_session(const Json& session) {
  if (!session.is_object()) return {{"", "must be an object (user_id, is_active, roles, expires_at, ...)"}};
  std::vector<SessionProblem> problems;
  const auto check = [&](const char* name, bool (*fits)(const Json&), const char* what) {
    if (session.contains(name) && !session[name].is_null() && !fits(session[name]))
      problems.push_back({name, fmt::format("must be {}", what)});
  };
  check(
      "user_id", [](const Json& value) { return value.is_number_integer(); }, "a whole number");
  check(
      "is_active", [](const Json& value) { return value.is_boolean(); }, "true or false");
  check(
      "roles", [](const Json& value) { return value.is_array(); }, "a list");
  check(
      "expires_at", [](const Json& value) { return value.is_number() || (value.is_string() && parse_time(value.get<std::string>())); },
      "a time like 2026-01-31T12:00:00Z, or seconds since 1970");
  return problems;
}

SessionState state_of_session(const Json& session, std::int64_t now_unix_nanos) {
  if (!session.is_object()) return SessionState::good;
  if (session.contains("is_active") && session["is_active"] == false) return SessionState::inactive;
  const auto expiry = expiry_of(session);
  return expiry && *expiry <= now_unix_nanos ? SessionState::expired : SessionState::good;
}

}  // namespace noetl::nats::js
