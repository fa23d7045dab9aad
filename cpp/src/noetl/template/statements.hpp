// Reads the parts of a template: text, {{ }}, {% %}, {# #}.
#pragma once

#include "noetl/template/lexer.hpp"
#include "noetl/template/parser.hpp"
#include "noetl/template/template.hpp"

namespace noetl::nats::playbook {

class StatementParser {
 public:
  StatementParser(std::string_view text, const HyphenNames& names) : text_(text), names_(names) {}

  [[nodiscard]] Result<std::vector<Part>> run();

 private:
  /// A statement that ends or divides a block: "else", "elif", "endif", "endfor", "endset".
  struct Divider {
    std::string word;
    std::vector<Token> tokens;  ///< what follows the word
  };

  Result<std::vector<Part>> body(std::optional<Divider>& divider);
  Result<Part> statement(std::vector<Token> tokens, std::optional<Divider>& divider);
  Result<Part> condition(const std::vector<Token>& tokens);
  Result<Part> loop(const std::vector<Token>& tokens);
  Result<Part> assignment(const std::vector<Token>& tokens);
  Result<std::vector<Part>> block(const std::string& of, std::initializer_list<std::string_view> dividers, Divider& found);
  Result<std::string> raw();
  void add_text(std::vector<Part>& parts, std::size_t end, bool trim_end);
  void skip_blanks();

  std::string_view text_;
  const HyphenNames& names_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace noetl::nats::playbook
