// What health says: checks, and in each what was found.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "noetl/nats/result.hpp"
#include "schema/fields.hpp"

namespace noetl::nats::health {

/// Sorted: a check is as bad as its worst finding.
enum class Level {
  ok,
  unknown,  ///< we could not look: no connection, no permission, no time, server too old
  warning,
  critical,  ///< we looked, and it is bad
};

[[nodiscard]] std::string_view name_of(Level level);
[[nodiscard]] Level level_from(std::string_view name);  ///< of one of the four names; others are unknown
/// As plugins of Nagios exit: 0 ok, 1 warning, 2 critical, 3 unknown.
[[nodiscard]] int exit_code_of(Level level);

struct Finding {
  Level level = Level::ok;
  std::string code;                ///< stable: "consumer_nobody_pulls"
  std::string text;                ///< one line for a person
  Json evidence = Json::object();  ///< the numbers, or the server's words
  std::string hint = {};           ///< what to do: an operation of ours, or a setting of the server
};

/// A number for dashboards; names are those of `nats server check`.
struct Perf {
  std::string name;
  double value = 0;
  std::string unit = {};  ///< "s", "%", "B" or empty
  std::optional<double> warn = {}, crit = {};
};

struct Check {
  std::string check;   ///< "consumer"
  std::string name;    ///< what was looked at: "ORDERS/billing"
  std::string source;  ///< where it was seen: core, js_api, http, sys
  double duration_ms = 0;
  std::vector<Finding> findings = {};
  std::vector<Perf> perf = {};

  [[nodiscard]] Level level() const;
  /// Adds a finding; `ok` ones say what is fine.
  void add(Level level, std::string code, std::string text, Json evidence = Json::object(), std::string hint = {});
};

struct Report {
  std::vector<Check> checks;
  std::string at;  ///< RFC 3339
  double duration_ms = 0;

  [[nodiscard]] Level level() const;
};

/// A check that could not look, and why.
[[nodiscard]] Check not_seen(std::string check, std::string name, std::string source, const Error& why);

// ---- the report as the result of an operation ------------------------------------------------------------------------------

struct FindingDocument {
  std::string level, code, text;
  Object evidence;
  std::string hint;
  static auto fields() {
    using schema::field;
    return std::tuple{field("level", &FindingDocument::level, "How bad: ok, unknown, warning, critical."),
                      field("code", &FindingDocument::code, "What was found; stable."),
                      field("text", &FindingDocument::text, "The same for a person."),
                      field("evidence", &FindingDocument::evidence, "The numbers, or the server's words."),
                      field("hint", &FindingDocument::hint, "What to do about it.")};
  }
};

struct PerfDocument {
  std::string name;
  double value = 0;
  std::string unit;
  Json warn, crit;
  static auto fields() {
    using schema::field;
    return std::tuple{field("name", &PerfDocument::name, "What is measured."), field("value", &PerfDocument::value, "How much."),
                      field("unit", &PerfDocument::unit, "s, %, B, or nothing."),
                      field("warn", &PerfDocument::warn, "Threshold of warning, or null."),
                      field("crit", &PerfDocument::crit, "Threshold of critical, or null.")};
  }
};

struct CheckDocument {
  std::string check, name, status, source;
  double duration_ms = 0;
  std::vector<FindingDocument> findings;
  std::vector<PerfDocument> perf;
  static auto fields() {
    using schema::field;
    return std::tuple{field("check", &CheckDocument::check, "Which check."),
                      field("name", &CheckDocument::name, "What was looked at."),
                      field("status", &CheckDocument::status, "The worst level of its findings."),
                      field("source", &CheckDocument::source, "Where it was seen: core, js_api, http, sys."),
                      field("duration_ms", &CheckDocument::duration_ms, "When the answer was there, in milliseconds since the start."),
                      field("findings", &CheckDocument::findings, "What was found."),
                      field("perf", &CheckDocument::perf, "Numbers for dashboards.")};
  }
};

[[nodiscard]] CheckDocument document_of(const Check& check);
/// "1 critical, 1 warning, 9 ok".
[[nodiscard]] std::string summary_of(const Report& report);

}  // namespace noetl::nats::health
