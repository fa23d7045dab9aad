// Where files of a user go.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/environment.hpp"
#include "noetl/nats/result.hpp"

namespace noetl::nats::sys {

/// XDG_DATA_HOME (when it is absolute, as its specification wants), else ~/.local/share. Error: failed_precondition.
[[nodiscard]] Result<std::filesystem::path> data_home(const Environment& environment);
/// A leading "~/" is the home directory; a relative path starts at the working directory.
[[nodiscard]] std::filesystem::path user_path(const std::string& text, const Environment& environment);
/// An executable file of this name in the directories of PATH.
[[nodiscard]] std::optional<std::filesystem::path> find_on_path(const std::string& name, const Environment& environment);
[[nodiscard]] bool is_executable(const std::filesystem::path& file);
/// The file that holds this code: our executable, or the shared library that a Python process has loaded.
[[nodiscard]] std::filesystem::path own_file();

}  // namespace noetl::nats::sys
