#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "base/units.hpp"
#include "health/formats.hpp"
#include "health/model.hpp"

namespace noetl::nats::health {
namespace {

constexpr std::size_t kShownPerCheck = 20;  // the rest is counted; the document has all
constexpr std::size_t kNamedWhenFine = 3;   // more that are fine share one line
constexpr std::size_t kWidestName = 40;

struct Line {
  Level level = Level::ok;
  std::string check, name, text, hint;
};

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(const std::string& text, std::size_t width) { return text + std::string(width - std::min(width, width_of(text)), ' '); }

const char* color_of(Level level) {
  switch (level) {
    case Level::ok:
      return "\033[32m";
    case Level::unknown:
      return "\033[35m";
    case Level::warning:
      return "\033[33m";
    case Level::critical:
      return "\033[1;31m";
  }
  return "";
}

/// The findings of a check that tell something: the bad ones, or what is fine.
std::vector<Line> lines_of(const Json& check) {
  std::vector<Line> lines;
  const auto level = level_from(check.value("status", std::string()));
  const auto kind = check.value("check", std::string()), name = check.value("name", std::string());
  for (const auto& finding : check["findings"]) {
    const auto each = level_from(finding.value("level", std::string()));
    if (each == Level::ok && level != Level::ok) continue;
    lines.push_back({each, kind, name, finding.value("text", std::string()), finding.value("hint", std::string())});
  }
  if (lines.empty()) lines.push_back({level, kind, name, "", ""});
  return lines;
}

/// What is fine: each by its name while they are few, else how many.
void add_fine(std::vector<Line>& out, const std::vector<Line>& fine) {
  std::map<std::string, std::size_t> counts;
  for (const auto& line : fine) ++counts[line.check];
  std::map<std::string, bool> told;
  for (const auto& line : fine) {
    if (counts[line.check] <= kNamedWhenFine)
      out.push_back(line);
    else if (!std::exchange(told[line.check], true))
      out.push_back({Level::ok, line.check, fmt::format("{}", counts[line.check]), "fine", ""});
  }
}

std::vector<Line> all_lines(const Json& document) {
  std::vector<Line> fine, bad, out;
  for (const auto& check : document["checks"])
    for (auto& line : lines_of(check)) (line.level == Level::ok ? fine : bad).push_back(std::move(line));
  add_fine(out, fine);
  std::stable_sort(bad.begin(), bad.end(), [](const Line& a, const Line& b) { return a.level < b.level; });
  std::map<std::string, std::size_t> counts, shown;
  for (const auto& line : bad) ++counts[line.check];
  for (auto at = bad.begin(); at != bad.end(); ++at) {
    const auto left_out = counts[at->check] > kShownPerCheck ? counts[at->check] - kShownPerCheck : 0;  // the mildest
    const auto index = shown[at->check]++;
    if (index >= left_out)
      out.push_back(*at);
    else if (index == 0)
      out.push_back({at->level, at->check, "", fmt::format("{} more; the result document has all (--json)", left_out), ""});
  }
  return out;
}

}  // namespace

std::string text_of(const Json& document, bool color) {
  const auto lines = all_lines(document);
  std::size_t check_width = 0, name_width = 0;
  for (const auto& line : lines) {
    check_width = std::max(check_width, width_of(line.check));
    name_width = std::max(name_width, std::min(width_of(line.name), kWidestName));
  }
  std::string out;
  const std::string indent(1 + 8 + 2 + check_width + 3 + name_width + 3, ' ');
  std::set<std::string> told;  // what is unknown for the same reason says what to do once
  for (const auto& line : lines)
    if (line.level != Level::unknown) told.insert(line.hint);
  for (const auto& line : lines) {
    const auto word = padded(std::string(name_of(line.level)), 8);
    std::string text = fmt::format(" {}  {}   {}   {}", color ? fmt::format("{}{}\033[0m", color_of(line.level), word) : word,
                                   padded(line.check, check_width), padded(line.name, name_width), line.text);
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
    if (!line.hint.empty() && (line.level != Level::unknown || told.insert(line.hint).second))
      out += fmt::format("{}→ {}\n", indent, line.hint);
  }
  const auto time = document.value("duration_ms", 0.0);
  out += fmt::format("{} {} in {}\n", lines.empty() ? "" : "\n", document.value("summary", std::string()),
                     human_duration(Nanos(static_cast<std::int64_t>(time * 1e6))));
  return out;
}

}  // namespace noetl::nats::health
