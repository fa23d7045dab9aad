// Messages of nats.c that nobody needs any more. Private to wire.
#pragma once

#include <nats/nats.h>

namespace noetl::nats::wire {

/// Destroys `message` soon, on this thread. nats.c hands each message over to a thread that frees it, and wakes that thread
/// up every time: a switch for each reply. A few dozen at a time cost one.
void destroy_later(natsMsg* message);

}  // namespace noetl::nats::wire
