#include "noetl/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/names.hpp"
#include "noetl/dry_run.hpp"
#include "noetl/invocation.hpp"

namespace noetl::nats::playbook {
namespace {

LowerRequest request_for(const std::string& file, std::map<std::string, std::string> variables, bool quiet, const Surroundings& around) {
  LowerRequest request;
  request.playbook = file;
  request.variables = std::move(variables);
  request.progress_fd = around.progress_fd;
  request.quiet = quiet;
  request.executable = around.executable;
  request.environment = around.environment;
  return request;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

/// An option that we do not know may change what runs: then a playbook with nats steps is refused, never run without them.
Result<std::optional<Plan>> refuse_if_lowerable(const Invocation& invocation, const Surroundings& around) {
  for (const auto& file : invocation.candidates) {
    NN_TRY(const auto run, lower(request_for(file, {}, true, around)));
    if (run)
      return fail(Code::invalid_argument,
                  fmt::format("{} has nats steps, and noetl-nats does not know {}", file,
                              invocation.unknown_option.empty() ? "this form of the command"
                                                                : "the option " + in_quotes(invocation.unknown_option)),
                  "leave it out, or upgrade noetl-nats");
  }
  return std::optional<Plan>{};
}

}  // namespace

std::string Plan::restored(std::string output) const {
  std::string shown = shown_path_;
  if (json_) {  // inside of a JSON text
    const std::string quoted = dump(Json(shown_path_));
    shown = quoted.substr(1, quoted.size() - 2);
  }
  replace_all(output, run_.path().string(), shown);
  return output;
}

Result<std::optional<Plan>> plan_command_line(const std::vector<std::string>& arguments, const Surroundings& around) {
  if (std::find(arguments.begin(), arguments.end(), "subscribe") != arguments.end() &&
      std::find(arguments.begin(), arguments.end(), "run") == arguments.end())
    return plan_subscription(arguments, around);
  const Invocation invocation = read_invocation(arguments, around.environment);
  if (invocation.kind == Invocation::Kind::not_understood) return refuse_if_lowerable(invocation, around);
  if (invocation.kind == Invocation::Kind::other) return std::optional<Plan>{};
  NN_TRY(auto run, lower(request_for(invocation.file, invocation.variables, invocation.json, around)));
  if (!run) return std::optional<Plan>{};
  if (invocation.dry_run) {
    Plan plan(std::move(*run), arguments, invocation.file, false);
    plan.set_epilogue(dry_run_text(invocation.file, invocation.variables));
    return plan;
  }
  auto replaced = arguments;
  replaced[invocation.reference_at] = run->path().string();
  if (!invocation.target.empty() && !invocation.has_target) {
    const auto behind = replaced.begin() + static_cast<std::ptrdiff_t>(invocation.reference_at) + 1;
    replaced.insert(behind, {"--target", invocation.target});
  }
  return Plan(std::move(*run), std::move(replaced), invocation.file, invocation.json || invocation.verbose,
              invocation.json && !invocation.verbose);
}

Result<std::optional<Plan>> plan_call(const std::string& playbook, std::map<std::string, std::string> variables, bool quiet,
                                      const Surroundings& around) {
  NN_TRY(auto run, lower(request_for(playbook, std::move(variables), quiet, around)));
  if (!run) return std::optional<Plan>{};
  std::vector<std::string> arguments{run->path().string()};
  return Plan(std::move(*run), std::move(arguments), playbook, false);
}

}  // namespace noetl::nats::playbook
