// Errors and results. No exception crosses a layer: a function that can fail returns Result<T>.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "noetl/nats/json.hpp"

namespace noetl::nats {

/// What kind of failure. Prints as in JSON: `Code::not_found` is "not_found".
enum class Code {
  invalid_argument,     ///< the parameters are wrong, whatever the state of the server
  not_found,            ///< the named thing is absent
  already_exists,       ///< a create collides with what is there
  conflict,             ///< a compare-and-set lost; read again
  failed_precondition,  ///< the state must be changed first
  resource_exhausted,   ///< a limit is reached
  unimplemented,        ///< the server is too old, or a feature is off or not built yet
  data_loss,            ///< a digest or a count does not match
  unauthenticated,      ///< the server does not accept who we are
  permission_denied,    ///< we may not do that
  deadline_exceeded,    ///< our time ran out
  unavailable,          ///< no server, no leader, connection lost
  cancelled,            ///< the caller stopped it
  internal,             ///< our own bug, or an answer that nobody expects
};

/// All codes, in the order of the enumeration.
[[nodiscard]] std::span<const Code> all_codes();
[[nodiscard]] std::string_view name_of(Code code);
[[nodiscard]] std::optional<Code> code_from(std::string_view name);
/// Exit status of a process that ends with this code (0 is success).
[[nodiscard]] int exit_status(Code code);
/// Whether trying the same thing again can help, when the error itself does not say.
[[nodiscard]] bool is_retryable(Code code);

struct Error {
  Code code = Code::internal;
  std::string message;                           ///< one line that names the thing
  std::string hint = {};                         ///< one line: what to do, where we know it
  Json details = Json::object();                 ///< problems[], nats {status, err_code, description}, subject, ...
  bool maybe_applied = false;                    ///< a write got no answer: the server may have done it
  std::optional<bool> retryable = std::nullopt;  ///< unset: as the code says
  Json result = nullptr;                         ///< what was found all the same (health: the checks), shown with the error

  [[nodiscard]] bool can_retry() const { return retryable.value_or(is_retryable(code)); }
  /// The `error` member of a result document.
  [[nodiscard]] Json to_json() const;
};

/// A failed result document: `{"status":"error","error":{...}}`; with `error.result`, that document and the error.
[[nodiscard]] Json error_document(const Error& error);

template <class T>
using Result = tl::expected<T, Error>;

/// `return fail(Code::not_found, "key 'x' ...", "hint")`: converts to any Result<T>.
[[nodiscard]] tl::unexpected<Error> fail(Code code, std::string message, std::string hint = {});
[[nodiscard]] tl::unexpected<Error> fail(Error error);

}  // namespace noetl::nats

#define NN_CONCAT_(a, b) a##b
#define NN_CONCAT(a, b) NN_CONCAT_(a, b)

/// `NN_TRY(auto value, expression)`: the value of a Result, or return its error to our caller.
#define NN_TRY(lhs, ...) NN_TRY_(NN_CONCAT(nn_result_, __LINE__), lhs, __VA_ARGS__)
#define NN_TRY_(name, lhs, ...)                                   \
  auto name = (__VA_ARGS__);                                      \
  if (!name) return ::noetl::nats::fail(std::move(name).error()); \
  lhs = *std::move(name)

/// `NN_CHECK(expression)`: as NN_TRY, for a Result whose value nobody needs.
#define NN_CHECK(...) NN_CHECK_(NN_CONCAT(nn_result_, __LINE__), __VA_ARGS__)
#define NN_CHECK_(name, ...) \
  if (auto name = (__VA_ARGS__); !name) return ::noetl::nats::fail(std::move(name).error())
