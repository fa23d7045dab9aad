// Fetching, settling and reading messages of streams with a Client.
#pragma once

#include <pybind11/pybind11.h>

#include "loop.hpp"

namespace noetl::nats::python {

/// Binds Batch, BatchMessage, StoredMessage and the methods js_fetch, js_get_msgs, ...
void bind_fetch(py::module_& module, ClientClass& client, py::class_<LoopSession>& loop_client);

}  // namespace noetl::nats::python
