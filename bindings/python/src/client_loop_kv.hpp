// Keys and values of a LoopClient.
#pragma once

#include <pybind11/pybind11.h>

#include "loop.hpp"

namespace noetl::nats::python {

/// Binds the methods kv_*, each with the future that gets its result.
void bind_loop_kv(py::module_& module, py::class_<LoopSession>& client);

}  // namespace noetl::nats::python
