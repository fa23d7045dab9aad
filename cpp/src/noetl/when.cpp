#include "noetl/when.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

#include "noetl/template/template.hpp"

namespace noetl::nats::playbook {
namespace {

constexpr std::array<std::string_view, 4> kSigns{"==", "!=", " not in ", " in "};
constexpr std::array<std::string_view, 9> kFalse{"", "false", "0", "no", "none", "null", "off", "{}", "[]"};

struct Comparison {
  std::string left, right;
  std::string_view sign;
};

/// The first sign outside of string literals.
std::optional<Comparison> comparison_of(const std::string& text) {
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote != 0) {
      if (text[i] == '\\')
        ++i;
      else if (text[i] == quote)
        quote = 0;
      continue;
    }
    if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
      continue;
    }
    for (const auto sign : kSigns)
      if (text.compare(i, sign.size(), sign) == 0) return Comparison{text.substr(0, i), text.substr(i + sign.size()), sign};
  }
  return std::nullopt;
}

Result<std::string> text_of(const std::string& expression, const Json& variables) {
  HyphenNames names;
  for (const auto& [name, value] : variables.items()) names.insert(name);
  NN_TRY(const auto parsed, Template::parse("{{ " + expression + " }}", names));
  return parsed.render(variables);
}

bool is_true(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kFalse.begin(), kFalse.end(), text) == kFalse.end();
}

}  // namespace

Result<bool> holds(const std::string& condition, const Json& variables) {
  const auto comparison = comparison_of(condition);
  if (!comparison) {
    NN_TRY(const auto text, text_of(condition, variables));
    return is_true(text);
  }
  NN_TRY(const auto left, text_of(comparison->left, variables));
  NN_TRY(const auto right, text_of(comparison->right, variables));
  if (comparison->sign == "==") return left == right;
  if (comparison->sign == "!=") return left != right;
  return (right.find(left) != std::string::npos) == (comparison->sign == " in ");
}

}  // namespace noetl::nats::playbook
