// noetl-nats schema playbook: a JSON Schema of playbooks with nats steps, for editors.
#include <fmt/format.h>

#include <iostream>

#include "noetl/commands.hpp"
#include "noetl/nats/runtime.hpp"
#include "noetl/step_params.hpp"
#include "schema/struct_info.hpp"

namespace noetl::nats::playbook {
namespace {

constexpr const char* kUsage =
    "Usage: noetl-nats schema playbook\n\n"
    "Prints a JSON Schema (2020-12) of playbooks with nats steps. For an editor with the YAML language server, put this line\n"
    "at the top of a playbook: # yaml-language-server: $schema=./playbook.schema.json\n";

Json template_text() { return Json{{"type", "string"}, {"pattern", "\\{\\{|\\{%"}}; }

/// What operations take besides the type itself: a number or boolean where a text is meant, one item in place of a list.
Json accepted(Json schema) {
  const bool free_text = schema.value("type", Json()) == "string" && !schema.contains("enum");
  if (free_text) schema["type"] = {"string", "number", "boolean"};
  if (schema.value("type", Json()) != "array") return schema;
  Json item = schema["items"];
  return Json{{"anyOf", {std::move(schema), std::move(item)}}};
}

/// The schema of a field, or a text with a template in its place: at every depth.
Json or_template(Json schema) {
  if (schema.contains("items")) schema["items"] = or_template(schema["items"]);
  if (schema.contains("properties"))
    for (auto& [name, member] : schema["properties"].items()) member = or_template(member);
  if (schema.contains("additionalProperties") && schema["additionalProperties"].is_object())
    schema["additionalProperties"] = or_template(schema["additionalProperties"]);
  Json out = Json::object();
  for (const auto* kept : {"description", "default"})
    if (schema.contains(kept)) out[kept] = schema[kept];
  out["anyOf"] = Json::array({accepted(std::move(schema)), template_text()});
  return out;
}

/// `then` of the rule for one operation. Keys of the engine are open.
Json fields_of(const Operation& operation) {
  Json input = describe(operation)["input"];
  Json properties = Json::object(), required = Json::array();
  for (const auto& field : operation.input->fields)
    if (field.required && field.aliases.empty()) required.push_back(field.name);
  for (auto& [name, member] : input["properties"].items()) {
    const Json aliases = member.contains("x-aliases") ? member["x-aliases"] : Json::array();
    properties[name] = member.contains("x-common") ? Json{{"$ref", "#/$defs/connection_" + name}} : or_template(member);
    for (const auto& alias : aliases) properties[alias.get<std::string>()] = properties[name];
  }
  for (const auto* open : {"kind", "operation", "name", "input", "args", "retry", "timeout", "spec", "policy", "output"})
    if (is_engine_key(open) || !properties.contains(open)) properties[open] = true;
  if (!properties.contains("show")) properties["show"] = Json{{"enum", {"auto", "none", "text"}}};
  return Json{{"description", operation.info.summary},
              {"properties", std::move(properties)},
              {"required", std::move(required)},
              {"additionalProperties", false}};
}

Json operation_schema() {
  Json names = Json::array(), rules = Json::array();
  for (const auto* operation : operations().all()) {
    names.push_back(operation->name);
    rules.push_back({{"if", {{"properties", {{"operation", {{"const", operation->name}}}}}, {"required", {"operation"}}}},
                     {"then", {{"$ref", "#/$defs/" + operation->name}}}});
  }
  return Json{{"type", "object"},
              {"required", {"operation"}},
              {"properties", {{"operation", {{"anyOf", {{{"enum", std::move(names)}}, template_text()}}}}}},
              {"allOf", std::move(rules)}};
}

Json batch_schema() {
  return Json{{"type", "object"},
              {"required", {"operations"}},
              {"properties",
               {{"operations", {{"type", "array"}, {"minItems", 1}, {"items", {{"$ref", "#/$defs/operation"}}}}},
                {"on_error", {{"enum", {"stop", "continue"}}, {"default", "stop"}}}}}};
}

/// A tool of another kind is the engine's business.
Json tool_schema() {
  const Json nats{{"properties", {{"kind", {{"const", "nats"}}}}}, {"required", {"kind"}}};
  Json one{
      {"type", "object"},
      {"required", {"kind"}},
      {"if", nats},
      {"then", {{"if", {{"required", {"operations"}}}}, {"then", {{"$ref", "#/$defs/batch"}}}, {"else", {{"$ref", "#/$defs/operation"}}}}}};
  return Json{{"if", {{"type", "array"}}}, {"then", {{"items", one}}}, {"else", one}};
}

Json playbook_schema() {
  Json definitions{{"operation", operation_schema()}, {"batch", batch_schema()}, {"tool", tool_schema()}};
  for (const auto* operation : operations().all()) definitions[operation->name] = fields_of(*operation);
  const Json ping = describe(*operations().find("ping"))["input"]["properties"];  // every connecting operation has the same
  for (const auto& [name, member] : ping.items())
    if (member.contains("x-common")) definitions["connection_" + name] = or_template(member);
  const Json step{
      {"type", "object"}, {"required", {"step"}}, {"properties", {{"step", {{"type", "string"}}}, {"tool", {{"$ref", "#/$defs/tool"}}}}}};
  return Json{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "NoETL playbook with nats steps"},
              {"type", "object"},
              {"required", {"workflow"}},
              {"properties",
               {{"apiVersion", {{"type", "string"}}},
                {"kind", {{"const", "Playbook"}}},
                {"metadata", {{"type", "object"}}},
                {"workload", {{"type", "object"}}},
                {"workflow", {{"type", "array"}, {"items", step}}}}},
              {"$defs", std::move(definitions)}};
}

}  // namespace

int schema_command(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h")) return std::cout << kUsage, 0;
  if (arguments.size() != 1 || arguments[0] != "playbook") return std::cerr << kUsage, exit_status(Code::invalid_argument);
  std::cout << playbook_schema().dump(1) << "\n";
  return 0;
}

}  // namespace noetl::nats::playbook
