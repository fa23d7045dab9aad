// Playbook runs with lowered steps, for the import hook (noetl_nats/_noetl.py).
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "base/environment.hpp"
#include "noetl/plan.hpp"
#include "plan.hpp"

namespace noetl::nats::python {
namespace {

namespace py = pybind11;

std::string text_of(const Error& error) { return error.hint.empty() ? error.message : error.message + "\nhint: " + error.hint; }

/// A plan whose run directory goes when Python says so.
class PyPlan {
 public:
  explicit PyPlan(playbook::Plan plan) : plan_(std::move(plan)) {}

  [[nodiscard]] std::vector<std::string> arguments() const { return plan_->arguments(); }
  [[nodiscard]] bool capture() const { return plan_->capture(); }
  [[nodiscard]] std::string epilogue() const { return plan_->epilogue(); }
  [[nodiscard]] py::bytes restored(const std::string& output) const { return plan_->restored(output); }
  [[nodiscard]] py::object error() const {
    const auto failed = plan_->run().error();
    if (!failed) return py::none();
    return py::make_tuple(failed->step, failed->message);
  }
  void close() { plan_.reset(); }

 private:
  std::optional<playbook::Plan> plan_;
};

using Planned = Result<std::optional<playbook::Plan>>;

std::unique_ptr<PyPlan> made(Planned planned) {
  if (!planned) throw py::value_error(text_of(planned.error()));
  if (!*planned) return nullptr;
  return std::make_unique<PyPlan>(std::move(**planned));
}

playbook::Surroundings around(const std::string& executable, int progress_fd) {
  return {Environment::of_process(), executable, progress_fd};
}

}  // namespace

void add_plan(py::module_& module) {
  py::class_<PyPlan>(module, "Plan", "A run of noetl with its NATS steps lowered.")
      .def_property_readonly("arguments", &PyPlan::arguments)
      .def_property_readonly("capture", &PyPlan::capture)
      .def_property_readonly("epilogue", &PyPlan::epilogue)
      .def("restored", &PyPlan::restored)
      .def("error", &PyPlan::error)
      .def("close", &PyPlan::close);
  module.attr("tested_engine") = playbook::kTestedEngine;
  module.def("plan_command_line", [](const std::vector<std::string>& arguments, const std::string& executable, int progress_fd) {
    return made(playbook::plan_command_line(arguments, around(executable, progress_fd)));
  });
  module.def("plan_call",
             [](const std::string& path, std::map<std::string, std::string> variables, bool quiet, const std::string& executable,
                int progress_fd) { return made(playbook::plan_call(path, std::move(variables), quiet, around(executable, progress_fd))); });
}

}  // namespace noetl::nats::python
