#include "errors.hpp"

#include <fmt/format.h>

namespace noetl::nats::python {

Error error_of(std::string_view where, const std::vector<ValueProblem>& problems) {
  Json list = Json::array();
  std::string text;
  for (const auto& [path, message] : problems) {
    list.push_back({{"path", path}, {"message", message}});
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", path, message);
  }
  return {.code = Code::invalid_argument, .message = fmt::format("{}: {}", where, text), .details = {{"problems", std::move(list)}}};
}

py::object exception_of(const Error& error) {
  return py::module_::import("noetl_nats.errors").attr("error_of")(to_python(error_document(error)));
}

void raise(const Error& error) {
  const py::object made = exception_of(error);
  PyErr_SetObject(py::type::of(made).ptr(), made.ptr());
  throw py::error_already_set();
}

}  // namespace noetl::nats::python
