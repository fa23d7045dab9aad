// The one Runtime of a process, for the module.
#pragma once

#include "noetl/nats/runtime.hpp"

namespace noetl::nats::python {

/// Made on first use. After a fork the child gets its own and never touches the parent's, whose threads and sockets it
/// does not have. Never destroyed: `close_runtime` at exit is all that is needed, and destructors would need threads.
[[nodiscard]] Runtime& runtime();

/// Sends what is buffered and closes the connections that are kept, if there is a runtime. The next call opens new ones.
void close_runtime();

}  // namespace noetl::nats::python
