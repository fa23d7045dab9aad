#include "values.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

#include "base/bytes.hpp"

namespace noetl::nats::python {
namespace {

constexpr int kDeepest = 200;  // a dict that holds itself must not end in a stack overflow

struct Reader {
  std::vector<ValueProblem>& problems;

  Json problem(const std::string& path, std::string message) {
    problems.push_back({path, std::move(message)});
    return nullptr;
  }

  Json read(py::handle value, const std::string& path, int depth) {
    PyObject* object = value.ptr();
    if (depth > kDeepest) return problem(path, fmt::format("nested deeper than {} levels", kDeepest));
    if (object == Py_None) return nullptr;
    if (PyBool_Check(object)) return object == Py_True;
    if (PyUnicode_Check(object)) return text(object, path);
    if (PyLong_Check(object)) return integer(object, path);
    if (PyFloat_Check(object)) return number(PyFloat_AS_DOUBLE(object), path);
    if (PyDict_Check(object)) return members(py::reinterpret_borrow<py::dict>(value), path, depth);
    if (PyList_Check(object) || PyTuple_Check(object)) return items(py::reinterpret_borrow<py::sequence>(value), path, depth);
    return other(value, path, depth);
  }

  Json text(PyObject* object, const std::string& path) {
    Py_ssize_t size = 0;
    const char* utf8 = PyUnicode_AsUTF8AndSize(object, &size);
    if (utf8 != nullptr) return std::string(utf8, static_cast<std::size_t>(size));
    PyErr_Clear();
    return problem(path, "text with lone surrogates is not UTF-8; give bytes");
  }

  Json integer(PyObject* object, const std::string& path) {
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow == 0) return static_cast<std::int64_t>(value);
    if (overflow > 0) {
      const unsigned long long large = PyLong_AsUnsignedLongLong(object);
      if (PyErr_Occurred() == nullptr) return static_cast<std::uint64_t>(large);
      PyErr_Clear();
    }
    return problem(path, "an integer of more than 64 bits; give it as text");
  }

  Json number(double value, const std::string& path) {
    if (std::isfinite(value)) return value;
    return problem(path, "infinity and NaN have no JSON form");
  }

  Json members(const py::dict& dict, const std::string& path, int depth) {
    Json out = Json::object();
    for (const auto& [key, member] : dict) {
      const Json name = PyUnicode_Check(key.ptr()) ? text(key.ptr(), path) : Json();
      if (!name.is_string()) {
        problem(path, fmt::format("the key {} is not a text", std::string(py::repr(key))));
        continue;
      }
      const auto& key_text = name.get_ref<const std::string&>();
      out[key_text] = read(member, path.empty() ? key_text : path + "." + key_text, depth + 1);
    }
    return out;
  }

  Json items(const py::sequence& sequence, const std::string& path, int depth) {
    Json out = Json::array();
    std::size_t index = 0;
    for (const auto& item : sequence) out.push_back(read(item, fmt::format("{}[{}]", path, index++), depth + 1));
    return out;
  }

  Json other(py::handle value, const std::string& path, int depth) {
    Py_buffer buffer{};
    if (const auto bytes = bytes_view(value, buffer)) {
      const std::string copy(*bytes);
      PyBuffer_Release(&buffer);
      if (is_utf8(copy)) return copy;
      return problem(path, "bytes that are not UTF-8; give base64 text with encoding=\"base64\"");
    }
    if (py::hasattr(value, "__fspath__")) return read(value.attr("__fspath__")(), path, depth + 1);
    if (py::hasattr(value, "total_seconds")) return number(value.attr("total_seconds")().cast<double>(), path);
    if (py::hasattr(value, "tzinfo") && py::hasattr(value, "isoformat")) {
      if (value.attr("tzinfo").is_none()) return problem(path, "a datetime without a time zone");
      return read(value.attr("isoformat")(), path, depth + 1);
    }
    if (py::hasattr(value, "items") && py::hasattr(value, "keys")) return members(py::dict(value.attr("items")()), path, depth);
    return problem(path, fmt::format("{} has no JSON form", Py_TYPE(value.ptr())->tp_name));
  }
};

}  // namespace

Json to_json(py::handle value, const std::string& path, std::vector<ValueProblem>& problems) {
  return Reader{problems}.read(value, path, 0);
}

py::object to_python(const Json& value) {
  switch (value.type()) {
    case Json::value_t::boolean:
      return py::bool_(value.get<bool>());
    case Json::value_t::number_integer:
      return py::int_(value.get<std::int64_t>());
    case Json::value_t::number_unsigned:
      return py::int_(value.get<std::uint64_t>());
    case Json::value_t::number_float:
      return py::float_(value.get<double>());
    case Json::value_t::string:
      return py::str(value.get_ref<const std::string&>());
    case Json::value_t::array: {
      py::list out(value.size());
      for (std::size_t i = 0; i < value.size(); ++i) out[i] = to_python(value[i]);
      return out;
    }
    case Json::value_t::object: {
      py::dict out;
      for (const auto& [key, member] : value.items()) out[py::str(key)] = to_python(member);
      return out;
    }
    default:
      return py::none();
  }
}

std::optional<std::string_view> bytes_view(py::handle value, Py_buffer& buffer) {
  if (!PyObject_CheckBuffer(value.ptr())) return std::nullopt;
  if (PyObject_GetBuffer(value.ptr(), &buffer, PyBUF_SIMPLE) != 0) {
    PyErr_Clear();
    return std::nullopt;
  }
  return std::string_view(static_cast<const char*>(buffer.buf), static_cast<std::size_t>(buffer.len));
}

std::string payload_of(py::handle data) {
  Py_buffer buffer{};
  if (const auto bytes = bytes_view(data, buffer)) {
    std::string copy(*bytes);
    PyBuffer_Release(&buffer);
    return copy;
  }
  if (data.is_none()) return {};
  std::vector<ValueProblem> problems;
  Json value = to_json(data, "", problems);
  if (!problems.empty()) throw py::type_error("data: " + problems.front().message);
  if (value.is_string()) return std::move(value.get_ref<std::string&>());
  return dump_sorted(value);
}

}  // namespace noetl::nats::python
