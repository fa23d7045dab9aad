// What a lowered step runs: noetl-nats __step FILE, with the engine's values on standard input.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.hpp"
#include "engine/present.hpp"
#include "noetl/batch.hpp"
#include "noetl/commands.hpp"
#include "noetl/credentials.hpp"
#include "noetl/nats/runtime.hpp"
#include "noetl/run_directory.hpp"
#include "noetl/step_params.hpp"
#include "noetl/step_report.hpp"
#include "noetl/step_variables.hpp"
#include "noetl/when.hpp"
#include "sys/files.hpp"
#include "yaml/reader.hpp"

namespace noetl::nats::playbook {
namespace {

/// Longer batches tell one line in the end.
constexpr std::size_t kShownOneByOne = 20;

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

/// JSON, or YAML: as that the engine hands a list to a sub-playbook. Null: none of them.
Json list_of_text(const std::string& text) {
  Json parsed = Json::parse(text, nullptr, false);
  if (!parsed.is_discarded()) return parsed;
  const auto document = yaml::read(text, "loop.in");
  return document ? document->root : Json();
}

class Step {
 public:
  Step(const StepDescription& description, const Environment& environment, const Cancel* cancel)
      : description_(description), teller_(description), runtime_(operations(), environment.all()) {
    options_.cancel = cancel;
    options_.default_server = false;
    options_.keep_connection = true;  // tasks and loops share it; the process ends with the step
    options_.progress = [this](std::string_view line) { teller_.progress(line); };
    options_.after_delivery = [this](AfterDelivery task) { after_delivery_.push_back(std::move(task)); };
    options_.credential = [&environment](const std::string& alias) { return credential(alias, environment); };
  }

  Result<Json> run(const Json& variables) {
    const Json& loop = description_.document["loop"];
    if (loop.is_object()) return run_loop(loop, variables);
    return run_tool(variables);
  }

  /// What had to wait until the result of the whole step is out. The step succeeded all the same: if it failed now, those
  /// messages that were acknowledged would be lost with its result (ADR 0007).
  void after_delivery() {
    for (const auto& task : std::exchange(after_delivery_, {}))
      if (const auto done = task(options_.cancel); !done) teller_.error("! " + done.error().message);
  }

 private:
  Result<Json> run_tool(const Json& variables) {
    const Json& tool = description_.document["tool"];
    if (tool.is_array()) return run_pipeline(tool, variables);
    if (tool.is_object() && tool.contains("operations")) return run_batch(tool, variables);
    return run_one(tool, variables, false);
  }

  /// `tool: [...]`: the result is the last task's.
  Result<Json> run_pipeline(const Json& tool, const Json& variables) {
    Json scope = variables;
    Json result;
    for (std::size_t i = 0; i < tool.size(); ++i) {
      scope["_prev"] = result;
      NN_TRY(result, run_one(tool[i], scope, true));
      remember(scope, task_name(tool[i], i), result);
    }
    return result;
  }

  /// `operations: [...]`: the result has all of them.
  Result<Json> run_batch(const Json& tool, const Json& variables) {
    NN_TRY(const Batch batch, read_batch(tool));
    Json scope = variables;
    Json all = Json::array(), named = Json::object();
    std::size_t failed = 0;
    quiet_ = batch.tasks.size() > kShownOneByOne;
    for (std::size_t i = 0; i < batch.tasks.size(); ++i) {
      const auto& task = batch.tasks[i];
      auto result = run_one(task.tool, scope, true);
      if (!result) {
        Error error = std::move(result).error();
        error.message = fmt::format("operation {} of {} ({}): {}", i + 1, batch.tasks.size(), task.name, error.message);
        if (batch.stops || error.code == Code::cancelled) return fail(std::move(error));
        teller_.progress("✗ " + error.message);
        result = error_document(error);
        ++failed;
      }
      scope["_prev"] = *result;
      remember(scope, task.name, *result);
      named[task.name] = *result;
      all.push_back(std::move(*result));
    }
    if (quiet_) teller_.progress(fmt::format("✓ {} operations, {} failed", all.size(), failed));
    Json out{{"status", failed == 0 ? "success" : "partial"}, {"count", all.size()}, {"failed", failed}, {"results", std::move(all)}};
    out.update(named);
    return out;
  }

  /// Later tasks see a result by the task's name, as later steps see one by the step's.
  static void remember(Json& scope, const std::string& name, const Json& result) {
    scope[name] = result;
    if (scope[name].is_object() && !scope[name].contains("result")) scope[name]["result"] = result;
  }

  Result<Json> run_loop(const Json& loop, const Json& variables) {
    NN_TRY(Json items, rendered_value(loop.contains("in") ? loop["in"] : Json(), variables));
    if (items.is_string()) items = list_of_text(items.get<std::string>());
    if (!items.is_array())
      return fail(Code::invalid_argument, "loop.in is not a list", "give a list, or a text that is a JSON or YAML list");
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
    else if (call.show == "auto" && !quiet_)
      teller_.progress("✓ " + line_of(*call.operation, *result));
    if (result->contains("warnings") && (*result)["warnings"].is_array())
      for (const auto& each : (*result)["warnings"])
        if (each.is_string()) teller_.progress("! " + each.get<std::string>());
    return result;
  }

  const StepDescription& description_;
  Teller teller_;
  Runtime runtime_;
  RunOptions options_;
  std::vector<AfterDelivery> after_delivery_;
  bool quiet_ = false;  ///< a long batch: one line in the end
};

/// What others need of the result: `_run` names the file with all of it, `_when` has the conditions on this step alone.
Result<void> add_extras(const StepDescription& description, Json& result) {
  const auto step = description.text("step"), directory = description.text("directory"), results = description.text("results");
  const auto text = sys::read_file(std::filesystem::path(directory) / extras_file(results, step));
  if (!text) return {};
  const Json extras = Json::parse(*text, nullptr, false);
  const Json variables{{step, as_result(result)}};
  Json decisions = Json::object();
  for (const auto& condition : extras["conditions"]) {
    NN_TRY(const bool holds_now, holds(condition.get<std::string>(), variables));
    decisions[fmt::format("c{}", decisions.size())] = holds_now;
  }
  if (extras["named"] == true) {
    const auto execution = random_hex(8);
    NN_CHECK(sys::write_file(result_file(directory, results, step, execution), dump(result), 0600, sys::Durable::no));
    result["_run"] = execution;
  }
  if (!decisions.empty()) result["_when"] = std::move(decisions);
  return {};
}

Result<Json> run_step(Step& step, const StepDescription& description) {
  NN_TRY(const auto variables, step_variables(description, frames_of(read_input(), description.text("marker"))));
  NN_TRY(auto result, step.run(variables));
  NN_CHECK(add_extras(description, result));
  return result;
}

}  // namespace

int step_command(const std::vector<std::string>& arguments, const Environment& environment, const Cancel* cancel) {
  if (arguments.size() != 1) return exit_status(Code::invalid_argument);
  const auto description = StepDescription::read(arguments.front());
  if (!description) return exit_status(description.error().code);
  Step step(*description, environment, cancel);
  const auto result = run_step(step, *description);
  if (!result) return fail_step(*description, result.error());
  const std::string line = dump_ascii(*result) + "\n";
  std::size_t written = 0;
  while (written < line.size()) {
    const auto count = write(STDOUT_FILENO, line.data() + written, line.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return 1;
    written += static_cast<std::size_t>(count);
  }
  step.after_delivery();
  return 0;
}

}  // namespace noetl::nats::playbook
