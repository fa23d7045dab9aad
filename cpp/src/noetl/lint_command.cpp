// noetl-nats lint PLAYBOOK...
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <set>

#include "noetl/commands.hpp"
#include "noetl/lint.hpp"

namespace noetl::nats::playbook {
namespace {

constexpr const char* kUsage =
    "Usage: noetl-nats lint PLAYBOOK... [--strict] [--json]\n\n"
    "Checks playbooks with nats steps without running them: operations and fields against their schemas, templates,\n"
    "routing that can never or always match, secrets in clear text, what the local engine cannot express; and the\n"
    "sub-playbooks that they name, each once.\n\n"
    "  --strict   warnings count as errors\n"
    "  --json     one line of JSON (the default when standard output is not a terminal)\n\n"
    "Exit codes: 0 nothing to say (or warnings only), 1 errors found, 2 bad arguments.\n";

Json document_of(const std::string& file, const Finding& finding) {
  Json out{
      {"file", file},         {"line", finding.line},      {"column", finding.column}, {"severity", finding.error ? "error" : "warning"},
      {"rule", finding.rule}, {"message", finding.message}};
  if (!finding.step.empty()) out["step"] = finding.step;
  if (!finding.hint.empty()) out["hint"] = finding.hint;
  return out;
}

std::string text_of(const std::string& file, const Finding& finding) {
  std::string out = file;
  if (finding.line > 0) out += fmt::format(":{}:{}", finding.line, finding.column);
  out += finding.error ? ": error: " : ": warning: ";
  if (!finding.step.empty()) out += fmt::format("step '{}': ", finding.step);
  out += fmt::format("{} [{}]\n", finding.message, finding.rule);
  if (!finding.hint.empty()) out += fmt::format("    hint: {}\n", finding.hint);
  return out;
}

/// The same for all names of a file.
std::filesystem::path identity(const std::filesystem::path& file) {
  std::error_code problem;
  auto out = std::filesystem::weakly_canonical(file, problem);
  return problem ? file : out;
}

}  // namespace

int lint_command(const std::vector<std::string>& arguments, const Environment& environment) {
  std::vector<std::string> files;
  bool strict = false, json = isatty(STDOUT_FILENO) == 0;
  for (const auto& argument : arguments) {
    if (argument == "--help" || argument == "-h") return std::cout << kUsage, 0;
    if (argument == "--strict")
      strict = true;
    else if (argument == "--json")
      json = true;
    else if (argument == "--text")
      json = false;
    else if (argument.starts_with('-'))
      return std::cerr << fmt::format("error: lint: unknown option {}\n{}", argument, kUsage), exit_status(Code::invalid_argument);
    else
      files.push_back(argument);
  }
  if (files.empty()) return std::cerr << kUsage, exit_status(Code::invalid_argument);

  std::size_t errors = 0, warnings = 0;
  Json list = Json::array();
  std::string text;
  std::set<std::filesystem::path> seen;
  for (const auto& file : files) seen.insert(identity(file));
  for (std::size_t i = 0; i < files.size(); ++i) {  // it grows by sub-playbooks, each file once
    const auto file = files[i];
    const auto linted = lint(file, environment);
    for (const auto& finding : linted.findings) {
      ++(finding.error ? errors : warnings);
      if (json)
        list.push_back(document_of(file, finding));
      else
        text += text_of(file, finding);
    }
    for (const auto& child : linted.children)
      if (seen.insert(identity(child)).second) files.push_back(child.string());
  }
  const bool failed = errors > 0 || (strict && warnings > 0);
  if (json)
    std::cout << dump(Json{{"status", failed ? "failed" : "success"},
                           {"files", files.size()},
                           {"errors", errors},
                           {"warnings", warnings},
                           {"findings", std::move(list)}})
              << "\n";
  else
    std::cout << text << fmt::format("{} file{}: {} errors, {} warnings\n", files.size(), files.size() == 1 ? "" : "s", errors, warnings);
  return failed ? 1 : 0;
}

}  // namespace noetl::nats::playbook
