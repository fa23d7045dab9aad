#include "noetl/lower.hpp"

#include <fmt/format.h>

#include "base/bytes.hpp"
#include "noetl/lowering.hpp"

namespace noetl::nats::playbook {

Result<std::optional<LoweredRun>> lower(const LowerRequest& request) {
  NN_TRY(auto directory, RunDirectory::create(request.environment));
  Run run{.request = request, .directory = directory, .marker = "NN_" + random_hex(16), .files = 0, .lowered = {}};
  NN_TRY(const auto path, lower_file(run, request.playbook, true));
  if (path.parent_path() != directory.path()) return std::optional<LoweredRun>{};
  return LoweredRun(std::move(directory), path);
}

Result<std::filesystem::path> lower_during_run(const LowerRequest& request, const std::filesystem::path& run_directory) {
  NN_TRY(const auto directory, RunDirectory::within(run_directory));
  Run run{.request = request, .directory = directory, .marker = "NN_" + random_hex(16), .files = 0, .lowered = {}};
  return lower_file(run, request.playbook, false);
}

Error problem_at(const Place& place, std::string message, std::string hint) {
  const int line = place.document == nullptr ? 0 : place.document->position_of(place.pointer).line;
  const std::string where = line > 0 ? fmt::format("{}:{}", place.file, line) : place.file;
  Error error{
      .code = Code::invalid_argument, .message = fmt::format("{}: step '{}': {}", where, place.step, message), .hint = std::move(hint)};
  error.details["file"] = place.file;
  error.details["line"] = line;
  error.details["step"] = place.step;
  error.details["pointer"] = place.pointer;
  return error;
}

}  // namespace noetl::nats::playbook
