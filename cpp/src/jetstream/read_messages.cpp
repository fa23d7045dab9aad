#include "jetstream/read_messages.hpp"

#include <algorithm>

namespace noetl::nats::js {

Result<std::vector<StoredMessage>> read_messages(Api& api, const std::string& stream, const ReadOptions& options, const Wait& wait) {
  constexpr std::size_t kMostAtOnce = 1000;
  std::vector<StoredMessage> out;
  if (options.limit == 0) return out;
  RangeReader reader(api, stream, options.filter,
                     {.from = options.from, .batch = std::min(options.limit, kMostAtOnce), .max_bytes = options.max_bytes});
  std::int64_t bytes = 0;
  while (out.size() < options.limit && bytes < options.max_bytes) {
    NN_TRY(auto message, reader.next(wait));
    if (!message || message->sequence > options.up_to.value_or(message->sequence)) break;
    bytes += static_cast<std::int64_t>(message->data.size());
    out.push_back(std::move(*message));
  }
  return out;
}

}  // namespace noetl::nats::js
