// The private directory of one run: the lowered playbook, the steps' descriptions, their results.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/environment.hpp"
#include "noetl/nats/result.hpp"

namespace noetl::nats::playbook {

struct StepError {
  std::string step;
  std::string message;
  std::string hint;
};

/// Mode 0700, files 0600, in the system's temporary directory; removed by the destructor. The name carries our pid: making
/// one sweeps those of processes that have ended without cleaning up.
class RunDirectory {
 public:
  [[nodiscard]] static Result<RunDirectory> create(const Environment& environment);
  /// A folder in the run directory of somebody else, who removes it.
  [[nodiscard]] static Result<RunDirectory> within(const std::filesystem::path& parent);
  RunDirectory(RunDirectory&& other) noexcept;
  RunDirectory& operator=(RunDirectory&& other) noexcept;
  ~RunDirectory();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] Result<std::filesystem::path> write(const std::string& name, std::string_view content) const;
  [[nodiscard]] std::optional<StepError> error() const;

 private:
  RunDirectory(std::filesystem::path path, bool ours) : path_(std::move(path)), ours_(ours) {}
  std::filesystem::path path_;
  bool ours_;
};

/// Name of the file that says what others need of a step: whether its result is named, the conditions that it decides.
[[nodiscard]] std::string extras_file(const std::string& prefix, const std::string& step);

/// Where the full result of one execution of a step lies: any step name makes a file name.
[[nodiscard]] std::filesystem::path result_file(const std::filesystem::path& directory, const std::string& prefix, const std::string& step,
                                                const std::string& execution);

/// The engine's variable that says which execution of a step is the one to be seen. The engine copies variables into
/// sub-playbooks and takes none back: so each call sees its own results and those of its callers.
[[nodiscard]] std::string run_variable(const std::string& step);

}  // namespace noetl::nats::playbook
