// How to reach a server and who to be there.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "noetl/nats/result.hpp"

namespace noetl::nats::wire {

struct TlsOptions {
  bool required = false;  ///< also when a server's scheme is tls:// or any other member is set
  std::string ca;         ///< PEM text, or the path of a file with it
  std::string cert;       ///< the client's certificate: PEM text or path
  Secret key;             ///< the client's key: PEM text or path
  std::string name;       ///< expected host name in the server's certificate
  bool insecure = false;  ///< do not verify the server's certificate
  bool first = false;     ///< handshake before INFO (needs a newer nats.c: unimplemented)

  friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

struct Options {
  std::vector<std::string> servers;  ///< nats://host:port, tls://host:port, host:port; userinfo allowed
  std::string user;
  Secret password, token;
  std::string creds_file;
  Secret creds;      ///< text of a creds file
  Secret nkey_seed;  ///< "SU..."
  Secret jwt;        ///< user JWT, with nkey_seed
  TlsOptions tls;
  std::string inbox_prefix = "_INBOX";
  std::string name = "noetl-nats";
  std::chrono::milliseconds connect_timeout{5000};
  bool reconnect = false;  ///< long-lived clients: reconnect in the background; one-shot commands: fail at once
};

/// host:port of a server URL without scheme, user and password: safe to print.
[[nodiscard]] std::string safe_url(const std::string& server);
/// All servers of the options for a message: "nats://127.0.0.1:4222".
[[nodiscard]] std::string safe_servers(const Options& options);
/// Checks what can be checked without a network: schemes, ports, half pairs of user and password, TLS files.
[[nodiscard]] Result<Options> checked(Options options);
/// Whether one connection can serve both: same servers, identity, TLS and options; how long connecting may take is no matter.
[[nodiscard]] bool may_share(const Options& a, const Options& b);

}  // namespace noetl::nats::wire
