// What a lowered step runs: noetl-nats __step FILE, with the engine's values on standard input.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "engine/present.hpp"
#include "noetl/commands.hpp"
#include "noetl/credentials.hpp"
#include "noetl/nats/runtime.hpp"
#include "noetl/run_directory.hpp"
#include "noetl/step_params.hpp"
#include "noetl/step_report.hpp"
#include "noetl/step_variables.hpp"
#include "sys/files.hpp"

namespace noetl::nats::playbook {
namespace {

std::string read_input() {
  std::string text;
  char buffer[65536];
  while (true) {
    const auto got = read(STDIN_FILENO, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

class Step {
 public:
  Step(const StepDescription& description, const Environment& environment, const Cancel* cancel)
      : description_(description), teller_(description), runtime_(operations(), environment.all()) {
    options_.cancel = cancel;
    options_.default_server = false;
    options_.keep_connection = true;  // tasks and loops share it; the process ends with the step
    options_.progress = [this](std::string_view line) { teller_.progress(line); };
    options_.credential = [&environment](const std::string& alias) { return credential(alias, environment); };
  }

  Result<Json> run(const Json& variables) {
    const Json& loop = description_.document["loop"];
    if (loop.is_object()) return run_loop(loop, variables);
    return run_tool(variables);
  }

  [[nodiscard]] const Teller& teller() const { return teller_; }

 private:
  Result<Json> run_tool(const Json& variables) {
    const Json& tool = description_.document["tool"];
    if (!tool.is_array()) return run_one(tool, variables, false);
    Json scope = variables;
    Json result;
    std::size_t index = 0;
    for (const auto& task : tool) {
      scope["_prev"] = result;
      NN_TRY(result, run_one(task, scope, true));
      const auto name = task.contains("name") && task["name"].is_string() ? task["name"].get<std::string>() : fmt::format("task_{}", index);
      scope[name] = result;
      if (!scope[name].contains("result")) scope[name]["result"] = result;
      ++index;
    }
    return result;
  }

  Result<Json> run_loop(const Json& loop, const Json& variables) {
    NN_TRY(Json items, rendered_value(loop.contains("in") ? loop["in"] : Json(), variables));
    if (items.is_string()) items = Json::parse(items.get<std::string>(), nullptr, false);
    if (!items.is_array()) return fail(Code::invalid_argument, "loop.in is not a list", "give a list, or a text that is a JSON list");
    const auto iterator = loop.value("iterator", std::string("item"));
    Json results = Json::array();
    for (std::size_t i = 0; i < items.size(); ++i) {
      Json scope = variables;
      scope[iterator] = items[i];
      scope["iter"] = Json{{iterator, items[i]}};
      scope["loop_index"] = i;
      auto result = run_tool(scope);
      if (!result) {
        Error error = std::move(result).error();
        error.message = fmt::format("item {} of {}: {}", i + 1, items.size(), error.message);
        return fail(std::move(error));
      }
      results.push_back(std::move(*result));
    }
    return Json{{"status", "success"}, {"count", results.size()}, {"results", std::move(results)}};
  }

  Result<Json> run_one(const Json& tool, const Json& variables, bool in_list) {
    NN_TRY(const auto call, step_call(runtime_.registry(), tool, variables, in_list));
    auto result = runtime_.try_run(call.operation->name, call.params, options_);
    const bool shows_result = call.show == "text" || (call.show == "auto" && call.operation->info.shows == Shows::result);
    if (!result) {
      if (shows_result && result.error().result.is_object())
        teller_.progress(text_of(*call.operation, error_document(result.error()), teller_.color()));
      return result;
    }
    if (shows_result)
      teller_.progress(text_of(*call.operation, *result, teller_.color()));
    else if (call.show == "auto")
      teller_.progress("✓ " + line_of(*call.operation, *result));
    return result;
  }

  const StepDescription& description_;
  Teller teller_;
  Runtime runtime_;
  RunOptions options_;
};

Result<Json> run_step(const StepDescription& description, const Environment& environment, const Cancel* cancel) {
  NN_TRY(const auto variables, step_variables(description, read_input()));
  Step step(description, environment, cancel);
  NN_TRY(auto result, step.run(variables));
  const auto file = result_file(description.text("directory"), description.text("results"), description.text("step"));
  NN_CHECK(sys::write_file(file, dump(result), 0600, sys::Durable::no));
  return result;
}

}  // namespace

int step_command(const std::vector<std::string>& arguments, const Environment& environment, const Cancel* cancel) {
  if (arguments.size() != 1) return exit_status(Code::invalid_argument);
  const auto description = StepDescription::read(arguments.front());
  if (!description) return exit_status(description.error().code);
  const auto result = run_step(*description, environment, cancel);
  if (!result) return fail_step(*description, result.error());
  const std::string line = dump_ascii(*result) + "\n";
  std::size_t written = 0;
  while (written < line.size()) {
    const auto count = write(STDOUT_FILENO, line.data() + written, line.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return 1;
    written += static_cast<std::size_t>(count);
  }
  return 0;
}

}  // namespace noetl::nats::playbook
