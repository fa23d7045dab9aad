// Publishing many messages with a Client.
#pragma once

#include <pybind11/pybind11.h>

#include "session.hpp"

namespace noetl::nats::python {

/// Binds PublishResult and js_publish_many.
void bind_bulk(py::module_& module, py::class_<Session>& client);

}  // namespace noetl::nats::python
