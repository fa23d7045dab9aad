#include "cli/command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <map>

#include "base/names.hpp"
#include "cli/options.hpp"
#include "engine/connection_params.hpp"

namespace noetl::nats::cli {
namespace {

const schema::StructInfo& common_fields() { return schema::describe<ConnectionParams>(); }

/// Whether the option consumes the next argument ("--server URL"), as far as common options go.
bool takes_value(const std::string& option) {
  if (option.find('=') != std::string::npos) return false;
  if (option == "-s") return true;
  if (!option.starts_with("--")) return false;
  std::string name = option.substr(2);
  std::replace(name.begin(), name.end(), '-', '_');
  const auto* field = common_fields().find(name);
  return field != nullptr && field->kind != schema::Kind::boolean;
}

std::string shell_quoted(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("-_./:=@,+%").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// An example of the operation as a command line.
std::string example_line(const Operation& operation, const Json& params) {
  std::string line = "noetl-nats " + words_of(operation);
  std::string flags;
  for (const auto& field : operation.input->fields) {
    if (!params.contains(field.name)) continue;
    const Json& value = params[field.name];
    const std::string text = value.is_string() ? value.get<std::string>() : dump(value);
    if (field.kind == schema::Kind::boolean)
      flags += value == true ? " --" + kebab(field.name) : " --no-" + kebab(field.name);
    else if (field.positional)
      line += " " + shell_quoted(text);
    else
      flags += " --" + kebab(field.name) + " " + shell_quoted(text);
  }
  return line + flags;
}

std::string footer_of(const Operation& operation) {
  std::string text;
  if (!operation.info.examples.empty()) text += "Examples:\n";
  for (const auto& example : operation.info.examples)
    text += fmt::format("  # {}\n  {}\n", example.title, example_line(operation, example.params));
  text += fmt::format("\nIn a playbook: kind: nats, operation: {}. All fields: noetl-nats describe {}", operation.name, operation.name);
  return text;
}

/// A destroying operation on a terminal asks; elsewhere it proceeds.
bool confirmed(const Session& session, const Operation& operation, const Json& params, bool yes) {
  const auto& only_with = operation.info.destroys_with;
  if (!only_with.empty() && (!params.contains(only_with) || params[only_with] == false)) return true;
  if (operation.info.effect != Effect::destroy || yes || !session.terminal().in_is_terminal || !session.terminal().err_is_terminal)
    return true;
  if (params.contains("dry_run") && params["dry_run"] == true) return true;
  std::string what;
  for (const auto& field : operation.input->fields)
    if (field.positional && params.contains(field.name))
      what += " " + (params[field.name].is_string() ? params[field.name].get<std::string>() : dump(params[field.name]));
  print_talk(fmt::format("{}{}: this removes data. Go on? [y/N] ", words_of(operation), what));
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

std::string columns(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t widest = 0;
  for (const auto& [left, right] : rows) widest = std::max(widest, left.size());
  std::string out;
  for (const auto& [left, right] : rows) out += fmt::format("  {:<{}}  {}\n", left, widest, right);
  return out;
}

}  // namespace

std::string words_of(const Operation& operation) {
  return operation.noun.empty() ? kebab(operation.verb) : kebab(operation.noun) + " " + kebab(operation.verb);
}

Found find_operation(const Registry& registry, const Arguments& arguments) {
  Found found;
  std::vector<std::size_t> words;  // positions of arguments that are no option and no option's value
  for (std::size_t i = 0; i < arguments.size() && words.size() < 2; ++i) {
    if (arguments[i].starts_with('-') && arguments[i].size() > 1)
      i += takes_value(arguments[i]) ? 1 : 0;
    else
      words.push_back(i);
  }
  if (words.empty()) return found;
  const auto take = [&](const Registry::Entry& entry, std::size_t count) {
    found.operation = registry.find(entry.name);
    for (std::size_t i = 0; i < arguments.size(); ++i)
      if (std::find(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count), i) ==
          words.begin() + static_cast<std::ptrdiff_t>(count))
        found.rest.push_back(arguments[i]);
  };
  const std::string& first = arguments[words[0]];
  found.noun = first;
  for (const auto& entry : registry.entries()) {
    const bool at_top = *entry.noun == 0;
    if (at_top && kebab(entry.verb) == kebab(first)) {
      take(entry, 1);
      return found;
    }
    if (words.size() == 2 && !at_top && kebab(entry.noun) == kebab(first) && kebab(entry.verb) == kebab(arguments[words[1]])) {
      take(entry, 2);
      return found;
    }
  }
  return found;
}

int run_operation(Session& session, const Operation& operation, const Arguments& rest) {
  CLI::App app(operation.info.summary + (operation.info.description.empty() ? "" : "\n" + operation.info.description),
               "noetl-nats " + words_of(operation));
  app.footer(footer_of(operation));
  app.get_formatter()->column_width(34);
  FieldOptions options;
  options.add(app, *operation.input, "Options");
  if (operation.info.needs != Needs::nothing) options.add(app, common_fields(), "Connection", operation.input);
  Output output;
  bool yes = false;
  app.add_flag("--json", output.json, "One line of JSON on standard output (the default when it is not a terminal).")->group("Output");
  if (operation.output->find("value") != nullptr || operation.output->find("data") != nullptr)
    app.add_flag("--raw", output.raw, "Only the bytes of the value.")->group("Output");
  app.add_flag("-q,--quiet", output.quiet, "No progress lines.")->group("Output");
  if (operation.input->find("missing_ok") == nullptr && operation.output->find("status") != nullptr)
    app.add_flag("--missing-ok", output.missing_ok, "Exit with 0 when the thing does not exist.")->group("Output");
  if (operation.info.effect == Effect::destroy) app.add_flag("-y,--yes", yes, "Do not ask.")->group("Output");

  Arguments reversed(rest.rbegin(), rest.rend());
  for (auto& argument : reversed)
    if (argument == "-s") argument = "--url";
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    print(app.help());
    return 0;
  } catch (const CLI::ParseError& problem) {
    const bool json = std::find(rest.begin(), rest.end(), "--json") != rest.end();
    return session.refuse(
        Error{.code = Code::invalid_argument, .message = problem.what(), .hint = fmt::format("noetl-nats {} --help", words_of(operation))},
        json);
  }
  auto params = options.params();
  if (!params) return session.refuse(params.error(), output.json);
  if (!confirmed(session, operation, *params, yes))
    return session.refuse(Error{.code = Code::cancelled, .message = "not confirmed; nothing was changed"}, output.json);
  return session.run(operation, *params, output);
}

std::string main_help(const Registry& registry) {
  std::map<std::string, std::vector<std::string>> nouns;
  std::vector<std::pair<std::string, std::string>> top;
  for (const auto* operation : registry.all()) {
    if (operation->noun.empty())
      top.emplace_back(kebab(operation->verb), operation->info.summary);
    else
      nouns[kebab(operation->noun)].push_back(kebab(operation->verb));
  }
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& [noun, verbs] : nouns) rows.emplace_back(noun, fmt::format("{}", fmt::join(verbs, ", ")));
  return "NATS for NoETL: streams, consumers, key-value, objects, and the server itself.\n\n"
         "Usage: noetl-nats [--server URL] <noun> <verb> [arguments] [options]\n\n"
         "Things:\n" +
         columns(rows) + "\nThe server and everything at once:\n" + columns(top) + "\nPlaybooks and programs:\n" +
         columns({{"run PLAYBOOK", "Run a playbook with the noetl on PATH, with native NATS steps."},
                  {"playbooks copy [DIR]", "Write out the playbooks that come with noetl-nats."},
                  {"lint PLAYBOOK...", "Check playbooks with nats steps without running them."},
                  {"doctor", "Check that the installed noetl runs nats steps as this version expects."},
                  {"schema playbook", "Print a JSON Schema of playbooks with nats steps, for editors."},
                  {"call OP --params JSON|@FILE|-", "Run an operation: JSON in, one line of JSON out."},
                  {"ops", "List all operations."},
                  {"describe OP", "Fields of an operation as JSON Schema."},
                  {"completion bash|zsh|fish", "Print a completion script."},
                  {"version", "Print the version."}}) +
         "\nThe server is taken from --server, NATS_URL, NATS_CONTEXT, the local instance, then nats://127.0.0.1:4222.\n"
         "Exit codes: 0 ok, 2 bad arguments, 3 not found, 4 conflict, 5 precondition or limit, 6 login or permission, 7 time out, 8 "
         "unavailable.\n"
         "Help on one command: noetl-nats kv get --help\n";
}

std::string noun_help(const Registry& registry, const std::string& noun) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto* operation : registry.all())
    if (!operation->noun.empty() && kebab(operation->noun) == kebab(noun)) rows.emplace_back(words_of(*operation), operation->info.summary);
  if (rows.empty()) return "";
  return fmt::format("Usage: noetl-nats {} <verb> [arguments] [options]\n\n{}\nHelp on one command: noetl-nats {} --help\n", noun,
                     columns(rows), rows.front().first);
}

}  // namespace noetl::nats::cli
