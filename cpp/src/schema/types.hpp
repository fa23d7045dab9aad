// Types of parameters that JSON has no type for. The type of a member decides how it is read and what the schema says.
#pragma once

#include <chrono>
#include <cstdint>

#include "noetl/nats/json.hpp"

namespace noetl::nats {

/// A duration: text with a unit ("30s"), or a number in the unit that the field documents (seconds unless said).
struct Duration {
  std::chrono::nanoseconds value{0};
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(value).count(); }
  friend bool operator==(const Duration&, const Duration&) = default;
};

/// A number of bytes: a number, or text with a unit ("512MiB").
struct Size {
  std::int64_t bytes = 0;
  friend bool operator==(const Size&, const Size&) = default;
};

/// A point in time: RFC 3339 text. Nanoseconds since the Unix epoch.
struct Time {
  std::int64_t unix_nanos = 0;
  friend bool operator==(const Time&, const Time&) = default;
};

/// A JSON object whose members are not ours to describe (a stream configuration, metadata).
struct Object {
  Json value = Json::object();
  friend bool operator==(const Object&, const Object&) = default;
};

}  // namespace noetl::nats
