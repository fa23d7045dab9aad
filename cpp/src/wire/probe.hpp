// A look at a server over a plain socket of our own: why a connection failed, and the INFO that nats.c keeps to itself.
#pragma once

#include "base/wait.hpp"
#include "wire/url.hpp"

namespace noetl::nats::wire {

/// The INFO document of a server. Errors, all of them precise: unavailable (unknown host, nothing listens, no route),
/// deadline_exceeded (no answer), failed_precondition (something answers that is not NATS).
[[nodiscard]] Result<Json> probe(const ServerUrl& url, const Wait& wait);

}  // namespace noetl::nats::wire
