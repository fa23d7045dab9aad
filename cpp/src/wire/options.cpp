#include "wire/options.hpp"

#include <fmt/format.h>

#include "wire/url.hpp"

namespace noetl::nats::wire {
std::string safe_url(const std::string& server) {
  const auto url = parse_url(server);
  return url ? url->address() : std::string("(unreadable server URL)");
}

std::string safe_servers(const Options& options) {
  std::string out;
  for (const auto& server : options.servers) out += (out.empty() ? "" : ", ") + safe_url(server);
  return out;
}

Result<Options> checked(Options options) {
  if (options.servers.empty()) return fail(Code::invalid_argument, "no server given", "give url, for example nats://127.0.0.1:4222");
  bool any_login = false;
  for (const auto& server : options.servers) {
    NN_TRY(const auto url, parse_url(server));
    any_login = any_login || url.has_login;
    options.tls.required = options.tls.required || url.tls;
  }
  auto& tls = options.tls;
  tls.required = tls.required || tls.insecure || tls.first || !tls.ca.empty() || !tls.cert.empty() || !tls.key.empty() || !tls.name.empty();
  if (tls.first)
    return fail(Code::unimplemented, "tls_first: the handshake before INFO needs nats.c 3.10 or newer; this build has an older one");
  if (tls.cert.empty() != tls.key.empty())
    return fail(Code::invalid_argument,
                fmt::format("tls_{} is given without tls_{}", tls.cert.empty() ? "key" : "cert", tls.cert.empty() ? "cert" : "key"));
  if (options.token.empty() && options.user.empty() != options.password.empty())
    return fail(Code::invalid_argument, options.user.empty() ? "password is given without user" : "user is given without password",
                "give both, or a token, or creds_file");
  if (!options.jwt.empty() && options.nkey_seed.empty())
    return fail(Code::invalid_argument, "jwt is given without nkey_seed", "a user JWT needs the seed that signs the server's nonce");
  return options;
}

bool may_share(const Options& a, const Options& b) {
  return a.servers == b.servers && a.user == b.user && a.password == b.password && a.token == b.token && a.creds_file == b.creds_file &&
         a.creds == b.creds && a.nkey_seed == b.nkey_seed && a.jwt == b.jwt && a.tls == b.tls && a.inbox_prefix == b.inbox_prefix &&
         a.name == b.name && a.reconnect == b.reconnect;
}

}  // namespace noetl::nats::wire
