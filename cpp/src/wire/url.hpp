// Server URLs: nats://user:password@host:port and its short forms.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "noetl/nats/result.hpp"

namespace noetl::nats::wire {

struct ServerUrl {
  bool tls = false;
  std::string host;  ///< without brackets
  int port = 4222;
  std::string user;
  Secret password;  ///< with an empty user: a token
  bool has_login = false;

  /// host:port, brackets around an IPv6 address.
  [[nodiscard]] std::string address() const;
};

/// Errors: invalid_argument (no host, bad port, scheme that is not NATS), unimplemented (ws://, wss://). Messages never
/// show user or password.
[[nodiscard]] Result<ServerUrl> parse_url(std::string_view text);

}  // namespace noetl::nats::wire
