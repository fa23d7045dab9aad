// noetl-nats doctor
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "noetl/commands.hpp"
#include "noetl/doctor.hpp"
#include "noetl/nats/version.hpp"
#include "noetl/plan.hpp"
#include "sys/paths.hpp"
#include "sys/process.hpp"

namespace noetl::nats::playbook {
namespace {

constexpr std::chrono::seconds kPatience{60};

constexpr const char* kUsage =
    "Usage: noetl-nats doctor [--json]\n\n"
    "Runs small playbooks in the installed noetl, without a server, and says whether nats steps work with it; then what\n"
    "else is there: nats-server, kubectl, contexts, credentials, a server that answers. Exit 1 when a probe fails.\n";

std::string engine_version(const sys::Finished& done) {
  const auto space = done.out.find_last_of(' ');
  std::string version = done.out.substr(space == std::string::npos ? 0 : space + 1);
  while (!version.empty() && (version.back() == '\n' || version.back() == '\r')) version.pop_back();
  return version;
}

std::vector<Check> run_checks(const Environment& environment) {
  const Wait wait = Wait::for_duration(kPatience);
  std::vector<Check> checks{{"noetl-nats", Check::Outcome::ok, fmt::format("{} at {}", kVersion, sys::own_file().string())}};
  const auto given = environment.get("NOETL_BIN");
  const auto program = given ? std::optional<std::filesystem::path>(*given) : sys::find_on_path("noetl", environment);
  if (!program) {
    checks.push_back({"noetl", Check::Outcome::failed, "not on PATH", "pip install noetl, or set NOETL_BIN to the binary"});
  } else if (const auto said = sys::run_program({program->string(), "--version"}, environment, wait); !said || said->exit_code != 0) {
    checks.push_back({"noetl", Check::Outcome::failed, fmt::format("{} --version fails", program->string()), "reinstall noetl"});
  } else {
    const Engine engine{*program, engine_version(*said)};
    const bool tested = engine.version.starts_with(kTestedEngine);
    checks.push_back({"noetl", tested ? Check::Outcome::ok : Check::Outcome::warning,
                      fmt::format("{} at {}", engine.version, program->string()),
                      tested ? "" : fmt::format("tested with {}x: see the probes below", kTestedEngine)});
    for (auto& check : probe_engine(engine, environment, wait)) checks.push_back(std::move(check));
  }
  for (auto& check : look_around(environment, wait)) checks.push_back(std::move(check));
  return checks;
}

const char* sign_of(Check::Outcome outcome) {
  switch (outcome) {
    case Check::Outcome::ok:
      return "✓";
    case Check::Outcome::note:
      return "·";
    case Check::Outcome::warning:
      return "!";
    case Check::Outcome::failed:
      return "✗";
  }
  return "?";
}

const char* name_of(Check::Outcome outcome) {
  switch (outcome) {
    case Check::Outcome::ok:
      return "ok";
    case Check::Outcome::note:
      return "note";
    case Check::Outcome::warning:
      return "warning";
    case Check::Outcome::failed:
      return "failed";
  }
  return "failed";
}

}  // namespace

int doctor_command(const std::vector<std::string>& arguments, const Environment& environment) {
  bool json = isatty(STDOUT_FILENO) == 0;
  for (const auto& argument : arguments) {
    if (argument == "--help" || argument == "-h") return std::cout << kUsage, 0;
    if (argument == "--json")
      json = true;
    else if (argument == "--text")
      json = false;
    else
      return std::cerr << fmt::format("error: doctor: unexpected argument {}\n{}", argument, kUsage), exit_status(Code::invalid_argument);
  }
  bool failed = false;
  Json list = Json::array();
  std::string text;
  for (const auto& check : run_checks(environment)) {
    failed = failed || check.outcome == Check::Outcome::failed;
    Json entry{{"name", check.name}, {"outcome", name_of(check.outcome)}, {"detail", check.detail}};
    if (!check.hint.empty()) entry["hint"] = check.hint;
    list.push_back(std::move(entry));
    text += fmt::format("{} {:<22}{}\n", sign_of(check.outcome), check.name, check.detail);
    if (!check.hint.empty()) text += fmt::format("{:<24}hint: {}\n", "", check.hint);
  }
  std::cout << (json ? dump(Json{{"status", failed ? "failed" : "success"}, {"checks", std::move(list)}}) + "\n" : text);
  return failed ? 1 : 0;
}

}  // namespace noetl::nats::playbook
