#include "base/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <limits>

#include "base/names.hpp"

namespace noetl::nats {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

struct DurationUnit {
  std::string_view name;
  std::int64_t nanos;
};

constexpr std::array<DurationUnit, 8> kDurationUnits{{{"d", 86'400'000'000'000},
                                                      {"h", 3'600'000'000'000},
                                                      {"m", 60'000'000'000},
                                                      {"s", 1'000'000'000},
                                                      {"ms", 1'000'000},
                                                      {"us", 1'000},
                                                      {"µs", 1'000},
                                                      {"ns", 1}}};

struct SizeUnit {
  std::string_view name;
  std::int64_t bytes;
};

constexpr std::int64_t kKi = 1024;
constexpr std::array<SizeUnit, 18> kSizeUnits{{{"", 1},
                                               {"B", 1},
                                               {"K", 1000},
                                               {"KB", 1000},
                                               {"Ki", kKi},
                                               {"KiB", kKi},
                                               {"M", 1'000'000},
                                               {"MB", 1'000'000},
                                               {"Mi", kKi* kKi},
                                               {"MiB", kKi* kKi},
                                               {"G", 1'000'000'000},
                                               {"GB", 1'000'000'000},
                                               {"Gi", kKi* kKi* kKi},
                                               {"GiB", kKi* kKi* kKi},
                                               {"T", 1'000'000'000'000},
                                               {"TB", 1'000'000'000'000},
                                               {"Ti", kKi* kKi* kKi* kKi},
                                               {"TiB", kKi* kKi* kKi* kKi}}};

/// Splits "12.5rest" into 12.5 and "rest"; moves `text` on. Nothing when there is no number.
std::optional<double> take_number(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && ((text[length] >= '0' && text[length] <= '9') || text[length] == '.')) ++length;
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + length, value);
  if (length == 0 || problem != std::errc{} || end != text.data() + length) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

tl::unexpected<Error> bad_duration(std::string_view text) {
  return fail(Code::invalid_argument, fmt::format("{} is not a duration; write it like 250ms, 30s, 5m, 24h or 7d", in_quotes(text)));
}

tl::unexpected<Error> bad_size(std::string_view text) {
  return fail(Code::invalid_argument, fmt::format("{} is not a size; write it in bytes, or like 10KiB, 512MiB or 5GiB", in_quotes(text)));
}

std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  return std::chrono::sys_days(std::chrono::year(static_cast<int>(year)) / std::chrono::month(month) / std::chrono::day(day))
      .time_since_epoch()
      .count();
}

}  // namespace

Result<Nanos> parse_duration(std::string_view text, Nanos unit) {
  std::string_view rest = trimmed(text);
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  if (rest.empty()) return bad_duration(text);
  long double total = 0;
  bool first = true;
  while (!rest.empty()) {
    const auto number = take_number(rest);
    if (!number) return bad_duration(text);
    std::size_t letters = 0;
    while (letters < rest.size() && !(rest[letters] >= '0' && rest[letters] <= '9') && rest[letters] != '.') ++letters;
    const auto name = trimmed(rest.substr(0, letters));
    rest.remove_prefix(letters);
    std::int64_t nanos = 0;
    if (name.empty() && first && rest.empty()) nanos = unit.count();
    for (const auto& each : kDurationUnits)
      if (each.name == name) nanos = each.nanos;
    if (nanos == 0) return bad_duration(text);
    total += static_cast<long double>(*number) * static_cast<long double>(nanos);
    first = false;
  }
  if (total > static_cast<long double>(kMax))
    return fail(Code::invalid_argument, fmt::format("the duration {} is too long", in_quotes(text)));
  const auto nanos = static_cast<std::int64_t>(std::llround(static_cast<double>(total)));
  return Nanos(negative ? -nanos : nanos);
}

std::string format_duration(Nanos value) {
  if (value.count() == 0) return "0s";
  std::int64_t rest = value.count();
  std::string out;
  if (rest < 0) {
    out = "-";
    rest = -rest;
  }
  for (const auto& each : kDurationUnits) {
    if (each.name == "µs") continue;
    if (rest >= each.nanos) {
      out += fmt::format("{}{}", rest / each.nanos, each.name);
      rest %= each.nanos;
    }
  }
  return out;
}

std::string human_duration(Nanos value) {
  const double seconds = static_cast<double>(value.count()) / 1e9;
  const double size = std::abs(seconds);
  if (size < 1e-3) return fmt::format("{:.0f} µs", seconds * 1e6);
  if (size < 0.01) return fmt::format("{:.1f} ms", seconds * 1e3);
  if (size < 1) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (size < 10) return fmt::format("{:.1f} s", seconds);
  if (size < 120) return fmt::format("{:.0f} s", seconds);
  if (size < 7200) return fmt::format("{:.0f} min", seconds / 60);
  if (size < 172800) return fmt::format("{:.0f} h", seconds / 3600);
  return fmt::format("{:.0f} days", seconds / 86400);
}

Result<std::int64_t> parse_size(std::string_view text) {
  std::string_view rest = trimmed(text);
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  const auto number = take_number(rest);
  if (!number) return bad_size(text);
  const auto name = trimmed(rest);
  for (const auto& each : kSizeUnits) {
    if (each.name != name) continue;
    const long double bytes = static_cast<long double>(*number) * static_cast<long double>(each.bytes);
    if (bytes > static_cast<long double>(kMax))
      return fail(Code::invalid_argument, fmt::format("the size {} is too large", in_quotes(text)));
    if (bytes != std::floor(bytes)) return bad_size(text);
    return static_cast<std::int64_t>(bytes) * (negative ? -1 : 1);
  }
  return bad_size(text);
}

std::string human_size(std::int64_t bytes) {
  static constexpr std::array<const char*, 5> kNames{"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < kKi) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kNames.size()) value /= 1024, ++unit;
  return fmt::format("{:.1f} {}", value, kNames[unit]);
}

std::string human_count(std::int64_t count) {
  std::string digits = fmt::format("{}", count < 0 ? -count : count);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), 1, ' ');
  return (count < 0 ? "-" : "") + digits;
}

std::string format_time(std::int64_t unix_nanos) {
  std::int64_t seconds = unix_nanos / 1'000'000'000;
  std::int64_t nanos = unix_nanos % 1'000'000'000;
  if (nanos < 0) nanos += 1'000'000'000, --seconds;
  const std::chrono::sys_seconds point{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{point - day};
  auto out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                         static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (nanos != 0) {
    auto fraction = fmt::format("{:09}", nanos);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out += "." + fraction;
  }
  return out + "Z";
}

Result<std::int64_t> parse_time(std::string_view text) {
  const auto bad = [&] {
    return fail(Code::invalid_argument, fmt::format("{} is not a time; write it like 2026-01-31T12:00:00Z", in_quotes(text)));
  };
  const auto number = [&](std::size_t at, std::size_t length) -> std::optional<std::int64_t> {
    if (at + length > text.size()) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data() + at, text.data() + at + length, value);
    if (problem != std::errc{} || end != text.data() + at + length) return std::nullopt;
    return value;
  };
  const auto year = number(0, 4), month = number(5, 2), day = number(8, 2), hour = number(11, 2), minute = number(14, 2),
             second = number(17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return bad();
  if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || text[13] != ':' || text[16] != ':')
    return bad();
  if (*month < 1 || *month > 12 || *day < 1 || *day > 31 || *hour > 23 || *minute > 59 || *second > 60) return bad();

  std::size_t at = 19;
  std::int64_t nanos = 0;
  if (at < text.size() && text[at] == '.') {
    std::int64_t scale = 100'000'000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) nanos += scale * (text[at] - '0');
  }
  std::int64_t offset = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    const auto hours = number(at + 1, 2), minutes = number(at + 4, 2);
    if (!hours || !minutes || at + 6 != text.size()) return bad();
    offset = (*hours * 3600 + *minutes * 60) * (text[at] == '+' ? 1 : -1);
  } else if (at + 1 != text.size() || (text[at] != 'Z' && text[at] != 'z')) {
    return bad();
  }
  const auto days = days_from_civil(*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day));
  return (days * 86400 + *hour * 3600 + *minute * 60 + *second - offset) * 1'000'000'000 + nanos;
}

std::int64_t unix_nanos_now() { return std::chrono::duration_cast<Nanos>(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace noetl::nats
