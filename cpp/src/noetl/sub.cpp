// noetl-nats __sub FILE: lowers a sub-playbook whose path only the run knows, and prints the file to run.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <iterator>

#include "base/names.hpp"
#include "noetl/commands.hpp"
#include "noetl/lower.hpp"
#include "noetl/step_report.hpp"
#include "noetl/step_variables.hpp"

namespace noetl::nats::playbook {
namespace {

Result<std::string> lower_sub(const StepDescription& description, const std::string& input, const Environment& environment) {
  const auto marker = description.text("marker") + "\n";
  const auto begin = input.find(marker);
  auto path = begin == std::string::npos ? std::string() : input.substr(begin + marker.size());
  if (path.ends_with(marker)) path.erase(path.size() - marker.size());
  while (path.ends_with('\n')) path.pop_back();
  if (path.empty() || path.find("{{") != std::string::npos)
    return fail(Code::invalid_argument, fmt::format("the path of the sub-playbook is not known: {}", in_quotes(path)));
  LowerRequest request;
  const bool absolute = path.starts_with('/') || path.starts_with('~');
  request.playbook = absolute ? std::filesystem::path(path) : std::filesystem::path(description.text("base")) / path;
  request.progress_fd = description.document.value("fd", -1);
  request.quiet = description.document.value("quiet", false);
  request.executable = description.text("executable");
  request.environment = environment;
  NN_TRY(const auto file, lower_during_run(request, description.text("directory")));
  return file.string();
}

}  // namespace

int sub_command(const std::vector<std::string>& arguments, const Environment& environment) {
  if (arguments.size() != 1) return exit_status(Code::invalid_argument);
  const auto description = StepDescription::read(arguments.front());
  if (!description) return exit_status(description.error().code);
  const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
  const auto path = lower_sub(*description, input, environment);
  if (!path) return fail_step(*description, path.error());
  std::cout << *path << "\n" << std::flush;
  return 0;
}

}  // namespace noetl::nats::playbook
