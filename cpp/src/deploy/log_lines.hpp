// The log of a nats-server as data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "noetl/nats/result.hpp"

namespace noetl::nats::deploy {

/// By weight; `unknown` is a line that is not in the server's form (its own words before the log is open, a Go panic).
enum class LogLevel { trace, debug, info, unknown, warning, error, fatal };

struct LogLine {
  std::string text;
  LogLevel level = LogLevel::unknown;
  std::optional<std::int64_t> unix_nanos;
  int pid = 0;
};

/// "[4711] 2026/01/02 03:04:05.678901 [INF] text", with the time in UTC as deploy configures it.
[[nodiscard]] LogLine parse_log_line(std::string_view line);
[[nodiscard]] std::vector<std::string> split_lines(std::string_view text);
[[nodiscard]] std::string_view name_of(LogLevel level);
/// Also short names and those of the log itself: "warn", "WRN". Nothing for an unknown name.
[[nodiscard]] std::optional<LogLevel> log_level_from(std::string_view name);

struct LogFilter {
  std::size_t tail = 50;                         ///< the last so many that match
  std::optional<std::int64_t> since_unix_nanos;  ///< lines without a time stay with the line in front of them
  std::string grep;                              ///< extended regular expression, as of grep -E
  std::optional<LogLevel> level;                 ///< this one and heavier
  std::optional<int> not_pid;                    ///< only lines of other processes
};
struct LogSlice {
  std::vector<LogLine> lines;
  bool truncated = false;  ///< more lines match than were asked for
  std::int64_t end = 0;    ///< where the file ended
};
/// Errors: not_found (no log), invalid_argument (grep).
[[nodiscard]] Result<LogSlice> read_log(const std::filesystem::path& log, const LogFilter& filter);
/// The whole lines that were written after `offset` and match; `end` is where to go on.
[[nodiscard]] Result<LogSlice> read_log_after(const std::filesystem::path& log, std::int64_t offset, const LogFilter& filter);

}  // namespace noetl::nats::deploy
