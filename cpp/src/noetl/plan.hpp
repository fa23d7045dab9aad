// A run of `noetl` with the nats steps lowered: the arguments to give the engine, and what to do with its output.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "noetl/lower.hpp"

namespace noetl::nats::playbook {

/// Lowering was measured with these versions of the engine. Another one may work, and `noetl-nats doctor` tells.
inline constexpr std::string_view kTestedEngine = "5.3.";

struct Surroundings {
  Environment environment;
  std::filesystem::path executable;  ///< the native noetl-nats
  int progress_fd = -1;              ///< inheritable; the user's terminal
};

class Plan {
 public:
  Plan(LoweredRun run, std::vector<std::string> arguments, std::string shown_path, bool capture, bool json = false)
      : run_(std::move(run)), arguments_(std::move(arguments)), shown_path_(std::move(shown_path)), capture_(capture), json_(json) {}

  /// For the engine, in place of those of the user.
  [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }
  [[nodiscard]] const LoweredRun& run() const { return run_; }
  /// Whether standard output names the playbook's path (--json, --verbose) and must pass through `restored`.
  [[nodiscard]] bool capture() const { return capture_; }
  /// What to print on standard output when the engine has ended well (--dry-run); empty: nothing.
  [[nodiscard]] const std::string& epilogue() const { return epilogue_; }
  void set_epilogue(std::string text) { epilogue_ = std::move(text); }
  /// The engine's output with the user's path in place of the lowered one.
  [[nodiscard]] std::string restored(std::string output) const;

 private:
  LoweredRun run_;
  std::vector<std::string> arguments_;
  std::string shown_path_;
  bool capture_;
  bool json_;  ///< the output is one JSON document
  std::string epilogue_;
};

/// Nothing: nothing to lower, let the engine have the user's arguments. Errors: invalid_argument (the playbook cannot be
/// expressed, or has nats steps and an option is unknown), and those of files.
[[nodiscard]] Result<std::optional<Plan>> plan_command_line(const std::vector<std::string>& arguments, const Surroundings& around);

/// `noetl subscribe SPEC`: the playbook that it dispatches to is lowered, and SPEC replaced by a copy that names it. Used by
/// plan_command_line.
[[nodiscard]] Result<std::optional<Plan>> plan_subscription(const std::vector<std::string>& arguments, const Surroundings& around);

/// The same for `noetl.run(playbook, variables=...)`.
[[nodiscard]] Result<std::optional<Plan>> plan_call(const std::string& playbook, std::map<std::string, std::string> variables, bool quiet,
                                                    const Surroundings& around);

}  // namespace noetl::nats::playbook
