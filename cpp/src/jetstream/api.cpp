#include "jetstream/api.hpp"

#include <fmt/format.h>

#include <array>

#include "wire/status.hpp"

namespace noetl::nats::js {
namespace {

struct Level {
  int level;
  const char* version;
};
constexpr std::array kLevels{Level{1, "2.11"}, Level{2, "2.12"}, Level{4, "2.14"}, Level{5, "2.15"}};

Error no_jetstream(const Error& cause, const wire::Connection& connection) {
  const auto& options = connection.options();
  const std::string who = options.user.empty() ? "this login" : "user " + options.user;
  Error error = cause;
  error.code = Code::failed_precondition;
  error.retryable = false;
  error.message = fmt::format("JetStream is off for the account of {} on {}", who, connection.server().url);
  error.hint =
      "JetStream belongs to accounts: connect as a user of an account with `jetstream: enabled`; a plain `authorization` block does not "
      "grant it";
  return error;
}

}  // namespace

Result<Json> Api::call(std::string_view rest, const Json& body, const Wait& wait) {
  const auto to = subject(rest);
  return answer(to, connection_->request(to, body.is_null() ? std::string() : dump(body), {}, wait));
}

Result<Json> Api::answer(const std::string& to, Result<wire::Message> reply) const {
  if (!reply) {
    Error error = std::move(reply).error();
    if (error.details.contains("no_responders")) return fail(no_jetstream(error, *connection_));
    return fail(std::move(error));
  }
  Json answer = Json::parse(reply->data(), nullptr, false);
  if (!answer.is_object()) return fail(Code::internal, fmt::format("the server's answer on {} is not a JSON object", to));
  if (!answer.contains("error")) return answer;
  Error error = wire::api_error(answer["error"]);
  error.details["subject"] = to;
  const int err_code = error.details["nats"]["err_code"].get<int>();
  if (err_code == 10039 || err_code == 10076) return fail(no_jetstream(error, *connection_));
  return fail(std::move(error));
}

Result<std::optional<Json>> Api::find(std::string_view rest, const Json& body, const Wait& wait) {
  auto answer = call(rest, body, wait);
  if (answer) return std::optional<Json>(std::move(*answer));
  if (answer.error().code == Code::not_found) return std::optional<Json>{};
  return fail(std::move(answer).error());
}

Result<Json> Api::list(std::string_view rest, Json body, const char* member, const Wait& wait) {
  Json all = Json::array();
  if (!body.is_object()) body = Json::object();
  while (true) {
    body["offset"] = all.size();
    NN_TRY(Json page, call(rest, body, wait));
    const Json items = page.contains(member) && page[member].is_array() ? page[member] : Json::array();
    for (const auto& item : items) all.push_back(item);
    if (items.empty() || all.size() >= page.value("total", std::size_t{0})) return all;
  }
}

Result<Json> Api::account(const Wait& wait) {
  {
    const std::lock_guard lock(mutex_);
    if (account_) return *account_;
  }
  NN_TRY(auto info, call("INFO", nullptr, wait));  // without the lock: others have their own deadline
  const std::lock_guard lock(mutex_);
  account_ = std::move(info);
  return *account_;
}

Result<int> Api::level(const Wait& wait) {
  NN_TRY(const Json info, account(wait));
  return info.contains("api") ? info["api"].value("level", 0) : 0;
}

Result<void> Api::require_level(int wanted, std::string_view what, const Wait& wait) {
  NN_TRY(const int have, level(wait));
  if (have >= wanted) return {};
  Error error{.code = Code::unimplemented,
              .message = fmt::format("{} needs server {} (API level {}); this server has {}", what, server_version_of(wanted), wanted,
                                     connection_->server_version(wait)),
              .hint = "upgrade the server, or leave the option out"};
  error.details["server_version"] = connection_->server_version(wait);
  return fail(std::move(error));
}

int err_code_of(const Error& error) {
  const auto nats = error.details.find("nats");
  return nats == error.details.end() || !nats->is_object() ? 0 : nats->value("err_code", 0);
}

std::string api_prefix(const std::string& domain, const std::string& prefix) {
  if (!prefix.empty()) return prefix;
  return domain.empty() ? "$JS.API" : fmt::format("$JS.{}.API", domain);
}

std::string server_version_of(int level) {
  for (const auto& each : kLevels)
    if (each.level >= level) return each.version;
  return "newer than 2.15";
}

}  // namespace noetl::nats::js
