#include <fmt/format.h>

#include "base/units.hpp"
#include "engine/define.hpp"
#include "engine/present.hpp"
#include "jetstream/account.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  static auto fields() { return std::tuple{}; }
};

struct Out {
  std::uint64_t memory = 0, storage = 0;
  std::int64_t streams = 0, consumers = 0;
  std::optional<Object> limits, tiers;
  Object api;
  std::optional<std::string> domain;
  std::map<std::string, double> used_pct;
  static auto fields() {
    return std::tuple{field("memory", &Out::memory, "Bytes of messages in memory."),
                      field("storage", &Out::storage, "Bytes of messages on disk."),
                      field("streams", &Out::streams, "Number of streams."),
                      field("consumers", &Out::consumers, "Number of consumers."),
                      field("limits", &Out::limits, "Limits of the account; -1: none."),
                      field("tiers", &Out::tiers, "Use and limits by the number of replicas, where the account has tiers."),
                      field("api", &Out::api, "API level, and requests and errors so far."),
                      field("domain", &Out::domain, "JetStream domain."),
                      field("used_pct", &Out::used_pct, "Percent of each limit that is used; those without a limit are left out.")};
  }
};

Result<Out> run(Context& context, const In&) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const Json account, api->account(context.wait()));
  Out out;
  out.memory = account.value("memory", std::uint64_t{0});
  out.storage = account.value("storage", std::uint64_t{0});
  out.streams = account.value("streams", std::int64_t{0});
  out.consumers = account.value("consumers", std::int64_t{0});
  if (account.contains("limits")) out.limits = Object{account["limits"]};
  if (account.contains("tiers")) out.tiers = Object{account["tiers"]};
  out.api.value = account.value("api", Json::object());
  if (account.contains("domain")) out.domain = account["domain"].get<std::string>();
  out.used_pct = js::used_percent(account).get<std::map<std::string, double>>();
  return out;
}

std::string text(const Json& result, bool) {
  const Json limits = result.value("limits", Json::object());
  const auto row = [&](const char* name, const char* limit, bool bytes) -> std::vector<std::string> {
    const auto shown = [&](std::int64_t value) { return bytes ? human_size(value) : human_count(value); };
    const auto most = limits.value(limit, std::int64_t{-1});
    const Json used = result.value("used_pct", Json::object());
    return {name, shown(result.value(name, std::int64_t{0})), most < 0 ? "no limit" : "of " + shown(most),
            used.contains(name) ? fmt::format("{:.1f} %", used[name].get<double>()) : ""};
  };
  return table({"USE", "", "LIMIT", ""}, {row("storage", "max_storage", true), row("memory", "max_memory", true),
                                          row("streams", "max_streams", false), row("consumers", "max_consumers", false)});
}

}  // namespace

Operation op_account_info() {
  return define<In, Out>({.summary = "Show how much of JetStream this account uses, and its limits.",
                          .effect = Effect::read,
                          .examples = {{"How full is it?", {{"url", "nats://127.0.0.1:4222"}}}},
                          .text = text},
                         run);
}

}  // namespace noetl::nats::ops
