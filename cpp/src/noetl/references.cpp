#include "noetl/references.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace noetl::nats::playbook {
namespace {

constexpr std::array<std::string_view, 22> kWords{"and",   "or",   "not",     "in",        "is",   "if",       "else",  "elif",
                                                  "endif", "for",  "endfor",  "set",       "true", "True",     "false", "False",
                                                  "none",  "None", "defined", "undefined", "null", "recursive"};

bool is_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_part(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) ++at;
  return at;
}

std::size_t skip_literal(std::string_view text, std::size_t at) {
  const char quote = text[at++];
  while (at < text.size() && text[at] != quote) at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

std::size_t end_of_name(std::string_view text, std::size_t at) {
  while (at < text.size() && is_part(text[at])) ++at;
  return at;
}

/// The end of the root that begins at `at`: the longest step name that stands there, else the identifier.
std::size_t end_of_root(std::string_view text, std::size_t at, const std::set<std::string>& steps) {
  std::size_t end = end_of_name(text, at);
  for (const auto& step : steps) {
    const auto stop = at + step.size();
    if (stop > end && text.substr(at, step.size()) == step && (stop >= text.size() || (!is_part(text[stop]) && text[stop] != '-')))
      end = stop;
  }
  return end;
}

/// Reads ".name" and "[3]" from `at` on; moves it.
std::vector<std::string> take_path(std::string_view text, std::size_t& at) {
  std::vector<std::string> path;
  while (true) {
    std::size_t next = skip_blanks(text, at);
    if (next < text.size() && text[next] == '.') {
      next = skip_blanks(text, next + 1);
      if (next >= text.size() || !is_start(text[next])) return path;
      const auto end = end_of_name(text, next);
      path.emplace_back(text.substr(next, end - next));
      at = end;
    } else if (next < text.size() && text[next] == '[') {
      const auto close = text.find(']', next);
      const auto inner = close == std::string_view::npos ? std::string_view{} : text.substr(next + 1, close - next - 1);
      if (inner.empty() || !std::all_of(inner.begin(), inner.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) return path;
      path.push_back("[" + std::string(inner) + "]");
      at = close + 1;
    } else {
      return path;
    }
  }
}

bool behind_pipe_or_dot(std::string_view text, std::size_t at) {
  while (at > 0 && std::isspace(static_cast<unsigned char>(text[at - 1])) != 0) --at;
  return at > 0 && (text[at - 1] == '|' || text[at - 1] == '.');
}

}  // namespace

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

std::vector<Block> blocks(std::string_view text) {
  std::vector<Block> out;
  std::size_t at = 0;
  while (at + 1 < text.size()) {
    const bool expression = text.substr(at, 2) == "{{";
    if (!expression && text.substr(at, 2) != "{%") {
      ++at;
      continue;
    }
    const auto close = text.find(expression ? "}}" : "%}", at + 2);
    if (close == std::string_view::npos) return out;
    out.push_back({at, close + 2, text.substr(at + 2, close - at - 2), !expression});
    at = close + 2;
  }
  return out;
}

bool has_template(std::string_view text) { return text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos; }

std::vector<Reference> references_in(std::string_view expression, const std::set<std::string>& steps) {
  std::vector<Reference> out;
  std::size_t at = 0;
  while (at < expression.size()) {
    const char c = expression[at];
    if (c == '"' || c == '\'') {
      at = skip_literal(expression, at);
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      at = end_of_name(expression, at);
    } else if (is_start(c)) {
      Reference chain;
      chain.begin = at;
      const auto end = end_of_root(expression, at, steps);
      chain.root = expression.substr(at, end - at);
      at = end;
      chain.path = take_path(expression, at);
      chain.end = at;
      const bool word = std::find(kWords.begin(), kWords.end(), chain.root) != kWords.end();
      if (!word && !behind_pipe_or_dot(expression, chain.begin)) out.push_back(std::move(chain));
    } else {
      ++at;
    }
  }
  return out;
}

}  // namespace noetl::nats::playbook
