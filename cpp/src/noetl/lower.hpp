// Lowering: a playbook with nats steps becomes one that NoETL's local engine can run, in which each nats step is a shell step
// that starts our native program.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/environment.hpp"
#include "noetl/nats/result.hpp"
#include "noetl/run_directory.hpp"

namespace noetl::nats::playbook {

struct LowerRequest {
  std::filesystem::path playbook;                ///< as the user named it
  std::map<std::string, std::string> variables;  ///< --set and --payload: key to text, as the engine has them
  int progress_fd = -1;                          ///< inheritable copy of the user's standard error; -1: none
  bool quiet = false;                            ///< no progress lines; errors are shown all the same
  std::filesystem::path executable;              ///< absolute path of the native noetl-nats
  Environment environment;
};

/// The lowered playbook in its run directory, which goes with this object.
class LoweredRun {
 public:
  LoweredRun(RunDirectory directory, std::filesystem::path path) : directory_(std::move(directory)), path_(std::move(path)) {}

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }
  /// What a failed nats step has left.
  [[nodiscard]] std::optional<StepError> error() const { return directory_.error(); }

 private:
  RunDirectory directory_;
  std::filesystem::path path_;
};

/// Nothing: neither this playbook nor one that it calls has a nats step. Error: invalid_argument with file, line, step and
/// text of what the local engine cannot do.
[[nodiscard]] Result<std::optional<LoweredRun>> lower(const LowerRequest& request);

/// The same in the run directory of a run that is under way, for a path that was not known when it began: the file to run,
/// lowered or the playbook itself.
[[nodiscard]] Result<std::filesystem::path> lower_during_run(const LowerRequest& request, const std::filesystem::path& run_directory);

}  // namespace noetl::nats::playbook
