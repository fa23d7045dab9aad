// Publishing many messages with a Client.
#pragma once

#include <pybind11/pybind11.h>

#include "loop.hpp"

namespace noetl::nats::python {

/// Binds PublishResult and js_publish_many, of the blocking client and of that of an event loop.
void bind_bulk(py::module_& module, ClientClass& client, py::class_<LoopSession>& loop_client);

}  // namespace noetl::nats::python
