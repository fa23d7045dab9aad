// Python values as JSON and back, without JSON text in between. The GIL must be held.
#pragma once

#include <pybind11/pybind11.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "noetl/nats/result.hpp"

namespace noetl::nats::python {

namespace py = pybind11;

/// What has no JSON form, and where it stands: "headers.x" "set has no JSON form".
struct ValueProblem {
  std::string path;
  std::string message;
};

/// None, bool, int (64 bits), float, str, list, tuple, mapping; bytes that are UTF-8; os.PathLike, datetime, timedelta.
/// Anything else is a problem, and every problem is added.
[[nodiscard]] Json to_json(py::handle value, const std::string& path, std::vector<ValueProblem>& problems);

[[nodiscard]] py::object to_python(const Json& value);

/// The bytes of a bytes, bytearray or contiguous memoryview; nothing for another object. A view of the object's memory.
[[nodiscard]] std::optional<std::string_view> bytes_view(py::handle value, Py_buffer& buffer);

/// The bytes that a `Client` method sends for `data`: bytes as they are, text as UTF-8, None as nothing, and anything else
/// as compact JSON with sorted members (the form in which NoETL's tools store it). Throws TypeError.
[[nodiscard]] std::string payload_of(py::handle data);

/// Text for people: what is not UTF-8 is replaced, never thrown on.
[[nodiscard]] inline py::str to_text(std::string_view text) {
  return py::reinterpret_steal<py::str>(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}
[[nodiscard]] inline py::bytes to_bytes(std::string_view data) { return py::bytes(data.data(), data.size()); }

}  // namespace noetl::nats::python
