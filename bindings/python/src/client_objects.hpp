// Objects of a Client.
#pragma once

#include <pybind11/pybind11.h>

#include "session.hpp"

namespace noetl::nats::python {

/// Binds ObjectInfo and the methods object_put and object_get.
void bind_objects(py::module_& module, ClientClass& client);

}  // namespace noetl::nats::python
