#include "engine/config_params.hpp"

#include <fmt/format.h>

namespace noetl::nats {
namespace {

void move_problems(std::vector<js::ConfigProblem>& from, schema::Problems& to) {
  for (auto& each : from) to.push_back({std::move(each.path), std::move(each.message)});
}

std::string outcome(const Json& result) {
  const bool plan = result.value("dry_run", false);
  if (result.value("created", false)) return plan ? "would be created" : "created";
  if (result.value("changed", false)) return plan ? "would change" : "changed";
  return "is as wanted, nothing changed";
}

}  // namespace

void read_config_param(const js::ConfigTable& table, Json& config, const std::string& path, schema::Problems& problems) {
  std::vector<js::ConfigProblem> found;
  config = js::read_config(table, config, path, found);
  move_problems(found, problems);
}

void check_unset_param(const js::ConfigTable& table, const std::vector<std::string>& unset, const Json& config,
                       schema::Problems& problems) {
  std::vector<js::ConfigProblem> found;
  js::check_unset(table, unset, config, found);
  move_problems(found, problems);
}

std::string text_of_apply(const js::ConfigTable& table, const std::string& name, const Json& result) {
  std::string out = fmt::format("{} {} {}\n", table.asset, name, outcome(result));
  const Json diff = result.value("diff", Json::array());
  for (const auto& change : diff) {
    const auto path = change.value("path", std::string());
    const auto* field = table.find(path);
    out += fmt::format("  {:<24} {} → {}", path, js::shown(field, change["from"]), js::shown(field, change["to"]));
    if (change.contains("loses")) out += fmt::format("  (loses {})", change["loses"].get<std::string>());
    out += "\n";
  }
  const Json warnings = result.value("warnings", Json::array());
  for (const auto& warning : warnings) out += fmt::format("  warning: {}\n", warning.get<std::string>());
  return out;
}

}  // namespace noetl::nats
