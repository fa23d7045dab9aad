// The JetStream API: one request, one JSON answer, errors by err_code (wire/status.hpp).
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/wait.hpp"
#include "wire/connection.hpp"

namespace noetl::nats::js {

/// Thread-safe. `prefix` is "$JS.API", "$JS.<domain>.API" or what an import made of it.
class Api {
 public:
  explicit Api(wire::Connection& connection, std::string prefix = "$JS.API") : connection_(&connection), prefix_(std::move(prefix)) {}

  /// Sends `body` (null: empty) to <prefix>.<subject>. An `error` member becomes our error, with details.nats and
  /// details.subject. Further errors: failed_precondition (no JetStream for this account), as Connection::request.
  [[nodiscard]] Result<Json> call(std::string_view subject, const Json& body, const Wait& wait);
  /// What `call` makes of a reply, for a request to `full_subject` that was sent by other means (wire::Requests).
  [[nodiscard]] Result<Json> answer(const std::string& full_subject, Result<wire::Message> reply) const;
  /// As `call`, but a not_found answer is nothing rather than an error.
  [[nodiscard]] Result<std::optional<Json>> find(std::string_view subject, const Json& body, const Wait& wait);
  /// All items of a paged list (`STREAM.NAMES`, `CONSUMER.LIST.S`, ...): `member` names the array in the answer.
  [[nodiscard]] Result<Json> list(std::string_view subject, Json body, const char* member, const Wait& wait);

  /// `$JS.API.INFO`, asked once and kept.
  [[nodiscard]] Result<Json> account(const Wait& wait);
  /// API level: 0 up to server 2.10, 1 = 2.11, 2 = 2.12, 4 = 2.14, 5 = 2.15.
  [[nodiscard]] Result<int> level(const Wait& wait);
  /// `unimplemented` unless the level is reached: "kv_put ttl needs server 2.11 (API level 1), server has 2.10.25".
  [[nodiscard]] Result<void> require_level(int level, std::string_view what, const Wait& wait);

  [[nodiscard]] wire::Connection& connection() const { return *connection_; }
  [[nodiscard]] std::string subject(std::string_view rest) const { return prefix_ + "." + std::string(rest); }
  [[nodiscard]] const std::string& prefix() const { return prefix_; }

 private:
  wire::Connection* connection_;
  std::string prefix_;
  std::mutex mutex_;  ///< of account_
  std::optional<Json> account_;
};

/// The server's err_code of an error that came from the API (details.nats); 0 for another one.
[[nodiscard]] int err_code_of(const Error& error);
inline constexpr int kConsumerNotFound = 10014;
inline constexpr int kMessageNotFound = 10037;
inline constexpr int kStreamNotFound = 10059;

/// The prefix for a domain or an explicit api_prefix (both empty: "$JS.API").
[[nodiscard]] std::string api_prefix(const std::string& domain, const std::string& prefix);
/// First server version that has an API level, for messages.
[[nodiscard]] std::string server_version_of(int level);

}  // namespace noetl::nats::js
