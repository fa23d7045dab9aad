// Stored messages of a stream, in order, without a consumer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jetstream/range.hpp"

namespace noetl::nats::js {

struct ReadOptions {
  std::string filter = ">";
  std::uint64_t from = 1;                             ///< first sequence
  std::optional<std::uint64_t> up_to = std::nullopt;  ///< last sequence
  std::size_t limit = 100;                            ///< at most so many messages
  std::int64_t max_bytes = 8 * 1024 * 1024;           ///< ends once their payloads have reached this
};

/// The first messages that match, oldest first. Read again from the last sequence + 1 for the next ones.
/// Errors: not_found (the stream), permission_denied, unavailable, deadline_exceeded.
[[nodiscard]] Result<std::vector<StoredMessage>> read_messages(Api& api, const std::string& stream, const ReadOptions& options,
                                                               const Wait& wait);

}  // namespace noetl::nats::js
