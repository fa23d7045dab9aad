#include "cli/cli.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>

#include "base/names.hpp"
#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "noetl/commands.hpp"
#include "noetl/nats/version.hpp"
#include "sys/random.hpp"

namespace noetl::nats::cli {
namespace {

Result<Json> read_params(const std::string& text) {
  std::string content = text;
  if (text == "-" || text.starts_with('@')) {
    std::ostringstream read;
    if (text == "-") {
      read << std::cin.rdbuf();
    } else {
      std::ifstream in(text.substr(1), std::ios::binary);
      read << in.rdbuf();
      if (!in) return fail(Code::invalid_argument, fmt::format("--params: cannot read the file {}", in_quotes(text.substr(1))));
    }
    content = read.str();
  }
  Json params = Json::parse(content, nullptr, false);
  if (!params.is_object())
    return fail(Code::invalid_argument, "--params: not a JSON object", "write it like --params '{\"bucket\":\"b\",\"key\":\"k\"}'");
  return params;
}

int call_command(Session& session, const Arguments& arguments) {
  std::string name;
  std::string text = "{}";
  Output output{.json = true};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& argument = arguments[i];
    if (argument == "--params" && i + 1 < arguments.size())
      text = arguments[++i];
    else if (argument.starts_with("--params="))
      text = argument.substr(9);
    else if (argument == "--missing-ok")
      output.missing_ok = true;
    else if (argument == "--json")
      continue;
    else if (argument == "--help" || argument == "-h")
      return print(
                 "Usage: noetl-nats call OP --params JSON|@FILE|- [--missing-ok]\n\nRuns an operation: parameters as JSON, the result as "
                 "one line of JSON.\n"),
             0;
    else if (name.empty() && !argument.starts_with('-'))
      name = argument;
    else
      return session.refuse(Error{.code = Code::invalid_argument,
                                  .message = fmt::format("call: unexpected argument {}", in_quotes(argument)),
                                  .hint = "noetl-nats call --help"},
                            true);
  }
  if (name.empty())
    return session.refuse(Error{.code = Code::invalid_argument, .message = "call: no operation given", .hint = "noetl-nats ops lists them"},
                          true);
  const auto params = read_params(text);
  if (!params) return session.refuse(params.error(), true);
  return session.call(name, *params, output);
}

int ops_command(Session& session, const Arguments& arguments) {
  const auto& registry = session.runtime().registry();
  if (!session.terminal().out_is_terminal || std::find(arguments.begin(), arguments.end(), "--json") != arguments.end()) {
    Json list = Json::array();
    for (const auto* operation : registry.all()) list.push_back({{"operation", operation->name}, {"summary", operation->info.summary}});
    print(dump(Json{{"status", "success"}, {"operations", list}, {"count", list.size()}}) + "\n");
    return 0;
  }
  std::string out;
  for (const auto* operation : registry.all()) out += fmt::format("{:<26}{}\n", operation->name, operation->info.summary);
  print(out);
  return 0;
}

int describe_command(Session& session, const Arguments& arguments) {
  const auto name = std::find_if(arguments.begin(), arguments.end(), [](const std::string& each) { return !each.starts_with('-'); });
  if (name == arguments.end())
    return session.refuse(
        Error{.code = Code::invalid_argument, .message = "describe: no operation given", .hint = "noetl-nats ops lists them"}, false);
  const auto* operation = session.runtime().registry().find(*name);
  if (operation == nullptr) return session.refuse(session.runtime().registry().unknown(*name), !session.terminal().out_is_terminal);
  print(describe(*operation).dump(session.terminal().out_is_terminal ? 2 : -1) + "\n");
  return 0;
}

int completion_command(Session& session, const Arguments& arguments) {
  const auto script = completion_script(session.runtime().registry(), arguments.empty() ? "" : arguments.front());
  if (!script) return session.refuse(script.error(), false);
  print(*script);
  return 0;
}

int version_command(Session&, const Arguments&) { return print(fmt::format("noetl-nats {}\n", kVersion)), 0; }

int run_playbook(Session& session, const Arguments& arguments) { return playbook::run_command(arguments, session.environment()); }
int copy_playbooks(Session& session, const Arguments& arguments) { return playbook::playbooks_command(arguments, session.environment()); }
int lint_playbooks(Session& session, const Arguments& arguments) { return playbook::lint_command(arguments, session.environment()); }
int look_at_installation(Session& session, const Arguments& arguments) {
  return playbook::doctor_command(arguments, session.environment());
}
int print_schema(Session&, const Arguments& arguments) { return playbook::schema_command(arguments); }
int run_step(Session& session, const Arguments& arguments) {
  return playbook::step_command(arguments, session.environment(), &cancel_by_signal());
}
int run_shell_command(Session&, const Arguments& arguments) { return playbook::shell_command(arguments); }
int lower_sub_playbook(Session& session, const Arguments& arguments) { return playbook::sub_command(arguments, session.environment()); }

using Command = int (*)(Session&, const Arguments&);
const std::map<std::string, Command, std::less<>> kCommands{
    {"call", call_command},           {"ops", ops_command},     {"describe", describe_command}, {"completion", completion_command},
    {"version", version_command},     {"run", run_playbook},    {"playbooks", copy_playbooks},  {"lint", lint_playbooks},
    {"doctor", look_at_installation}, {"schema", print_schema}, {"__step", run_step},           {"__shell", run_shell_command},
    {"__sub", lower_sub_playbook}};

bool wants_help(const Arguments& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [](const std::string& each) { return each == "--help" || each == "-h"; });
}

int unknown_command(Session& session, const Found& found) {
  const auto& registry = session.runtime().registry();
  const std::string help = noun_help(registry, found.noun);
  if (!help.empty()) {
    print_talk(help);
    return exit_status(Code::invalid_argument);
  }
  std::vector<std::string> words;
  for (const auto& entry : registry.entries()) words.emplace_back(*entry.noun == 0 ? entry.verb : entry.noun);
  for (const auto& [name, command] : kCommands)
    if (!name.starts_with("__")) words.push_back(name);
  Error error{
      .code = Code::invalid_argument, .message = fmt::format("unknown command {}", in_quotes(found.noun)), .hint = "noetl-nats --help"};
  if (const auto likely = nearest(found.noun, words)) error.message += fmt::format("; did you mean {}?", *likely);
  return session.refuse(error, false);
}

}  // namespace

int main(int argc, char** argv) {
  sys::use_kernel_random();
  const Arguments arguments(argv + 1, argv + argc);
  Session session;
  if (arguments.empty()) return print_talk(main_help(session.runtime().registry())), exit_status(Code::invalid_argument);
  const std::string& first = arguments.front();
  if (first == "--version" || first == "-V") return version_command(session, {});
  if (const auto command = kCommands.find(first); command != kCommands.end())
    return command->second(session, Arguments(arguments.begin() + 1, arguments.end()));
  const Found found = find_operation(session.runtime().registry(), arguments);
  if (found.operation != nullptr) return run_operation(session, *found.operation, found.rest);
  if (wants_help(arguments)) {
    const std::string help = found.noun.empty() ? "" : noun_help(session.runtime().registry(), found.noun);
    return print(help.empty() ? main_help(session.runtime().registry()) : help), 0;
  }
  return unknown_command(session, found);
}

}  // namespace noetl::nats::cli
