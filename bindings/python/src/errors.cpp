#include "errors.hpp"

#include "values.hpp"

namespace noetl::nats::python {

void raise(const Error& error) {
  const py::object made = py::module_::import("noetl_nats.errors").attr("error_of")(to_python(error_document(error)));
  PyErr_SetObject(py::type::of(made).ptr(), made.ptr());
  throw py::error_already_set();
}

}  // namespace noetl::nats::python
