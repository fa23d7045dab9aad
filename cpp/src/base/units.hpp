// Durations, sizes and times as people write them, and as JSON documents carry them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "noetl/nats/result.hpp"

namespace noetl::nats {

using Nanos = std::chrono::nanoseconds;

/// "250ms", "30s", "5m", "24h", "7d", "1h30m", "1.5s", also "us" and "ns". A bare number is taken in `unit`.
[[nodiscard]] Result<Nanos> parse_duration(std::string_view text, Nanos unit = std::chrono::seconds(1));
/// The shortest exact text: "90s" is "1m30s", zero is "0s".
[[nodiscard]] std::string format_duration(Nanos value);
/// For people: about two figures, "3 min", "1.2 s", "40 ms".
[[nodiscard]] std::string human_duration(Nanos value);

/// "10KiB", "512MiB", "5Gi" (powers of 1024), "10KB", "5G" (powers of 1000), "100" or "100B" (bytes).
[[nodiscard]] Result<std::int64_t> parse_size(std::string_view text);
/// For people: "5.0 GiB", "512 B".
[[nodiscard]] std::string human_size(std::int64_t bytes);
/// 1234567 is "1 234 567".
[[nodiscard]] std::string human_count(std::int64_t count);

/// RFC 3339, UTC, nine decimals cut to what is needed: "2026-01-02T03:04:05.25Z". Nanoseconds since the Unix epoch.
[[nodiscard]] std::string format_time(std::int64_t unix_nanos);
/// RFC 3339 with any offset. Nanoseconds since the Unix epoch.
[[nodiscard]] Result<std::int64_t> parse_time(std::string_view text);
[[nodiscard]] std::int64_t unix_nanos_now();

}  // namespace noetl::nats
