#include "noetl/nats/runtime.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <random>

#include "base/names.hpp"
#include "engine/connection_params.hpp"
#include "engine/context.hpp"
#include "engine/leases.hpp"

namespace noetl::nats {
namespace {

constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{1000};

/// A call whose parameters are checked.
struct Bound {
  const Operation* operation = nullptr;
  Operation::Call call;
  ConnectionParams common;
};

const schema::StructInfo* common_of(const Operation& operation) {
  return operation.info.needs == Needs::nothing ? nullptr : &schema::describe<ConnectionParams>();
}

/// The members of `params` that are common ones: those that the operation does not read itself.
Json common_part(const Operation& operation, const Json& params, const schema::StructInfo& common) {
  Json part = Json::object();
  for (const auto& [key, value] : params.items())
    if (operation.input->find(key) == nullptr && common.find(key) != nullptr) part[key] = value;
  return part;
}

Result<Bound> bind(const Registry& registry, std::string_view name, const Json& params) {
  Bound bound;
  bound.operation = registry.find(name);
  if (bound.operation == nullptr) return fail(registry.unknown(name));
  const auto& operation = *bound.operation;
  if (!params.is_object()) return fail(Code::invalid_argument, fmt::format("{}: the parameters must be an object", operation.name));
  schema::Problems problems;
  const auto* common = common_of(operation);
  bound.call = operation.bind(params, common, problems);
  if (common != nullptr) schema::read_struct(*common, common_part(operation, params, *common), &bound.common, "", problems);
  if (!problems.empty()) {
    Error error = schema::error_of(operation.name, problems);
    error.hint = fmt::format("noetl-nats describe {} shows the fields", operation.name);
    return fail(std::move(error));
  }
  return bound;
}

/// Retry only what is safe: reads, idempotent writes, and errors that prove that nothing was applied.
bool may_retry(const Operation& operation, const Error& error) {
  if (!error.can_retry()) return false;
  return operation.info.effect == Effect::read || operation.info.idempotent || !error.maybe_applied;
}

void pause_before_retry(int attempt, const Wait& wait) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const auto longest = std::min(kLongestPause, kFirstPause * (1 << std::min(attempt, 5)));
  const auto pause =
      std::chrono::milliseconds(longest.count() / 2 + static_cast<long>(random() % static_cast<unsigned>(longest.count() / 2 + 1)));
  const Wait until = wait.at_most(pause);
  (void)wait_until(
      until, [] { return false; }, pause);  // ends at its deadline, or when the caller stops
}

}  // namespace

struct Runtime::State {
  const Registry& registry;
  Environment environment;
  Leases leases;

  Result<Json> run(std::string_view name, const Json& params, const RunOptions& options);
  Result<Lease> lease(const Json& params, const RunOptions& options);
  Result<Json> attempt(const Bound& bound, const wire::Options& server, const Environment& seen, const RunOptions& options);
  /// Server and login of a call, with defaults filled in and secrets resolved.
  Result<wire::Options> server_for(std::string_view where, ConnectionParams& common, const Json& params, Needs needs,
                                   const Environment& seen, const RunOptions& options);
  [[nodiscard]] Environment seen_by(const RunOptions& options) const {
    return options.environment == nullptr ? environment : Environment(*options.environment);
  }
};

Result<wire::Options> Runtime::State::server_for(std::string_view where, ConnectionParams& common, const Json& params, Needs needs,
                                                 const Environment& seen, const RunOptions& options) {
  if (!common.auth.empty())
    return fail(Code::invalid_argument, fmt::format("{}: auth: the credential {} cannot be looked up here", where, in_quotes(common.auth)),
                "give url and login instead");
  NN_CHECK(fill_default_server(common, params, needs, options.default_server, seen));
  NN_TRY(auto server, connection_options(common, seen));
  server.reconnect = options.keep_connection;
  return server;
}

Result<Lease> Runtime::State::lease(const Json& given, const RunOptions& options) {
  NN_TRY(const Json params, options.credential ? with_credential(given, options.credential) : Result<Json>(given));
  NN_TRY(auto common, schema::decode<ConnectionParams>(params, "connect"));
  const Environment seen = seen_by(options);
  NN_TRY(const auto server, server_for("connect", common, params, Needs::connection, seen, options));
  const auto timeout = std::chrono::milliseconds(common.timeout_ms);
  NN_TRY(auto connection, leases.take(server, Wait::for_duration(timeout, options.cancel), options.keep_connection));
  return Lease{std::move(connection), js::api_prefix(common.domain, common.api_prefix), timeout};
}

Result<Json> Runtime::State::attempt(const Bound& bound, const wire::Options& server, const Environment& seen, const RunOptions& options) {
  Context::Parts parts;
  parts.wait = Wait::for_duration(std::chrono::milliseconds(bound.common.timeout_ms), options.cancel);
  parts.environment = &seen;
  parts.progress = options.progress;
  parts.domain = bound.common.domain;
  parts.api_prefix = bound.common.api_prefix;
  parts.fail_on_critical = options.fail_on_critical;
  parts.knows_delivery = static_cast<bool>(options.after_delivery);
  parts.server_hint = wire::safe_servers(server);
  parts.connect = [&](const Wait& wait) -> Result<std::shared_ptr<wire::Connection>> {
    if (server.servers.empty())
      return fail(Code::invalid_argument, fmt::format("{}: url: is required here", bound.operation->name),
                  "give url, or auth with the alias of a credential that has one");
    return leases.take(server, wait, options.keep_connection);
  };
  Context context(std::move(parts));
  auto result = bound.call(context);
  if (result && options.after_delivery)
    for (auto& task : context.take_deferred()) options.after_delivery(std::move(task));
  return result;
}

Result<Json> Runtime::State::run(std::string_view name, const Json& given, const RunOptions& options) {
  NN_TRY(const Json params, options.credential ? with_credential(given, options.credential) : Result<Json>(given));
  NN_TRY(Bound bound, bind(registry, name, params));
  const Environment seen = seen_by(options);
  wire::Options server;
  if (bound.operation->info.needs != Needs::nothing) {
    NN_TRY(server, server_for(bound.operation->name, bound.common, params, bound.operation->info.needs, seen, options));
  }
  for (int tried = 1;; ++tried) {
    auto result = attempt(bound, server, seen, options);
    if (result || tried >= bound.common.attempts || !may_retry(*bound.operation, result.error())) return result;
    pause_before_retry(tried, Wait::for_duration(kLongestPause, options.cancel));
    if (options.cancel != nullptr && options.cancel->requested()) return cancelled();
  }
}

Runtime::Runtime(const Registry& registry, std::map<std::string, std::string> environment)
    : state_(new State{registry, Environment(std::move(environment)), {}}) {}
Runtime::~Runtime() = default;

Json Runtime::run(std::string_view operation, const Json& params, const RunOptions& options) {
  auto result = try_run(operation, params, options);
  return result ? std::move(*result) : error_document(result.error());
}

Result<Json> Runtime::try_run(std::string_view operation, const Json& params, const RunOptions& options) {
  try {
    return state_->run(operation, params, options);
  } catch (const std::bad_alloc&) {
    return fail(Code::resource_exhausted, fmt::format("{}: out of memory", operation));
  } catch (const std::exception& problem) {
    return fail(Code::internal, fmt::format("{}: {}", operation, problem.what()), "please report this: it is a bug of noetl-nats");
  } catch (...) {
    return fail(Code::internal, fmt::format("{}: unknown exception", operation), "please report this: it is a bug of noetl-nats");
  }
}

std::optional<Error> Runtime::check(std::string_view operation, const Json& params) const {
  auto bound = bind(state_->registry, operation, params);
  if (bound) return std::nullopt;
  return std::move(bound).error();
}

Result<Lease> Runtime::lease(const Json& params, const RunOptions& options) { return state_->lease(params, options); }
const Registry& Runtime::registry() const { return state_->registry; }
void Runtime::close() { state_->leases.close(); }

}  // namespace noetl::nats
