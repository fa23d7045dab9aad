// Errors of the core as exceptions of noetl_nats.errors.
#pragma once

#include <pybind11/pybind11.h>

#include <string_view>
#include <vector>

#include "noetl/nats/result.hpp"
#include "values.hpp"

namespace noetl::nats::python {

/// invalid_argument that names everything in the parameters of `where` that has no JSON form.
[[nodiscard]] Error error_of(std::string_view where, const std::vector<ValueProblem>& problems);

/// The exception of the error's code, not raised. The GIL must be held.
[[nodiscard]] py::object exception_of(const Error& error);

/// Raises the class of the error's code. The GIL must be held.
[[noreturn]] void raise(const Error& error);

template <class T>
T value_or_raise(Result<T> result) {
  if (!result) raise(result.error());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace noetl::nats::python
