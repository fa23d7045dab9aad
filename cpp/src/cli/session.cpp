#include "cli/session.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <utility>

#include "base/bytes.hpp"
#include "engine/present.hpp"
#include "noetl/credentials.hpp"

namespace noetl::nats::cli {
namespace {

extern "C" void on_signal(int) { cancel_by_signal().request(); }

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESETHAND;  // the second Ctrl-C ends the process at once
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);  // a closed pipe is seen by write()
}

/// The bytes of a result's `value` or `data`.
std::string raw_bytes(const Json& result) {
  const char* key = result.contains("value") ? "value" : "data";
  if (!result.contains(key) || result[key].is_null()) return "";
  if (!result[key].is_string()) return dump(result[key]);
  const auto& text = result[key].get_ref<const std::string&>();
  if (result.value("encoding", std::string()) != "base64") return text;
  return base64_decode(text).value_or(text);
}

}  // namespace

Cancel& cancel_by_signal() {
  static Cancel cancel;
  return cancel;
}

Session::Session()
    : environment_(Environment::of_process()), terminal_(look_at_terminal(environment_)), runtime_(operations(), environment_.all()) {
  (void)cancel_by_signal();  // made before a signal can come
  catch_signals();
}

RunOptions Session::options(const Output& output) {
  RunOptions options;
  options.cancel = &cancel_by_signal();
  options.keep_connection = false;
  options.fail_on_critical = true;
  options.credential = [this](const std::string& alias) { return playbook::credential(alias, environment_); };
  options.after_delivery = [this](AfterDelivery task) { after_delivery_.push_back(std::move(task)); };
  if (!output.quiet) options.progress = [](std::string_view line) { print_talk(fmt::format("{}\n", line)); };
  return options;
}

/// The result is out, so a message that is not acknowledged is a warning: with a failure, a script would throw away the
/// result, and with it those messages that were acknowledged (ADR 0007).
int Session::settle(bool printed, int status) {
  const auto tasks = std::exchange(after_delivery_, {});
  if (!printed && !tasks.empty()) {
    print_talk("error: the result could not be written; nothing was acknowledged\n");
    return 1;
  }
  for (const auto& task : tasks)
    if (const auto done = task(&cancel_by_signal()); !done) print_talk(fmt::format("warning: {}\n", done.error().message));
  return status;
}

int Session::run(const Operation& operation, const Json& params, const Output& output) {
  const Json result = runtime_.run(operation.name, params, options(output));
  bool printed = true;
  const bool failed = result.contains("error");
  int status = output.missing_ok && !failed ? 0 : exit_status_of(result);
  if (operation.info.exit_status) status = operation.info.exit_status(result).value_or(status);
  const auto& prints = operation.info.prints;
  if (!output.json && !prints.empty() && result.contains(prints)) {
    printed = print(result[prints].get<std::string>());
  } else if (output.raw && !failed) {
    printed = print(raw_bytes(result));
  } else if (output.json || !terminal_.out_is_terminal) {
    printed = print(dump(result) + "\n");
  } else if (!failed || result.size() > 2) {  // a failure that found something (health) shows it
    printed = print(text_of(operation, result, terminal_.color));
  }
  if (failed && !output.json) show_error(result, output);
  return settle(printed, status);
}

int Session::call(std::string_view operation, const Json& params, const Output& output) {
  Output silent = output;
  silent.quiet = true;
  const Json result = runtime_.run(operation, params, options(silent));
  const bool printed = print(dump(result) + "\n");
  return settle(printed, output.missing_ok && !result.contains("error") ? 0 : exit_status_of(result));
}

int Session::show_error(const Json& result, const Output&) const {
  const auto& error = result["error"];
  std::string text = fmt::format("error: {}\n", error.value("message", std::string()));
  if (const auto hint = error.value("hint", std::string()); !hint.empty()) text += fmt::format("hint: {}\n", hint);
  if (error.value("maybe_applied", false)) text += "note: the server may have applied it all the same\n";
  print_talk(text);
  return exit_status_of(result);
}

int Session::refuse(const Error& error, bool json) const {
  const Json document = error_document(error);
  if (json)
    print(dump(document) + "\n");
  else
    show_error(document, {});
  return exit_status_of(document);
}

}  // namespace noetl::nats::cli
