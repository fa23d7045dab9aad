// A text that must never be printed.
#pragma once

#include <string>
#include <utility>

namespace noetl::nats {

/// Holds a password, token or key. It has no output operator and converts to nothing: only `reveal()` gives the text,
/// and only the code that sends it to a server calls that.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  /// What may be shown in its place.
  [[nodiscard]] static const char* mask() { return "***"; }

  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string text_;
};

}  // namespace noetl::nats
