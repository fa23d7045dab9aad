// Commands of shell steps that name results of nats steps: our program puts the values in and becomes the shell. The engine
// would take the blanks from the ends of values, and cannot pass on more than 128 KiB.
#include <fmt/format.h>

#include <algorithm>

#include "noetl/conditions.hpp"
#include "noetl/lowering.hpp"
#include "noetl/references.hpp"

namespace noetl::nats::playbook {
namespace {

/// The engine takes each line of a text as a command of its own.
Json list_of_lines(const std::string& text) {
  Json list = Json::array();
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (auto line = trimmed(std::string_view(text).substr(at, end - at)); !line.empty()) list.push_back(std::move(line));
    at = end + 1;
  }
  return list;
}

}  // namespace

/// Makes the results of a nats step available by file; the engine's variable that says which one.
std::string Document::by_file(const std::string& step, Json& prefixes) {
  Document& owner = owner_of(step);
  prefixes[step] = owner.results_;
  const auto variable = run_variable(step);
  owner.exports_[step][variable] = "{{ result._run }}";
  return variable;
}

Result<void> Document::lower_commands(Json& tool, const Place& place) {
  if (!tool.contains("cmds")) return {};
  Json& commands = tool["cmds"];
  if (commands.is_string() && touches(commands.get<std::string>())) commands = list_of_lines(commands.get<std::string>());
  if (!commands.is_array()) return {};
  for (std::size_t i = 0; i < commands.size(); ++i)
    if (commands[i].is_string() && touches(commands[i].get<std::string>())) {
      const Place at{place.file, place.document, fmt::format("{}/cmds/{}", place.pointer, i), place.step};
      NN_TRY(commands[i], shell_command(commands[i].get<std::string>(), at));
    }
  return {};
}

Result<std::string> Document::shell_command(const std::string& text, const Place& place) {
  Json values = Json::array(), prefixes = Json::object();
  NN_TRY(const auto marked, replaced(text, place, [&](const Reference& chain, const std::string& filter) -> Result<std::string> {
           by_file(chain.root, prefixes);
           values.push_back({{"root", chain.root}, {"path", chain.path}, {"filter", filter}});
           return fmt::format("{}:{};", run_.marker, values.size() - 1);
         }));
  std::vector<std::string> refs;
  std::string frames;
  for (const auto& [step, prefix] : prefixes.items()) {
    refs.push_back("vars." + run_variable(step));
    frames += fmt::format("{}\n{{{{ {} }}}}\n", run_.marker, refs.back());
  }
  const Json description{{"step", place.step},
                         {"marker", run_.marker},
                         {"refs", refs},
                         {"byref", prefixes},
                         {"typed", Json::object()},
                         {"values", values},
                         {"fd", run_.request.progress_fd},
                         {"quiet", run_.request.quiet},
                         {"directory", run_.directory.path().string()}};
  NN_TRY(const auto file, run_.directory.write(fmt::format("shell-{}.json", ++run_.files), dump(description)));
  // On a descriptor that is free: the user's command has the standard input that the engine gives.
  return fmt::format("exec {{nn}}<<'{0}.'\n{1}{0}\n{2}\n{0}.\nexec {3} __shell {4} \"$nn\"", run_.marker, frames, trimmed(marked),
                     shell_quoted(run_.request.executable.string()), shell_quoted(file.string()));
}

}  // namespace noetl::nats::playbook
