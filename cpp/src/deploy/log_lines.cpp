#include "deploy/log_lines.hpp"

#include <fmt/format.h>
#include <regex.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "base/names.hpp"
#include "base/units.hpp"
#include "sys/files.hpp"

namespace noetl::nats::deploy {
namespace {

constexpr std::int32_t kMostRead = 16 << 20;  ///< of the end of the log

struct LevelName {
  LogLevel level;
  std::string_view name, tag, also;
};
constexpr std::array<LevelName, 7> kLevels{{{LogLevel::trace, "trace", "TRC", "trace"},
                                            {LogLevel::debug, "debug", "DBG", "debug"},
                                            {LogLevel::info, "info", "INF", "info"},
                                            {LogLevel::warning, "warning", "WRN", "warn"},
                                            {LogLevel::error, "error", "ERR", "error"},
                                            {LogLevel::fatal, "fatal", "FTL", "fatal"},
                                            {LogLevel::unknown, "unknown", "", ""}}};

/// Takes "[inner] " from the front.
std::optional<std::string_view> take_bracketed(std::string_view& line) {
  const auto end = line.find(']');
  if (!line.starts_with('[') || end == std::string_view::npos) return std::nullopt;
  const auto inner = line.substr(1, end - 1);
  line.remove_prefix(std::min(end + 2, line.size()));
  return inner;
}

/// Takes "2026/01/02 03:04:05.678901 " from the front.
std::optional<std::int64_t> take_time(std::string_view& line) {
  constexpr std::size_t kLength = 26;
  if (line.size() < kLength || line[4] != '/' || line[7] != '/' || line[10] != ' ') return std::nullopt;
  std::string text(line.substr(0, kLength));
  text[4] = text[7] = '-';
  text[10] = 'T';
  const auto time = parse_time(text + "Z");
  if (!time) return std::nullopt;
  line.remove_prefix(std::min(kLength + 1, line.size()));
  return *time;
}

/// POSIX and not std::regex: the latter recurses for every character and overflows the stack on long lines.
class Pattern {
 public:
  [[nodiscard]] static Result<Pattern> compile(const std::string& text) {
    Pattern pattern;
    if (text.empty()) return pattern;
    pattern.compiled_ = {new regex_t, [](regex_t* compiled) {
                           regfree(compiled);
                           delete compiled;
                         }};
    const int problem = regcomp(pattern.compiled_.get(), text.c_str(), REG_EXTENDED | REG_NOSUB);
    if (problem == 0) return pattern;
    std::array<char, 200> why{};
    regerror(problem, pattern.compiled_.get(), why.data(), why.size());
    return fail(Code::invalid_argument, fmt::format("grep: {} is not a regular expression: {}", in_quotes(text), why.data()));
  }
  [[nodiscard]] bool matches(const std::string& text) const {
    return !compiled_ || regexec(compiled_.get(), text.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  std::shared_ptr<regex_t> compiled_;
};

/// The lines that pass. A line without a time goes with the one in front of it.
std::vector<LogLine> filtered(const std::string& text, const LogFilter& filter, const Pattern& pattern) {
  std::vector<LogLine> lines;
  bool recent = !filter.since_unix_nanos;
  for (const auto& raw : split_lines(text)) {
    LogLine line = parse_log_line(raw);
    if (filter.since_unix_nanos && line.unix_nanos) recent = *line.unix_nanos >= *filter.since_unix_nanos;
    if (!recent || line.text.empty() || (filter.level && line.level < *filter.level)) continue;
    if (filter.not_pid && line.pid == *filter.not_pid) continue;
    if (pattern.matches(raw)) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

LogLine parse_log_line(std::string_view line) {
  LogLine out;
  std::string_view rest = line;
  if (const auto pid = take_bracketed(rest)) {
    const auto [end, problem] = std::from_chars(pid->data(), pid->data() + pid->size(), out.pid);
    if (problem == std::errc())
      out.unix_nanos = take_time(rest);
    else
      rest = line;
  }
  const std::string_view untagged = rest;
  if (const auto tag = take_bracketed(rest)) {
    const auto known =
        std::find_if(kLevels.begin(), kLevels.end(), [&](const LevelName& each) { return !each.tag.empty() && each.tag == *tag; });
    if (known != kLevels.end())
      out.level = known->level;
    else
      rest = untagged;
  }
  out.text = std::string(rest);
  return out;
}

std::string_view name_of(LogLevel level) {
  return std::find_if(kLevels.begin(), kLevels.end(), [&](const LevelName& each) { return each.level == level; })->name;
}

std::optional<LogLevel> log_level_from(std::string_view name) {
  for (const auto& each : kLevels)
    if (!each.tag.empty() && (name == each.name || name == each.tag || name == each.also)) return each.level;
  return std::nullopt;
}

Result<LogSlice> read_log(const std::filesystem::path& log, const LogFilter& filter) {
  NN_TRY(const Pattern pattern, Pattern::compile(filter.grep));
  NN_TRY(const auto tail, sys::read_tail(log, kMostRead));
  LogSlice slice;
  slice.lines = filtered(tail.text, filter, pattern);
  slice.end = tail.size;
  slice.truncated = slice.lines.size() > filter.tail || !tail.whole;
  if (slice.lines.size() > filter.tail)
    slice.lines.erase(slice.lines.begin(), slice.lines.end() - static_cast<std::ptrdiff_t>(filter.tail));
  return slice;
}

Result<LogSlice> read_log_after(const std::filesystem::path& log, std::int64_t offset, const LogFilter& filter) {
  NN_TRY(const Pattern pattern, Pattern::compile(filter.grep));
  NN_TRY(std::string fresh, sys::read_after(log, offset, kMostRead));
  fresh.erase(fresh.rfind('\n') + 1);  // the last line may be half written
  LogSlice slice;
  std::error_code error;
  const bool rotated = static_cast<std::int64_t>(std::filesystem::file_size(log, error)) < offset;  // read from its beginning
  slice.end = (rotated ? 0 : offset) + static_cast<std::int64_t>(fresh.size());
  slice.lines = filtered(fresh, filter, pattern);
  return slice;
}

}  // namespace noetl::nats::deploy
