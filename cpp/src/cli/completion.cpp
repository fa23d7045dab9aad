#include "cli/completion.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/names.hpp"
#include "cli/options.hpp"
#include "engine/connection_params.hpp"

namespace noetl::nats::cli {
namespace {

/// What can follow a command: "" → nouns and commands, "kv" → verbs, "kv get" → flags.
std::map<std::string, std::set<std::string>> words(const Registry& registry) {
  std::map<std::string, std::set<std::string>> out;
  for (const auto* command : {"call", "ops", "describe", "completion", "version", "run", "playbooks", "lint", "doctor", "schema"})
    out[""].insert(command);
  out["completion"] = {"bash", "zsh", "fish"};
  out["playbooks"] = {"copy"};
  out["schema"] = {"playbook"};
  for (const auto* operation : registry.all()) {
    const std::string verb = kebab(operation->verb);
    const std::string noun = kebab(operation->noun);
    const std::string command = noun.empty() ? verb : noun + " " + verb;
    out[""].insert(noun.empty() ? verb : noun);
    if (!noun.empty()) out[noun].insert(verb);
    out["call"].insert(operation->name);
    out["describe"].insert(operation->name);
    auto& flags = out[command];
    flags.insert({"--help", "--json"});
    for (const auto& field : operation->input->fields) flags.insert("--" + kebab(field.name));
    if (operation->info.needs != Needs::nothing)
      for (const auto& field : schema::describe<ConnectionParams>().fields) flags.insert("--" + kebab(field.name));
  }
  return out;
}

std::string bash_script(const Registry& registry) {
  std::string cases;
  for (const auto& [command, following] : words(registry))
    cases += fmt::format("    '{}') echo '{}' ;;\n", command, fmt::join(following, " "));
  return "# bash completion of noetl-nats: source <(noetl-nats completion bash)\n"
         "_noetl_nats_words() {\n  case \"$1\" in\n" +
         cases +
         "  esac\n}\n"
         "_noetl_nats() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} command=\"\" word\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    [[ $word == -* ]] && continue\n"
         "    if [[ -n $(_noetl_nats_words \"${command:+$command }$word\") ]]; then command=\"${command:+$command }$word\"; fi\n"
         "  done\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$(_noetl_nats_words \"$command\")\" -- \"$cur\")\n"
         "}\n"
         "complete -o default -F _noetl_nats noetl-nats\n";
}

std::string fish_script(const Registry& registry) {
  std::string out = "# fish completion of noetl-nats: noetl-nats completion fish | source\ncomplete -c noetl-nats -f\n";
  for (const auto& [command, following] : words(registry)) {
    if (command.find(' ') != std::string::npos) continue;
    const std::string condition = command.empty() ? "__fish_use_subcommand" : fmt::format("__fish_seen_subcommand_from {}", command);
    for (const auto& word : following)
      if (!word.starts_with("--")) out += fmt::format("complete -c noetl-nats -n '{}' -a '{}'\n", condition, word);
  }
  return out;
}

}  // namespace

Result<std::string> completion_script(const Registry& registry, std::string_view shell) {
  if (shell == "bash") return bash_script(registry);
  if (shell == "zsh")
    return "#compdef noetl-nats\n# zsh completion of noetl-nats: source <(noetl-nats completion zsh)\nautoload -U +X bashcompinit && "
           "bashcompinit\n" +
           bash_script(registry);
  if (shell == "fish") return fish_script(registry);
  return fail(Code::invalid_argument, fmt::format("completion: {} is not a known shell", in_quotes(shell)),
              "noetl-nats completion bash|zsh|fish");
}

}  // namespace noetl::nats::cli
