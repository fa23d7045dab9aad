#include "noetl/step_variables.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <vector>

#include "noetl/run_directory.hpp"
#include "sys/files.hpp"

namespace noetl::nats::playbook {
namespace {

Json result_of_text(const std::string& text) {
  const Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_object() ? as_result(parsed) : Json{{"result", text}};
}

/// A text in place of a default that is no text: the value that it spells, when it is of that type and spelt in no other way
/// (7 for "7", but "007" and "7.0" stay text).
Json as_typed(const std::string& text, const Json& example) {
  Json parsed = Json::parse(text, nullptr, false);
  const bool same = (parsed.is_number() && example.is_number()) || parsed.type() == example.type();
  return same && dump(parsed) == text ? std::move(parsed) : Json(text);
}

/// The default itself when its twin, which nobody can override, is the same text.
Json typed_value(const std::string& text, const Json& typed, const std::map<std::string, std::string>& given) {
  const auto twin = given.find(typed["twin"].get<std::string>());
  return twin != given.end() && twin->second == text ? typed["default"] : as_typed(text, typed["default"]);
}

/// What `noetl subscribe` hands to a playbook as `message`: an object with data, headers, metadata.
Json message_of_text(const std::string& text) {
  Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_object() && parsed.contains("metadata") ? parsed : Json(text);
}

}  // namespace

std::vector<std::string> frames_of(std::string_view input, const std::string& marker) {
  const std::string line = marker + "\n";
  std::vector<std::string> frames;
  auto at = input.starts_with(line) ? 0 : input.find("\n" + line);
  if (at == std::string_view::npos) return frames;
  if (at > 0) ++at;
  while (at != std::string_view::npos && at < input.size()) {
    const auto begin = at + line.size();
    const auto next = input.find("\n" + line, begin);
    const auto end = next == std::string_view::npos ? input.size() : next;
    auto frame = input.substr(begin, end - begin);
    if (next == std::string_view::npos && frame.ends_with('\n')) frame.remove_suffix(1);
    frames.emplace_back(frame);
    at = next == std::string_view::npos ? next : next + 1;
  }
  return frames;
}

Json as_result(const Json& value) {
  if (!value.is_object()) return Json{{"result", value}};
  Json out = value;
  if (!out.contains("result")) out["result"] = value;
  return out;
}

Result<StepDescription> StepDescription::read(const std::string& file) {
  NN_TRY(const auto text, sys::read_file(file));
  Json document = Json::parse(text, nullptr, false);
  if (!document.is_object()) return fail(Code::internal, fmt::format("{} is not the description of a step", file));
  return StepDescription{std::move(document)};
}

Result<Json> step_variables(const StepDescription& description, const std::vector<std::string>& frames) {
  static const std::set<std::string> kScopes{"workload", "vars", "input", "args", "auth"};
  const Json& document = description.document;
  const auto& refs = document["refs"];
  if (frames.size() != refs.size())
    return fail(Code::internal, fmt::format("the engine has handed over {} values in place of {}", frames.size(), refs.size()),
                "noetl may be newer than noetl-nats knows");

  std::map<std::string, std::string> given;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto name = refs[i].get<std::string>();
    if (frames[i] != fmt::format("{{{{ {} }}}}", name)) given[name] = frames[i];
  }
  std::set<std::string> hidden;
  for (const auto& [step, prefix] : document["byref"].items()) hidden.insert("vars." + run_variable(step));
  for (const auto& [key, typed] : document["typed"].items()) hidden.insert(typed["twin"].get<std::string>());
  Json variables = Json::object();
  for (const auto& [name, text] : given) {
    if (hidden.contains(name)) continue;
    const auto dot = name.find('.');
    const std::string root = name.substr(0, dot);
    if (dot == std::string::npos) {
      if (!variables.contains(root)) variables[root] = root == "message" ? message_of_text(text) : Json(text);
    } else if (kScopes.contains(root)) {
      const std::string key = name.substr(dot + 1);
      const bool is_typed = root == "workload" && document["typed"].contains(key);
      variables[root][key] = is_typed ? typed_value(text, document["typed"][key], given) : Json(text);
    } else {
      variables[root] = result_of_text(text);
    }
  }
  for (const auto& [step, prefix] : document["byref"].items()) {
    const auto execution = given.find("vars." + run_variable(step));
    if (execution == given.end()) continue;  // has not run
    NN_TRY(const auto text, sys::read_file(result_file(description.text("directory"), prefix.get<std::string>(), step, execution->second)));
    variables[step] = as_result(Json::parse(text, nullptr, false));
  }
  return variables;
}

}  // namespace noetl::nats::playbook
