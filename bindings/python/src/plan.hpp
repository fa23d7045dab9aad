// Binding of playbook runs: see plan.cpp.
#pragma once

#include <pybind11/pybind11.h>

namespace noetl::nats::python {

void add_plan(pybind11::module_& module);

}  // namespace noetl::nats::python
