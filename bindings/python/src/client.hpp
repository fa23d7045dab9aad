// The typed door: KV and messages for the Python `Client`. Bytes go straight to the typed classes, never through JSON.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "call.hpp"

namespace noetl::nats::python {

/// Binds Client, KvEntry, Message and PubAck.
void bind_client(py::module_& module, const std::shared_ptr<Gate>& gate);

}  // namespace noetl::nats::python
