#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "deploy/server_binary.hpp"
#include "noetl/credentials.hpp"
#include "noetl/doctor.hpp"
#include "noetl/nats/runtime.hpp"
#include "sys/files.hpp"
#include "sys/paths.hpp"

namespace noetl::nats::playbook {
namespace {

namespace fs = std::filesystem;

Check server_program(const Environment& environment, const Wait& wait) {
  const auto found = deploy::find_server("", environment, wait);
  if (!found) return {"nats-server", Check::Outcome::warning, found.error().message, found.error().hint};
  return {"nats-server", Check::Outcome::ok, fmt::format("{} at {}, {}", found->version, found->path.string(), found->origin)};
}

Check kubectl(const Environment& environment) {
  const auto found = sys::find_on_path("kubectl", environment);
  if (!found) return {"kubectl", Check::Outcome::note, "not on PATH (needed for deploy with target: kubernetes only)"};
  return {"kubectl", Check::Outcome::ok, found->string()};
}

Check contexts(const Environment& environment) {
  const fs::path folder =
      fs::path(environment.get("XDG_CONFIG_HOME").value_or(environment.get("HOME").value_or("/") + "/.config")) / "nats";
  std::vector<std::string> names;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder / "context", problem))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  if (names.empty()) return {"nats contexts", Check::Outcome::note, "none"};
  std::sort(names.begin(), names.end());
  return {"nats contexts", Check::Outcome::ok, fmt::format("{} (choose one with NATS_CONTEXT)", fmt::join(names, ", "))};
}

Check credentials(const Environment& environment) {
  std::vector<std::string> good;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(credential_store(environment), problem)) {
    const auto alias = entry.path().filename().string();
    if (alias.starts_with('.')) continue;
    const auto read = credential(alias, environment);
    if (!read) return {"credentials", Check::Outcome::warning, read.error().message, read.error().hint};
    good.push_back(alias);
  }
  if (good.empty()) return {"credentials", Check::Outcome::note, "none stored"};
  std::sort(good.begin(), good.end());
  return {"credentials", Check::Outcome::ok, fmt::format("{}", fmt::join(good, ", "))};
}

Check reachable(const Environment& environment) {
  Runtime runtime(operations(), environment.all());
  RunOptions options;
  options.keep_connection = false;
  const Json answer = runtime.run("ping", {{"timeout_ms", 2000}, {"connect_timeout_ms", 2000}}, options);
  if (answer.contains("error"))
    return {"server", Check::Outcome::note, answer["error"].value("message", std::string()),
            "noetl run automation/infrastructure/nats.yaml --set action=deploy starts one"};
  return {"server", Check::Outcome::ok,
          fmt::format("{} {}", answer.value("server", std::string("reachable")), answer.value("version", std::string()))};
}

}  // namespace

std::vector<Check> look_around(const Environment& environment, const Wait& wait) {
  return {server_program(environment, wait), kubectl(environment), contexts(environment), credentials(environment), reachable(environment)};
}

}  // namespace noetl::nats::playbook
