// Sessions in a bucket, in the shape in which NoETL's gateway keeps them: JSON objects with user_id, is_active, roles,
// expires_at. The bucket is made on first use.
#pragma once

#include <string>
#include <vector>

#include "base/environment.hpp"
#include "jetstream/kv.hpp"

namespace noetl::nats::js {

inline constexpr const char* kSessionBucket = "sessions";

/// How long a session lives: NATS_SESSION_CACHE_TTL_SECS, or 5 minutes. Error: invalid_argument for what is no such number.
[[nodiscard]] Result<Nanos> session_ttl(const Environment& environment);

/// Makes the bucket unless it is there: history 1, values up to 10 KiB, everything lives for `ttl`, and single keys may have
/// a ttl of their own where the server can (2.11).
[[nodiscard]] Result<void> make_session_bucket(Api& api, const std::string& bucket, Nanos ttl, const Wait& wait);

struct SessionProblem {
  std::string member;  ///< "user_id"; empty: the value itself
  std::string message;
};
/// What is wrong with a session: not an object, or a member of another type than the gateway reads.
[[nodiscard]] std::vector<SessionProblem> check_session(const Json& session);

enum class SessionState { good, inactive, expired };
[[nodiscard]] SessionState state_of_session(const Json& session, std::int64_t now_unix_nanos);

}  // namespace noetl::nats::js
