#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "health/formats.hpp"
#include "health/model.hpp"

namespace noetl::nats::health {
namespace {

constexpr std::array kParts{std::pair{Level::critical, "Crit:"}, std::pair{Level::warning, "Warn:"}, std::pair{Level::unknown, "Unknown:"},
                            std::pair{Level::ok, "OK:"}};

/// A bar ends the text, and a line end the line.
std::string plain(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '|' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string number(const Json& value, bool seconds) { return fmt::format("{:.{}f}", value.get<double>(), seconds ? 4 : 0); }

std::string perf_of(const Json& perf) {
  const auto unit = perf.value("unit", std::string());
  const bool seconds = unit == "s";
  std::string out = fmt::format("{}={}{}", perf.value("name", std::string()), number(perf["value"], seconds), unit);
  const bool warn = perf["warn"].is_number(), crit = perf["crit"].is_number();
  if (warn || crit) out += fmt::format(";{}", warn ? number(perf["warn"], seconds) : "");
  if (crit) out += fmt::format(";{}", number(perf["crit"], seconds));
  return out;
}

std::string line_of(const Json& check) {
  const auto kind = check.value("check", std::string()), name = check.value("name", std::string());
  std::string line = plain(fmt::format("{} {}{}{}", upper(check.value("status", std::string())), kind, name.empty() ? "" : " ", name));
  for (const auto& [level, prefix] : kParts)
    for (const auto& finding : check["findings"])
      if (level_from(finding.value("level", std::string())) == level)
        line += fmt::format(" {}{}", prefix, plain(finding.value("text", std::string())));
  std::string perf;
  for (const auto& each : check["perf"]) perf += (perf.empty() ? "" : " ") + perf_of(each);
  return perf.empty() ? line : fmt::format("{} | {}", line, perf);
}

}  // namespace

std::string nagios_of(const Json& document) {
  std::vector<const Json*> checks;
  for (const auto& check : document["checks"]) checks.push_back(&check);
  std::stable_sort(checks.begin(), checks.end(), [](const Json* a, const Json* b) {
    return level_from(a->value("status", std::string())) > level_from(b->value("status", std::string()));
  });
  std::string out;
  for (const auto* check : checks) out += line_of(*check) + "\n";
  return out.empty() ? "OK nothing to check\n" : out;
}

}  // namespace noetl::nats::health
