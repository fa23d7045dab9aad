#include "noetl/step_params.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/names.hpp"
#include "engine/connection_params.hpp"
#include "noetl/template/template.hpp"
#include "noetl/template/value.hpp"
#include "schema/struct_info.hpp"

namespace noetl::nats::playbook {
namespace {

using schema::FieldInfo;
using schema::Kind;

/// The engine's own keys of a tool mapping; they never reach the operation.
constexpr std::array kEngineKeys{"kind", "operation", "input", "args", "retry", "timeout", "spec", "policy", "output", "show"};

bool is_text(Kind kind) { return kind == Kind::text || kind == Kind::secret; }
bool holds_text(const FieldInfo* field) {
  if (field == nullptr) return false;
  const bool many = field->kind == Kind::list || field->kind == Kind::map;
  return is_text(field->kind) || (many && is_text(field->element));
}

Result<Json> render(const std::string& text, const Json& variables, bool as_text) {
  if (!Template::has_code(text)) return Json(text);
  HyphenNames names;  // what is there may have a hyphen in its name: load-data.result
  for (const auto& [name, value] : variables.items()) names.insert(name);
  NN_TRY(const auto parsed, Template::parse(text, names));
  const Scope scope(variables);
  if (const auto* single = parsed.single(); single != nullptr) {
    NN_TRY(const auto value, evaluate(*single, scope));
    if (is_undefined(value)) return Json(Json::value_t::discarded);
    if (!as_text && !value.is_string()) return defined(value);
  }
  NN_TRY(auto out, parsed.render(variables));
  if (as_text) return Json(std::move(out));
  const Json spelled = Json::parse(out, nullptr, false);
  return spelled.is_discarded() ? Json(std::move(out)) : spelled;
}

Result<Json> rendered(const Json& value, const Json& variables, bool as_text) {
  if (value.is_string()) {
    NN_TRY(auto out, render(value.get<std::string>(), variables, as_text));
    return out.is_discarded() ? Json(nullptr) : std::move(out);
  }
  if (value.is_array()) {
    Json out = Json::array();
    for (const auto& each : value) {
      NN_TRY(auto item, rendered(each, variables, as_text));
      out.push_back(std::move(item));
    }
    return out;
  }
  if (value.is_object()) {
    Json out = Json::object();
    for (const auto& [key, member] : value.items()) {
      NN_TRY(out[key], rendered(member, variables, as_text));
    }
    return out;
  }
  return value;
}

const FieldInfo* field_of(const Operation& operation, const std::string& key) {
  if (const auto* own = operation.input->find(key)) return own;
  return schema::describe<ConnectionParams>().find(key);
}

tl::unexpected<Error> named(Error error, const std::string& key) {
  error.message = fmt::format("{}: {}", key, error.message);
  return fail(std::move(error));
}

}  // namespace

bool is_engine_key(std::string_view key) { return std::find(kEngineKeys.begin(), kEngineKeys.end(), key) != kEngineKeys.end(); }

Result<Json> rendered_value(const Json& value, const Json& variables) { return rendered(value, variables, false); }

Result<StepCall> step_call(const Registry& registry, const Json& tool, const Json& variables, bool in_list) {
  StepCall call;
  if (!tool.is_object() || !tool.contains("operation") || !tool["operation"].is_string())
    return fail(Code::invalid_argument, "operation: is required", "noetl-nats ops lists the operations");
  NN_TRY(const auto name, render(tool["operation"].get<std::string>(), variables, true));
  call.operation = name.is_string() ? registry.find(name.get<std::string>()) : nullptr;
  if (call.operation == nullptr) return fail(registry.unknown(name.is_string() ? name.get<std::string>() : "(undefined)"));
  const auto& operation = *call.operation;

  call.params = Json::object();
  for (const auto& [key, value] : tool.items()) {
    const bool own = operation.input->find(key) != nullptr;
    if (is_engine_key(key) && !(own && key == "show")) continue;
    if (in_list && key == "name" && !own) continue;  // the name of the task
    const bool as_text = holds_text(field_of(operation, key));
    auto out = value.is_string() ? render(value.get<std::string>(), variables, as_text) : rendered(value, variables, as_text);
    if (!out) return named(std::move(out).error(), key);
    if (!out->is_discarded()) call.params[key] = std::move(*out);
  }
  if (tool.contains("show") && tool["show"].is_string()) {
    NN_TRY(const auto show, render(tool["show"].get<std::string>(), variables, true));
    call.show = show.is_string() ? show.get<std::string>() : "auto";
    if (call.show != "auto" && call.show != "none" && call.show != "text")
      return fail(Code::invalid_argument, fmt::format("show: {} is not one of auto, none, text", in_quotes(call.show)));
  }
  return call;
}

}  // namespace noetl::nats::playbook
