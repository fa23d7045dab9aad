// Messages and headers, without a type of nats.c.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace noetl::nats::wire {

/// Header lines in order. Names keep their spelling; a name may occur more than once.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> lines) : lines_(lines) {}

  void add(std::string name, std::string value) { lines_.emplace_back(std::move(name), std::move(value)); }
  /// The first value of a name (exact spelling, as the server writes it).
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return get(name).has_value(); }
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& lines() const { return lines_; }

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

/// A received message. Owns the received bytes; moves, does not copy. Views live as long as the message.
class Message {
 public:
  Message() = default;
  using Handle = std::unique_ptr<void, void (*)(void*)>;
  explicit Message(Handle handle) : handle_(std::move(handle)) {}

  [[nodiscard]] std::string_view subject() const;
  [[nodiscard]] std::string_view reply() const;
  [[nodiscard]] std::string_view data() const;
  [[nodiscard]] Headers headers() const;
  /// One header without reading the others.
  [[nodiscard]] std::optional<std::string> header(const char* name) const;
  /// The `Status` header of a message without a body ("503", "404", ...): a control message, not data.
  [[nodiscard]] std::optional<int> status() const;
  /// The `Description` that goes with the status.
  [[nodiscard]] std::string description() const;

 private:
  Handle handle_{nullptr, +[](void*) {}};
};

}  // namespace noetl::nats::wire
