#include "health/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace noetl::nats::health {
namespace {

constexpr std::array<std::string_view, 4> kNames{"ok", "unknown", "warning", "critical"};

double rounded(double value, double steps) { return std::round(value * steps) / steps; }

}  // namespace

std::string_view name_of(Level level) { return kNames[static_cast<std::size_t>(level)]; }

Level level_from(std::string_view name) {
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  return found == kNames.end() ? Level::unknown : static_cast<Level>(found - kNames.begin());
}

int exit_code_of(Level level) {
  switch (level) {
    case Level::ok:
      return 0;
    case Level::warning:
      return 1;
    case Level::critical:
      return 2;
    case Level::unknown:
      return 3;
  }
  return 3;
}

Level Check::level() const {
  Level worst = Level::ok;
  for (const auto& finding : findings) worst = std::max(worst, finding.level);
  return worst;
}

void Check::add(Level level, std::string code, std::string text, Json evidence, std::string hint) {
  findings.push_back({level, std::move(code), std::move(text), std::move(evidence), std::move(hint)});
}

Level Report::level() const {
  Level worst = Level::ok;
  for (const auto& check : checks) worst = std::max(worst, check.level());
  return worst;
}

Check not_seen(std::string check, std::string name, std::string source, const Error& why) {
  Check out{.check = std::move(check), .name = std::move(name), .source = std::move(source)};
  out.add(Level::unknown, fmt::format("{}_not_seen", out.check), fmt::format("not looked at: {}", why.message),
          {{"error", noetl::nats::name_of(why.code)}}, why.hint);
  return out;
}

CheckDocument document_of(const Check& check) {
  CheckDocument out{.check = check.check,
                    .name = check.name,
                    .status = std::string(name_of(check.level())),
                    .source = check.source,
                    .duration_ms = rounded(check.duration_ms, 100),
                    .findings = {},
                    .perf = {}};
  for (const auto& finding : check.findings)
    out.findings.push_back({std::string(name_of(finding.level)), finding.code, finding.text, Object{finding.evidence}, finding.hint});
  const auto number = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
  for (const auto& perf : check.perf)
    out.perf.push_back({perf.name, rounded(perf.value, 1e9), perf.unit, number(perf.warn), number(perf.crit)});
  return out;
}

std::string summary_of(const Report& report) {
  std::array<std::size_t, 4> counts{};
  for (const auto& check : report.checks) ++counts[static_cast<std::size_t>(check.level())];
  std::string out;
  for (const auto level : {Level::critical, Level::warning, Level::unknown, Level::ok})
    if (const auto count = counts[static_cast<std::size_t>(level)]; count > 0)
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, name_of(level));
  return out.empty() ? "nothing to check" : out;
}

}  // namespace noetl::nats::health
