#include "noetl/invocation.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "noetl/nats/json.hpp"
#include "sys/files.hpp"
#include "yaml/reader.hpp"

namespace noetl::nats::playbook {
namespace {

namespace fs = std::filesystem;

struct Option {
  const char* name;
  char letter;
  bool value;
};

// In front of the subcommand.
constexpr std::array kGlobalOptions{Option{"host", 0, true},          Option{"port", 'p', true},  Option{"server-url", 0, true},
                                    Option{"session-token", 0, true}, Option{"context", 0, true}, Option{"interactive", 'i', false},
                                    Option{"gateway", 0, false}};
// Behind `run` and `exec`.
constexpr std::array kRunOptions{Option{"runtime", 'r', true}, Option{"target", 't', true},   Option{"set", 0, true},
                                 Option{"payload", 0, true},   Option{"workload", 0, true},   Option{"input", 'i', true},
                                 Option{"version", 'V', true}, Option{"endpoint", 0, true},   Option{"facts-out", 0, true},
                                 Option{"context", 0, true},   Option{"verbose", 'v', false}, Option{"dry-run", 0, false},
                                 Option{"json", 'j', false}};

template <std::size_t N>
const Option* find(const std::array<Option, N>& options, std::string_view name) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& each) { return name == each.name; });
  return found == options.end() ? nullptr : &*found;
}

template <std::size_t N>
const Option* find_letter(const std::array<Option, N>& options, char letter) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& each) { return each.letter == letter; });
  return found == options.end() ? nullptr : &*found;
}

/// A bare word of more than 20 of these characters is taken for a database id, never for a file.
bool looks_like_an_id(const std::string& reference) {
  return reference.size() > 20 &&
         std::all_of(reference.begin(), reference.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

bool is_file(const std::string& path) {
  std::error_code problem;
  return fs::is_regular_file(path, problem);
}

/// Reads the arguments from left to right.
class Scanner {
 public:
  explicit Scanner(const std::vector<std::string>& arguments) : arguments_(arguments) {}

  /// False: not a run at all.
  bool scan() {
    while (at_ < arguments_.size() && arguments_[at_].starts_with('-'))
      if (!take_option(kGlobalOptions)) return false;
    if (at_ < arguments_.size() && arguments_[at_] == "run-legacy") unknown = "run-legacy";
    if (at_ >= arguments_.size() || (arguments_[at_] != "run" && arguments_[at_] != "exec" && unknown.empty())) return false;
    for (++at_; at_ < arguments_.size();) {
      const auto& argument = arguments_[at_];
      if (argument == "-h" || argument == "--help") return false;
      if (argument.starts_with('-') && argument.size() > 1) {
        if (!take_option(kRunOptions)) unknown = unknown.empty() ? argument : unknown, words.push_back(at_++);
      } else {
        words.push_back(at_++);
      }
    }
    return true;
  }

  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, bool> flags;
  std::vector<std::size_t> words;
  std::string unknown;

 private:
  template <std::size_t N>
  bool take_option(const std::array<Option, N>& options) {
    const std::string& argument = arguments_[at_];
    return argument.starts_with("--") ? take_long(options, argument.substr(2)) : take_short(options, argument.substr(1));
  }

  template <std::size_t N>
  bool take_long(const std::array<Option, N>& options, const std::string& text) {
    const auto equals = text.find('=');
    const auto* option = find(options, text.substr(0, equals));
    if (option == nullptr || (!option->value && equals != std::string::npos)) return false;
    if (!option->value) return flags[option->name] = true, ++at_, true;
    if (equals != std::string::npos) return values[option->name].push_back(text.substr(equals + 1)), ++at_, true;
    return take_next(*option);
  }

  /// Clusters: -vj, -rlocal, -r=local, -r local.
  template <std::size_t N>
  bool take_short(const std::array<Option, N>& options, const std::string& letters) {
    for (std::size_t i = 0; i < letters.size(); ++i) {
      const auto* option = find_letter(options, letters[i]);
      if (option == nullptr) return false;
      if (!option->value) {
        flags[option->name] = true;
        continue;
      }
      if (i + 1 == letters.size()) return take_next(*option);
      values[option->name].push_back(letters.substr(letters[i + 1] == '=' ? i + 2 : i + 1));
      break;
    }
    ++at_;
    return true;
  }

  bool take_next(const Option& option) {
    if (at_ + 1 >= arguments_.size()) return false;
    values[option.name].push_back(arguments_[at_ + 1]);
    at_ += 2;
    return true;
  }

  const std::vector<std::string>& arguments_;
  std::size_t at_ = 0;
};

std::string last(const Scanner& scanner, const std::string& option) {
  const auto found = scanner.values.find(option);
  return found == scanner.values.end() ? "" : found->second.back();
}

/// --runtime, else the runtime of the context, else local.
bool is_local(const Scanner& scanner, const Environment& environment) {
  const auto runtime = last(scanner, "runtime");
  if (!runtime.empty() && runtime != "auto") return runtime == "local";
  const auto text = sys::read_file(fs::path(environment.get("HOME").value_or("/")) / ".noetl" / "config.yaml");
  if (!text) return true;
  const auto config = yaml::read(*text, "config.yaml");
  if (!config || !config->root.is_object()) return !config.has_value() ? false : true;
  const Json& root = config->root;
  std::string name = last(scanner, "context");
  if (name.empty() && root.contains("current_context") && root["current_context"].is_string())
    name = root["current_context"].get<std::string>();
  const Json* contexts = root.contains("contexts") && root["contexts"].is_object() ? &root["contexts"] : nullptr;
  if (contexts == nullptr || !contexts->contains(name) || !(*contexts)[name].is_object()) return true;
  const Json& context = (*contexts)[name];
  const std::string chosen = context.contains("runtime") && context["runtime"].is_string() ? context["runtime"].get<std::string>() : "auto";
  return chosen == "auto" || chosen == "local";
}

std::map<std::string, std::string> variables_of(const Scanner& scanner) {
  std::map<std::string, std::string> out;
  const auto set = [&](const std::string& key, const std::string& value) {  // `--set k=v` sets k and workload.k
    out[key] = value;
    if (!key.starts_with("workload.")) out["workload." + key] = value;
  };
  const auto payload = last(scanner, "payload").empty() ? last(scanner, "workload") : last(scanner, "payload");
  const Json object = Json::parse(payload, nullptr, false);
  if (object.is_object())
    for (const auto& [key, value] : object.items()) set(key, value.is_string() ? value.get<std::string>() : dump(value));
  if (const auto sets = scanner.values.find("set"); sets != scanner.values.end())
    for (const auto& each : sets->second)
      if (const auto equals = each.find('='); equals != std::string::npos) set(each.substr(0, equals), each.substr(equals + 1));
  return out;
}

}  // namespace

std::optional<Resolved> resolve_reference(const std::string& reference) {
  if (reference.starts_with("catalog://") || reference.starts_with("pbk_") || looks_like_an_id(reference)) return std::nullopt;
  for (const auto& candidate :
       {reference, reference + ".yaml", reference + ".yml", "automation/" + reference + ".yaml", "automation/" + reference + ".yml"})
    if (is_file(candidate)) return Resolved{candidate, ""};
  const bool is_word = reference.find('/') == std::string::npos && reference.find('\\') == std::string::npos &&
                       !reference.ends_with(".yaml") && !reference.ends_with(".yml");
  if (is_word && is_file("noetl.yaml")) return Resolved{"noetl.yaml", reference};
  return std::nullopt;
}

Invocation read_invocation(const std::vector<std::string>& arguments, const Environment& environment) {
  Invocation out;
  Scanner scanner(arguments);
  if (!scanner.scan()) return out;
  if (!scanner.unknown.empty() || scanner.words.size() != 1) {
    for (const auto at : scanner.words)
      if (const auto resolved = resolve_reference(arguments[at])) out.candidates.push_back(resolved->file);
    if (out.candidates.empty()) return out;
    out.kind = Invocation::Kind::not_understood;
    out.unknown_option = scanner.unknown;
    return out;
  }
  out.reference_at = scanner.words.front();
  const auto resolved = resolve_reference(arguments[out.reference_at]);
  if (!resolved || !is_local(scanner, environment)) return out;
  out.kind = Invocation::Kind::local_run;
  out.file = resolved->file;
  out.target = resolved->target;
  out.has_target = scanner.values.contains("target");
  out.json = scanner.flags["json"];
  out.verbose = scanner.flags["verbose"];
  out.dry_run = scanner.flags["dry-run"];
  out.variables = variables_of(scanner);
  return out;
}

}  // namespace noetl::nats::playbook
