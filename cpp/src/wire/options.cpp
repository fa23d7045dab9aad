#include "wire/options.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "wire/url.hpp"

namespace noetl::nats::wire {
namespace {

std::string digest(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), out.data(), &length, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(out.data()), length};
}

}  // namespace

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

std::string lease_key(const Options& options) {
  std::string text;
  const auto add = [&](const std::string& part) { text += fmt::format("{}:", part.size()) + part; };
  for (const auto& server : options.servers) add(server);
  add("|");
  for (const auto& part :
       {options.user, options.creds_file, options.tls.ca, options.tls.cert, options.tls.name, options.inbox_prefix, options.name})
    add(part);
  for (const auto* secret : {&options.password, &options.token, &options.creds, &options.nkey_seed, &options.jwt, &options.tls.key})
    add(secret->reveal());
  add(fmt::format("{}{}{}{}", options.tls.required, options.tls.insecure, options.tls.first, options.reconnect));
  return digest(text);
}

}  // namespace noetl::nats::wire
