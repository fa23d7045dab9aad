#include "headers.hpp"

#include <pybind11/stl.h>

#include "values.hpp"

namespace noetl::nats::python {

wire::Headers headers_of(const py::object& given) {
  wire::Headers headers;
  if (given.is_none()) return headers;
  for (const auto& item : py::dict(given)) {
    const auto name = item.first.cast<std::string>();
    if (PyList_Check(item.second.ptr()))
      for (const auto& each : item.second) headers.add(name, each.cast<std::string>());
    else
      headers.add(name, item.second.cast<std::string>());
  }
  return headers;
}

py::dict headers_to_python(const wire::Headers& headers) {
  py::dict out;
  for (const auto& [name, value] : headers.lines()) {
    const py::str key = to_text(name);
    const py::str text = to_text(value);
    if (!out.contains(key))
      out[key] = text;
    else if (PyList_Check(py::object(out[key]).ptr()))
      py::list(out[key]).append(text);
    else
      out[key] = py::list(py::make_tuple(out[key], text));
  }
  return out;
}

}  // namespace noetl::nats::python
