// Messages of a stream on one filter, in order: history of a key, chunks and records of objects.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "jetstream/messages.hpp"

namespace noetl::nats::js {

struct RangeOptions {
  std::uint64_t from = 1;                    ///< first sequence
  std::size_t batch = 256;                   ///< messages asked for at once: what a reader may have to hold
  std::int64_t max_bytes = 8 * 1024 * 1024;  ///< and their bytes
  bool leader = false;                       ///< ask only the stream's leader: nothing written before is missed
};

/// Reads by batched direct gets (server 2.11), else by direct gets one after the other, else (the stream does not allow
/// direct gets, or `leader`) from the stream's leader one after the other. No consumer is made. One thread at a time.
class RangeReader {
 public:
  RangeReader(Api& api, std::string stream, std::string filter, RangeOptions options = {})
      : api_(&api),
        stream_(std::move(stream)),
        filter_(std::move(filter)),
        options_(options),
        next_(options.from),
        way_(options.leader ? Way::leader : Way::batches) {}

  /// The next message, or nothing at the end. Errors: not_found (the stream), permission_denied, unavailable,
  /// deadline_exceeded.
  [[nodiscard]] Result<std::optional<StoredMessage>> next(const Wait& wait);

 private:
  enum class Way { batches, singles, leader };

  [[nodiscard]] Result<void> ask(const Wait& wait);
  [[nodiscard]] Result<std::optional<StoredMessage>> next_of_batch(const Wait& wait);
  [[nodiscard]] Result<std::optional<StoredMessage>> next_single(const Wait& wait);

  Api* api_;
  std::string stream_, filter_;
  RangeOptions options_;
  std::uint64_t next_;
  Way way_;
  std::optional<wire::Inbox> batch_;  ///< set while a batch is on its way
};

}  // namespace noetl::nats::js
