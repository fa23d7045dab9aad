// The parameters that every operation with a connection takes: where to connect, as whom, for how long.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "noetl/nats/operation.hpp"
#include "schema/fields.hpp"
#include "wire/options.hpp"

namespace noetl::nats {

struct ConnectionParams {
  std::vector<std::string> url;
  std::string user, creds_file, auth;
  Secret password, token, creds, nkey_seed, jwt;
  std::string nkey_file;
  bool tls = false;
  std::string tls_ca, tls_cert, tls_name;
  Secret tls_key;
  bool tls_first = false, tls_insecure = false;
  std::string domain, api_prefix, inbox_prefix;
  std::int64_t timeout_ms = 5000, connect_timeout_ms = 5000, attempts = 1;

  static auto fields() {
    using schema::field;
    return std::tuple{
        field("url", &ConnectionParams::url, "Server, or a list of servers to try in turn: nats://host:4222 or tls://host:4222.")
            .format("url")
            .alias("nats_url")
            .alias("server")
            .alias("servers")
            .defaulted(),
        field("user", &ConnectionParams::user, "User name; goes with password.").alias("nats_user").alias("username").defaulted(),
        field("password", &ConnectionParams::password, "Password. env:NAME and file:PATH are read from there.")
            .alias("nats_password")
            .defaulted(),
        field("token", &ConnectionParams::token, "Token; wins over user and password.").alias("nats_token").defaulted(),
        field("creds", &ConnectionParams::creds, "Text of a creds file (user JWT and seed).").defaulted(),
        field("creds_file", &ConnectionParams::creds_file, "Path of a creds file.").format("path").defaulted(),
        field("nkey_seed", &ConnectionParams::nkey_seed, "Seed of a user NKey (SU...).").defaulted(),
        field("nkey_file", &ConnectionParams::nkey_file, "Path of a file that holds the seed of a user NKey.").format("path").defaulted(),
        field("jwt", &ConnectionParams::jwt, "User JWT; goes with nkey_seed.").defaulted(),
        field("auth", &ConnectionParams::auth, "Alias of a NoETL credential that holds url and login; explicit parameters win.")
            .alias("credential")
            .defaulted(),
        field("tls", &ConnectionParams::tls, "Require TLS. Implied by tls:// and by any other tls_ parameter."),
        field("tls_ca", &ConnectionParams::tls_ca, "CA certificates that sign the server's: PEM text or path.").defaulted(),
        field("tls_cert", &ConnectionParams::tls_cert, "Client certificate: PEM text or path; goes with tls_key.").defaulted(),
        field("tls_key", &ConnectionParams::tls_key, "Key of the client certificate: PEM text or path.").defaulted(),
        field("tls_name", &ConnectionParams::tls_name, "Host name to expect in the server's certificate.").defaulted(),
        field("tls_first", &ConnectionParams::tls_first, "TLS handshake before the server's greeting."),
        field("tls_insecure", &ConnectionParams::tls_insecure, "Do not verify the server's certificate."),
        field("domain", &ConnectionParams::domain, "JetStream domain.").defaulted(),
        field("api_prefix", &ConnectionParams::api_prefix, "JetStream API prefix of an import, in place of $JS.API.").defaulted(),
        field("inbox_prefix", &ConnectionParams::inbox_prefix, "Prefix of reply subjects, for users who may not subscribe to _INBOX.")
            .format("subject")
            .alias("inbox")
            .defaulted(),
        field("timeout_ms", &ConnectionParams::timeout_ms,
              "Time for the whole operation, in milliseconds; waits that are asked for come on top.")
            .min(1)
            .max(600000),
        field("connect_timeout_ms", &ConnectionParams::connect_timeout_ms,
              "Time to connect, in milliseconds; a refused connection fails at once.")
            .min(1)
            .max(600000),
        field("attempts", &ConnectionParams::attempts, "How often to try when the failure can pass and a second try is safe.")
            .min(1)
            .max(100),
    };
  }
};

/// Resolves env:NAME and file:PATH, reads nkey_file. Errors: invalid_argument that names the parameter.
[[nodiscard]] Result<wire::Options> connection_options(const ConnectionParams& params, const Environment& environment);

/// The text behind env:NAME or file:PATH, or the secret itself. What does not resolve is an error that names the parameter:
/// it is never sent as the secret.
[[nodiscard]] Result<Secret> resolve_secret(const Secret& secret, const char* parameter, const Environment& environment);

/// Adds server and login where the parameters name none: NATS_URL, NATS_USER, NATS_PASSWORD, NATS_CREDS, the context
/// NATS_CONTEXT of the nats command line, the instance record, then nats://127.0.0.1:4222.
/// `from_environment` false (playbook steps): only the instance's record, and only for operations that have one.
[[nodiscard]] Result<void> fill_default_server(ConnectionParams& params, const Json& raw, Needs needs, bool from_environment,
                                               const Environment& environment);

/// `params` with what the credential named by `auth` holds; explicit parameters win, and `auth` is taken out.
[[nodiscard]] Result<Json> with_credential(const Json& params, const std::function<Result<Json>(const std::string&)>& lookup);

}  // namespace noetl::nats
