// Objects of a Client.
#pragma once

#include <pybind11/pybind11.h>

#include "session.hpp"

namespace noetl::nats::python {

/// Binds ObjectInfo and the methods object_put and object_get.
void bind_objects(py::module_& module, py::class_<Session, std::shared_ptr<Session>>& client);

}  // namespace noetl::nats::python
