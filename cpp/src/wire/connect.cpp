// Making a connection: our options as those of nats.c, and a precise reason when it fails.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "wire/nkeys.hpp"
#include "wire/probe.hpp"
#include "wire/shared.hpp"
#include "wire/status.hpp"
#include "wire/url.hpp"

namespace noetl::nats::wire {
namespace {

constexpr int kReadBuffer = 128 * 1024;

/// Who we are, kept alive for the callbacks of nats.c, which sign the server's nonce.
struct Identity {
  Secret seed;
  Secret jwt;
};

void on_error(natsConnection*, natsSubscription*, natsStatus status, void* closure) {
  const char* text = nats_GetLastError(nullptr);
  if (const auto shared = find_shared(closure)) shared->on_error(status, text == nullptr ? "" : text);
}

void on_closed(natsConnection*, void* closure) {
  if (const auto shared = find_shared(closure)) shared->on_closed();
}

natsStatus on_attach(void** user_data, void* socket, natsConnection*, natsSock descriptor) {
  *user_data = socket;
  static_cast<Socket*>(socket)->attached(descriptor);
  return NATS_OK;
}

/// nats.c no longer wants to read: the link is lost. It goes on with `on_attach`, or `on_detach` for good.
natsStatus on_read(void* socket, bool add) {
  if (!add) static_cast<Socket*>(socket)->detached();
  return NATS_OK;
}

natsStatus on_write(void* socket, bool add) {
  if (add) static_cast<Socket*>(socket)->has_output();
  return NATS_OK;
}

natsStatus on_detach(void* socket) {
  static_cast<Socket*>(socket)->detached();
  return NATS_OK;
}

natsStatus sign(char**, unsigned char** signature, int* length, const char* nonce, void* closure) {
  return nats_Sign(static_cast<Identity*>(closure)->seed.reveal().c_str(), nonce, signature, length);
}

natsStatus give_jwt(char** jwt, char**, void* closure) {
  *jwt = strdup(static_cast<Identity*>(closure)->jwt.reveal().c_str());
  return *jwt == nullptr ? NATS_NO_MEMORY : NATS_OK;
}

Result<std::string> read_file(const std::string& path, const char* parameter) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return fail(Code::invalid_argument, fmt::format("{}: cannot read {}: {}", parameter, path, std::strerror(errno)));
  return text.str();
}

/// PEM text as it is, else the content of the file of that name.
Result<std::string> pem(const std::string& text_or_path, const char* parameter) {
  if (text_or_path.find("-----BEGIN") != std::string::npos) return text_or_path;
  return read_file(text_or_path, parameter);
}

class Builder {
 public:
  Builder() {
    natsOptions* raw = nullptr;
    status_ = natsOptions_Create(&raw);
    options_.reset(raw);
  }
  template <class F, class... Args>
  Builder& set(F function, Args... args) {
    if (status_ == NATS_OK) status_ = function(options_.get(), args...);
    return *this;
  }
  [[nodiscard]] natsOptions* get() const { return options_.get(); }
  [[nodiscard]] Result<void> done(std::string_view attempted) const {
    if (status_ == NATS_OK) return {};
    return fail(status_error(status_, attempted));
  }

 private:
  OptionsHandle options_;
  natsStatus status_ = NATS_OK;
};

Result<void> set_servers(Builder& builder, Options& options) {
  std::vector<std::string> addresses;
  for (const auto& server : options.servers) {
    NN_TRY(const auto url, parse_url(server));
    addresses.push_back("nats://" + url.address());
    if (!url.has_login || !options.user.empty() || !options.token.empty()) continue;  // parameters win over the URL
    if (url.user.empty())
      options.token = url.password;
    else
      options.user = url.user, options.password = url.password;
  }
  std::vector<const char*> list;
  for (const auto& address : addresses) list.push_back(address.c_str());
  builder.set(natsOptions_SetServers, list.data(), static_cast<int>(list.size()));
  return builder.done("cannot use the server URLs");
}

/// nats.c puts these texts into the JSON of CONNECT as they are: a quote would end the value and begin another one.
std::string in_json(const std::string& text) {
  const std::string quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

Result<void> set_identity(Builder& builder, const Options& options, Identity& identity) {
  if (!options.token.empty()) {  // a token wins, as in NoETL's engine
    builder.set(natsOptions_SetToken, in_json(options.token.reveal()).c_str());
  } else if (!options.user.empty()) {
    builder.set(natsOptions_SetUserInfo, in_json(options.user).c_str(), in_json(options.password.reveal()).c_str());
  }
  Secret creds = options.creds;
  if (!options.creds_file.empty()) {
    NN_TRY(auto text, read_file(options.creds_file, "creds_file"));
    creds = Secret(std::move(text));
  }
  if (!creds.empty()) {
    NN_TRY(auto parsed, parse_creds(creds));
    identity = Identity{parsed.seed, parsed.jwt};
  } else {
    identity = Identity{options.nkey_seed, options.jwt};
  }
  if (identity.seed.empty()) return {};
  NN_TRY(const auto public_key, public_key_of(identity.seed));
  if (identity.jwt.empty())
    builder.set(natsOptions_SetNKey, public_key.c_str(), sign, &identity);
  else
    builder.set(natsOptions_SetUserCredentialsCallbacks, give_jwt, &identity, sign, &identity);
  return builder.done("cannot use the credentials");
}

Result<void> set_tls(Builder& builder, const TlsOptions& tls) {
  if (!tls.required) return {};
  builder.set(natsOptions_SetSecure, true);  // without it a tls:// URL falls back to clear text
  if (!tls.ca.empty()) {
    NN_TRY(const auto text, pem(tls.ca, "tls_ca"));
    builder.set(natsOptions_SetCATrustedCertificates, text.c_str());
  }
  NN_CHECK(builder.done("tls_ca is not usable"));
  if (!tls.cert.empty()) {
    NN_TRY(const auto cert, pem(tls.cert, "tls_cert"));
    NN_TRY(const auto key, pem(tls.key.reveal(), "tls_key"));
    builder.set(natsOptions_SetCertificatesChain, cert.c_str(), key.c_str());
  }
  NN_CHECK(builder.done("tls_cert and tls_key are not usable"));
  if (!tls.name.empty()) builder.set(natsOptions_SetExpectedHostname, tls.name.c_str());
  if (tls.insecure) builder.set(natsOptions_SkipServerVerification, true);
  return builder.done("the TLS parameters are not usable");
}

void set_times(Builder& builder, const Options& options, std::int64_t connect_ms, Shared& shared) {
  const auto id = shared.id;
  builder.set(natsOptions_SetTimeout, connect_ms)
      .set(natsOptions_SetName, in_json(options.name).c_str())
      .set(natsOptions_SetAllowReconnect, options.reconnect)
      .set(natsOptions_SetMaxReconnect, options.reconnect ? -1 : 0)
      .set(natsOptions_SetReconnectWait, static_cast<std::int64_t>(250))
      // Without a caretaker nobody reads the answer to a ping while the caller is busy with something else.
      .set(natsOptions_SetPingInterval, static_cast<std::int64_t>(options.reconnect ? 20'000 : 120'000))
      .set(natsOptions_SetMaxPingsOut, 2)
      .set(natsOptions_SetSendAsap, true)  // no flusher thread: we write
      .set(natsOptions_SetIOBufSize, kReadBuffer)
      .set(natsOptions_SetEventLoop, static_cast<void*>(&shared.socket), on_attach, on_read, on_write, on_detach)
      .set(natsOptions_SetNoRandomize, true)
      .set(natsOptions_SetIgnoreDiscoveredServers, true)  // gossiped URLs are out of reach behind a port-forward
      .set(natsOptions_SetFailRequestsOnDisconnect, true)
      .set(natsOptions_SetErrorHandler, on_error, reinterpret_cast<void*>(id))
      .set(natsOptions_SetClosedCB, on_closed, reinterpret_cast<void*>(id));
}

bool is_login_set(const Options& options) {
  return !options.user.empty() || !options.token.empty() || !options.creds.empty() || !options.creds_file.empty() ||
         !options.nkey_seed.empty();
}

std::string kind_of_login(const Options& options) {
  if (!options.creds_file.empty() || !options.creds.empty()) return "these credentials";
  if (!options.token.empty()) return "this token";
  if (!options.nkey_seed.empty()) return "this nkey";
  return fmt::format("user {} with this password", options.user);
}

Error not_accepted(const Options& options) {
  const auto where = safe_servers(options);
  if (!is_login_set(options))
    return {.code = Code::unauthenticated,
            .message = fmt::format("{} wants a login and none was given", where),
            .hint = "give user and password, token, or creds_file"};
  return {.code = Code::unauthenticated,
          .message = fmt::format("{} does not accept {}", where, kind_of_login(options)),
          .hint = "check the credentials; a server forgets old ones when its configuration is reloaded"};
}

/// Why nats.c could not connect. Its "no server available" hides the reason, so we look ourselves.
Error explain(const Error& problem, natsStatus status, const Options& options, const Wait& wait) {
  const auto where = safe_servers(options);
  switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
      return not_accepted(options);
    case NATS_SECURE_CONNECTION_REQUIRED:
      return {.code = Code::failed_precondition,
              .message = fmt::format("{} takes TLS connections only", where),
              .hint = "write the url with tls://"};
    case NATS_SECURE_CONNECTION_WANTED:
      return {.code = Code::failed_precondition,
              .message = fmt::format("{} has no TLS, and TLS was asked for; nothing was sent", where),
              .hint = "use nats:// if clear text is meant, or enable TLS on the server"};
    case NATS_SSL_ERROR:
      return {.code = Code::failed_precondition,
              .message = fmt::format("TLS with {} failed: {}", where, problem.message),
              .hint = "give the CA with tls_ca, or the name in the certificate with tls_name"};
    default:
      break;
  }
  for (const auto& server : options.servers) {
    const auto url = parse_url(server);
    if (!url) return url.error();
    const auto info = probe(*url, wait.at_most(std::chrono::seconds(2)));
    if (!info) return info.error();
  }
  return {.code = Code::unavailable, .message = fmt::format("cannot connect to {}: {}", where, problem.message)};
}

struct Attempt {
  Builder builder;
  Identity identity;
  std::shared_ptr<Shared> shared;
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  natsStatus status = NATS_OK;
  std::optional<Error> error;
};

void run(const std::shared_ptr<Attempt>& attempt) {
  natsConnection* connection = nullptr;
  const auto status = natsConnection_Connect(&connection, attempt->builder.get());
  std::optional<Error> error;
  if (status != NATS_OK) error = status_error(status, "connect");
  {
    const std::lock_guard lock(attempt->mutex);
    attempt->status = status;
    attempt->error = std::move(error);
    attempt->shared->connection = connection;  // closed with it when nobody waits any more
    attempt->done = true;
  }
  attempt->ended.notify_all();
}

/// nats.c cannot be interrupted while it connects. With somebody to cancel, it runs on a thread that may be left behind.
Result<void> run_and_wait(const std::shared_ptr<Attempt>& attempt, const Wait& wait) {
  if (wait.cancel == nullptr) {
    run(attempt);
    return {};
  }
  std::thread([attempt] {
    run(attempt);
    nats_ReleaseThreadMemory();
  }).detach();
  std::unique_lock lock(attempt->mutex);
  while (!attempt->done) {
    attempt->ended.wait_for(lock, kWaitSlice);
    if (attempt->done) break;
    lock.unlock();
    const bool stop = wait.cancelled();
    lock.lock();
    if (stop) return cancelled();
  }
  return {};
}

void read_server(Shared& shared) {
  char buffer[256] = {};
  if (natsConnection_GetConnectedUrl(shared.connection, buffer, sizeof buffer) == NATS_OK) shared.server.url = safe_url(buffer);
  if (natsConnection_GetConnectedServerId(shared.connection, buffer, sizeof buffer) == NATS_OK) shared.server.id = buffer;
  shared.server.max_payload = natsConnection_GetMaxPayload(shared.connection);
  natsConnection_GetClientID(shared.connection, &shared.server.client_id);
  char* ip = nullptr;
  if (natsConnection_GetClientIP(shared.connection, &ip) == NATS_OK && ip != nullptr) shared.server.client_ip = ip;
  std::free(ip);
}

}  // namespace

Result<std::shared_ptr<Shared>> connect(const Options& given, const Wait& wait) {
  NN_TRY(Options options, checked(given));
  const auto attempt = std::make_shared<Attempt>();
  NN_CHECK(set_servers(attempt->builder, options));
  NN_CHECK(set_identity(attempt->builder, options, attempt->identity));
  NN_CHECK(set_tls(attempt->builder, options.tls));
  auto shared = std::make_shared<Shared>(options);
  shared->pid = getpid();
  shared->id = register_shared(shared);
  attempt->shared = shared;
  const auto limit =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::min<Clock::duration>(wait.remaining(), options.connect_timeout));
  set_times(attempt->builder, options, std::max<std::int64_t>(1, limit.count()), *shared);
  NN_CHECK(attempt->builder.done("cannot prepare the connection"));

  NN_CHECK(run_and_wait(attempt, wait));
  if (attempt->error) return fail(explain(*attempt->error, attempt->status, options, wait));
  shared->identity = std::shared_ptr<Identity>(attempt, &attempt->identity);
  attempt->shared.reset();
  read_server(*shared);
  if (options.reconnect) shared->start_caretaker();
  return shared;
}

}  // namespace noetl::nats::wire
