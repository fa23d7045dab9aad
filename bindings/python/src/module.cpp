// The module `noetl_nats._core`. It turns Python values into (operation, parameters, options) and results into dicts; what
// an operation is, it does not know.
#include <fmt/format.h>
#include <pybind11/pybind11.h>

#include <array>
#include <memory>

#include "base/bytes.hpp"
#include "base/environment.hpp"
#include "call.hpp"
#include "client.hpp"
#include "client_kv.hpp"
#include "errors.hpp"
#include "noetl/nats/version.hpp"
#include "plan.hpp"
#include "runtime.hpp"
#include "values.hpp"

namespace noetl::nats::python {
namespace {

/// How long the end of the interpreter waits for calls that it has cancelled: they look every 100 ms.
constexpr std::chrono::milliseconds kExitPatience{2000};
/// How long a fork waits for calls under way. Longer ones wait for the server themselves, with no lock held.
constexpr std::chrono::milliseconds kForkPatience{250};

/// Given as bytes, these go as base64 where the operation has an `encoding`: exact whatever the bytes are.
constexpr std::array kPayloads{"value", "data", "payload"};

bool takes_encoding(const std::string& operation) {
  const Operation* found = runtime().registry().find(operation);
  return found != nullptr && describe(*found)["input"]["properties"].contains("encoding");
}

Json params_of(const std::string& operation, const py::dict& params, std::vector<ValueProblem>& problems) {
  py::dict rest = params;
  Json encoded = Json::object();
  for (const char* name : kPayloads) {
    if (!params.contains(name) || params.contains("encoding") || !takes_encoding(operation)) continue;
    Py_buffer buffer{};
    const auto bytes = bytes_view(params[name], buffer);
    if (!bytes) continue;
    encoded[name] = base64_encode(*bytes);
    encoded["encoding"] = "base64";
    PyBuffer_Release(&buffer);
    rest = py::reinterpret_steal<py::dict>(PyDict_Copy(rest.ptr()));
    rest.attr("pop")(name);
  }
  Json out = to_json(rest, "", problems);
  if (out.is_object()) out.update(encoded);
  return out;
}

/// TypeError that shows no value: pybind11's own would print all arguments, and a password with them.
void check_type(bool fits, const char* wanted, const py::object& argument) {
  if (!fits) throw py::type_error(fmt::format("{}, not {}", wanted, Py_TYPE(argument.ptr())->tp_name));
}

/// The result exists as a dict and is about to be returned: for Python that is the moment when it is out (ADR 0007).
void run_after_delivery(Call& call, const std::vector<AfterDelivery>& tasks, py::dict& result) {
  if (tasks.empty()) return;
  const auto problems = call.run([&](const Cancel& cancel) {
    std::vector<std::string> messages;
    for (const auto& task : tasks)
      if (const auto done = task(&cancel); !done) messages.push_back(done.error().message);
    return messages;
  });
  if (problems.empty()) return;
  py::list warnings = result.contains("warnings") ? py::list(result["warnings"]) : py::list();
  for (const auto& each : problems) warnings.append(to_text(each));
  result["warnings"] = warnings;
}

py::dict run(Gate& gate, const std::string& operation, const py::dict& params, const py::object& progress) {
  std::vector<ValueProblem> problems;
  const Json input = params_of(operation, params, problems);
  if (!problems.empty()) return to_python(error_document(error_of(operation, problems)));
  Call call(gate);
  const auto environment = Environment::of_process();  // with the GIL: os.environ changes under it
  RunOptions options;
  options.environment = &environment.all();
  std::vector<AfterDelivery> after_delivery;
  options.after_delivery = [&](AfterDelivery task) { after_delivery.push_back(std::move(task)); };
  if (!progress.is_none()) options.progress = [&](std::string_view line) { call.with_gil([&] { progress(to_text(line)); }); };
  const Json result = call.run([&](const Cancel& cancel) {
    options.cancel = &cancel;
    return runtime().run(operation, input, options);
  });
  py::dict document = to_python(result);
  run_after_delivery(call, after_delivery, document);
  return document;
}

py::list names() {
  py::list out;
  for (const auto& each : operations().entries()) out.append(each.name);
  return out;
}

py::object description(const std::string& name) {
  const Operation* found = operations().find(name);
  return found == nullptr ? to_python(error_document(operations().unknown(name))) : to_python(describe(*found));
}

}  // namespace

// No static Python objects and one gate for each interpreter, so that sub-interpreters may load the module too.
PYBIND11_MODULE(_core, module, py::multiple_interpreters::shared_gil()) {
  const auto gate = std::make_shared<Gate>();
  (void)operations().all();  // built now: a fork must not meet its initialisation half done
  module.attr("version") = kVersion;
  module.def(
      "run",
      [gate](const py::object& operation, const py::object& params, const py::object& progress) {
        check_type(PyUnicode_Check(operation.ptr()), "the name of an operation is a text", operation);
        check_type(PyMapping_Check(params.ptr()) && py::hasattr(params, "keys"), "parameters are a mapping", params);
        return run(*gate, operation.cast<std::string>(), py::dict(params), progress);
      },
      py::arg("operation"), py::arg("params"), py::arg("progress") = py::none());
  module.def("operations", names);
  module.def("describe", description, py::arg("operation"));
  bind_client(module, gate);
  add_plan(module);
  module.def("shut", [gate] {
    {
      const py::gil_scoped_release released;
      close_caches();
    }
    if (!gate->close(kExitPatience)) return;  // a thread of ours still holds what closing needs
    const py::gil_scoped_release released;
    close_runtime();
  });
  module.def("before_fork", [gate] { gate->pause(kForkPatience); });
  module.def("after_fork_in_parent", [gate] { gate->resume(); });
  module.def("after_fork_in_child", [gate] { gate->reset(); });
}

}  // namespace noetl::nats::python
