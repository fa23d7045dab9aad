#include "deploy/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace noetl::nats::deploy {
namespace {

std::string value_text(const Json& value) {
  if (value.is_null()) return "(unset)";
  return value.is_string() ? value.get<std::string>() : dump(value);
}

}  // namespace

std::string marked(Mark mark, std::string_view text, bool color) {
  const char* sign = mark == Mark::good ? "✓" : mark == Mark::bad ? "✗" : "·";
  const char* paint = mark == Mark::good ? "\x1b[32m" : mark == Mark::bad ? "\x1b[31m" : "";
  if (!color) return fmt::format("{} {}\n", sign, text);
  return fmt::format("{}{}{} {}\n", paint, sign, *paint == '\0' ? "" : "\x1b[0m", text);
}

std::string labelled(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t widest = 0;
  for (const auto& [label, value] : rows)
    if (!value.empty()) widest = std::max(widest, label.size());
  std::string out;
  for (const auto& [label, value] : rows)
    if (!value.empty()) out += fmt::format("  {:<{}}  {}\n", label, widest, value);
  return out;
}

std::string changes_text(const Json& changes) {
  std::string out;
  for (const auto& change : changes)
    out += fmt::format("  {}: {} → {}\n", value_text(change["path"]), value_text(change["from"]), value_text(change["to"]));
  return out;
}

}  // namespace noetl::nats::deploy
