// Keys and values of a Client.
#pragma once

#include <pybind11/pybind11.h>

#include "session.hpp"

namespace noetl::nats::python {

/// Binds KvEntry and the methods kv_*.
void bind_kv(py::module_& module, py::class_<Session, std::shared_ptr<Session>>& client);

}  // namespace noetl::nats::python
