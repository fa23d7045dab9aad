// Headers of messages as Python mappings, and back. The GIL must be held.
#pragma once

#include <pybind11/pybind11.h>

#include "wire/message.hpp"

namespace noetl::nats::python {

namespace py = pybind11;

/// A mapping of texts, or of lists of texts for a name that occurs more than once; None: no headers. Throws TypeError.
[[nodiscard]] wire::Headers headers_of(const py::object& given);
/// A name that occurs once gives a text, another one a list.
[[nodiscard]] py::dict headers_to_python(const wire::Headers& headers);

}  // namespace noetl::nats::python
