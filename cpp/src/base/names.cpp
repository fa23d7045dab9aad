#include "base/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace noetl::nats {
namespace {

std::string character(char c) {
  switch (c) {
    case ' ':
      return "a space";
    case '\t':
      return "a tab";
    case '\r':
      return "a carriage return";
    case '\n':
      return "a line end";
    case '\0':
      return "a NUL byte";
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || byte >= 0x7F) return fmt::format("the byte 0x{:02X}", byte);
  return fmt::format("'{}'", c);
}

bool is_blank_or_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7F;
}

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

NameProblem only_from(std::string_view text, std::string_view extra, const char* allowed) {
  for (const char c : text)
    if (!is_alphanumeric(c) && extra.find(c) == std::string_view::npos)
      return fmt::format("contains {}; allowed are {}", character(c), allowed);
  return std::nullopt;
}

NameProblem check_tokens(std::string_view subject, bool wildcards) {
  if (subject.empty()) return "is empty";
  for (const char c : subject)
    if (is_blank_or_control(c)) return "contains " + character(c);
  std::size_t start = 0;
  while (start <= subject.size()) {
    const auto dot = std::min(subject.find('.', start), subject.size());
    const auto token = subject.substr(start, dot - start);
    if (token.empty()) return "has an empty token (a dot at an end, or two in a row)";
    if (token == "*" || token == ">") {
      if (!wildcards) return fmt::format("contains the wildcard '{}', which is for subscriptions only", token);
      if (token == ">" && dot != subject.size()) return "has '>' before its last token";
    }
    start = dot + 1;
  }
  return std::nullopt;
}

}  // namespace

NameProblem check_subject(std::string_view subject) { return check_tokens(subject, false); }
NameProblem check_filter(std::string_view subject) { return check_tokens(subject, true); }

NameProblem check_queue(std::string_view queue) {
  if (queue.empty()) return "is empty";
  for (const char c : queue)
    if (is_blank_or_control(c)) return "contains " + character(c);
  return std::nullopt;
}

NameProblem check_header_name(std::string_view name) {
  if (name.empty()) return "is empty";
  return only_from(name, "!#$%&'*+-.^_`|~", "letters, digits and !#$%&'*+-.^_`|~");
}

NameProblem check_header_value(std::string_view value) {
  for (const char c : value)
    if (c == '\r' || c == '\n' || c == '\0') return "contains " + character(c);
  return std::nullopt;
}

NameProblem check_bucket(std::string_view bucket) {
  if (bucket.empty()) return "is empty";
  return only_from(bucket, "_-", "letters, digits, '_' and '-'");
}

NameProblem check_kv_key(std::string_view key) {
  if (key.empty()) return "is empty";
  if (auto problem = only_from(key, "-/_=.", "letters, digits and - / _ = .")) return problem;
  return check_tokens(key, false);
}

NameProblem check_kv_filter(std::string_view filter) {
  if (filter.empty()) return "is empty";
  if (auto problem = only_from(filter, "-/_=.*>", "letters, digits, - / _ = . and the wildcards * and >")) return problem;
  return check_tokens(filter, true);
}

NameProblem check_asset_name(std::string_view name) {
  if (name.empty()) return "is empty";
  for (const char c : name)
    if (is_blank_or_control(c) || std::string_view(".*>/\\").find(c) != std::string_view::npos)
      return fmt::format("contains {}; not allowed are blanks and . * > / \\", character(c));
  return std::nullopt;
}

NameCheck name_check(std::string_view format) {
  static constexpr std::array<std::pair<std::string_view, NameCheck>, 9> kChecks{{
      {"subject", check_subject},
      {"filter", check_filter},
      {"queue", check_queue},
      {"header-name", check_header_name},
      {"bucket-name", check_bucket},
      {"kv-key", check_kv_key},
      {"kv-filter", check_kv_filter},
      {"stream-name", check_asset_name},
      {"consumer-name", check_asset_name},
  }};
  for (const auto& [name, check] : kChecks)
    if (name == format) return check;
  return nullptr;
}

std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& candidates) {
  // Optimal string alignment distance: a swap of two neighbours counts as one edit ("kye" for "key").
  const auto distance = [&](std::string_view other) {
    std::vector<std::size_t> before, previous(other.size() + 1), current(other.size() + 1);
    std::iota(previous.begin(), previous.end(), 0U);
    for (std::size_t i = 1; i <= name.size(); ++i) {
      current[0] = i;
      for (std::size_t j = 1; j <= other.size(); ++j) {
        current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (name[i - 1] == other[j - 1] ? 0U : 1U)});
        if (i > 1 && j > 1 && name[i - 1] == other[j - 2] && name[i - 2] == other[j - 1])
          current[j] = std::min(current[j], before[j - 2] + 1);
      }
      before = previous;
      previous = current;
    }
    return previous[other.size()];
  };
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const auto edits = distance(candidate);
    if (edits < best_distance && edits < std::max(name.size(), candidate.size())) best = candidate, best_distance = edits;
  }
  return best;
}

bool subject_matches(std::string_view filter, std::string_view subject) {
  while (true) {
    const auto filter_dot = std::min(filter.find('.'), filter.size());
    const auto subject_dot = std::min(subject.find('.'), subject.size());
    const auto token = filter.substr(0, filter_dot);
    if (token == ">") return !subject.empty();
    if (token != "*" && token != subject.substr(0, subject_dot)) return false;
    const bool filter_ends = filter_dot == filter.size();
    const bool subject_ends = subject_dot == subject.size();
    if (filter_ends || subject_ends) return filter_ends && subject_ends;
    filter.remove_prefix(filter_dot + 1);
    subject.remove_prefix(subject_dot + 1);
  }
}

bool filters_overlap(std::string_view a, std::string_view b) {
  while (true) {
    const auto a_dot = std::min(a.find('.'), a.size());
    const auto b_dot = std::min(b.find('.'), b.size());
    const auto one = a.substr(0, a_dot), other = b.substr(0, b_dot);
    if (one == ">" || other == ">") return true;
    if (one != "*" && other != "*" && one != other) return false;
    const bool a_ends = a_dot == a.size(), b_ends = b_dot == b.size();
    if (a_ends || b_ends) return a_ends && b_ends;
    a.remove_prefix(a_dot + 1);
    b.remove_prefix(b_dot + 1);
  }
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 100;
  std::string out = "'";
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (byte < 0x20 || byte == 0x7F)
      out += fmt::format("\\x{:02X}", byte);
    else
      out += c;
  }
  return out + (text.size() > kLongest ? "…'" : "'");
}

}  // namespace noetl::nats
