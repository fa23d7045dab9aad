// What subjects a stream holds, and the headers of the last message on each: the keys of a bucket.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "jetstream/messages.hpp"

namespace noetl::nats::js {

/// Calls `each` for the last message of every subject that matches one of `filters`, oldest first, without its body, until
/// it says false. A message that arrives meanwhile may come as well, after the one that it replaces. Complete, or an error.
/// Uses a consumer of its own that the server forgets. More than one filter needs server 2.10.
/// Errors: as OrderedReader, and deadline_exceeded.
[[nodiscard]] Result<void> scan_last_headers(Api& api, const std::string& stream, const std::vector<std::string>& filters,
                                             const std::function<bool(const wire::Message&)>& each, const Wait& wait);

}  // namespace noetl::nats::js
