#include "jetstream/scan.hpp"

#include <fmt/format.h>

#include "jetstream/ordered.hpp"

namespace noetl::nats::js {

Result<void> scan_last_headers(Api& api, const std::string& stream, const std::vector<std::string>& filters,
                               const std::function<bool(const wire::Message&)>& each, const Wait& wait) {
  OrderedReader reader(api, stream, {.filters = filters, .headers_only = true, .batch = 20'000});
  NN_CHECK(reader.open(wait));
  std::uint64_t read = 0;
  while (!reader.caught_up()) {
    NN_TRY(const auto message, reader.next(wait));
    if (!message && reader.caught_up()) break;
    if (!message)
      return fail(Code::deadline_exceeded, fmt::format("read the subjects of {} messages of stream {} in time, but not all", read, stream),
                  "raise timeout_ms, or narrow the filter");
    ++read;
    if (!each(message->message)) return {};
  }
  return {};
}

}  // namespace noetl::nats::js
