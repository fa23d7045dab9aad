// The configuration of a nats-server: from a typed specification to data, from data to the server's own syntax.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "noetl/nats/result.hpp"

namespace noetl::nats::deploy {

inline constexpr const char* kAccount = "NOETL";
inline constexpr const char* kSystemAccount = "$SYS";

struct ServerSpec {
  std::string instance;
  std::string host = "127.0.0.1";
  int port = 4222;
  int http_port = 8222;  ///< 0: no monitoring port
  std::string store_dir, log_file, pid_file;
  std::int64_t max_memory_store = std::int64_t{1} << 30;
  std::int64_t max_file_store = std::int64_t{5} << 30;
  std::string sync_interval;  ///< "always", a duration, or empty: the server's default, 2 minutes
  std::string domain;
  std::string user = "noetl";  ///< of the account NOETL
  Secret password{"noetl"};
  std::string sys_user = "sys";  ///< of the system account
  Secret sys_password{"sys"};
  Json accounts = Json::object();  ///< more accounts, or more of NOETL and $SYS, as in the server's configuration
  Json config = Json::object();    ///< anything else of it
};

/// The whole configuration as data. `config` is merged over ours member by member (null takes one out); what has a
/// parameter of its own is refused there. Error: invalid_argument with details.problems.
[[nodiscard]] Result<Json> config_of(const ServerSpec& spec);

/// Text that nats-server reads as exactly this data: every text is quoted, so nothing in it is taken for a variable, an
/// include or a number. Error: invalid_argument for a name that its syntax cannot express.
[[nodiscard]] Result<std::string> render(const Json& config);

/// Whether the value under this name is masked in what people see.
[[nodiscard]] bool is_secret_name(const std::string& key);

/// What differs, as [{path, from, to}]: members that are absent are null, secrets are masked.
[[nodiscard]] Json config_changes(const Json& before, const Json& after);
/// Whether a running server takes over all of these changes when it reads its configuration again (nats-server reload.go).
[[nodiscard]] bool can_reload(const Json& changes, std::string_view server_version);

/// Compares "2.9.25" and "2.15.1" as numbers: negative, 0 or positive.
[[nodiscard]] int compare_versions(std::string_view a, std::string_view b);

}  // namespace noetl::nats::deploy
