#include "schema/struct_info.hpp"

namespace noetl::nats::schema {
namespace {

Json type_schema(Kind kind, const FieldInfo& field) {
  switch (kind) {
    case Kind::text:
      return {{"type", "string"}};
    case Kind::secret:
      return {{"type", "string"}, {"writeOnly", true}};
    case Kind::boolean:
      return {{"type", "boolean"}};
    case Kind::integer:
      return {{"type", "integer"}};
    case Kind::number:
      return {{"type", "number"}};
    case Kind::duration:
      return {{"type", {"string", "number"}}, {"format", "duration-text"}};
    case Kind::size:
      return {{"type", {"string", "integer"}}, {"format", "size-text"}};
    case Kind::time:
      return {{"type", "string"}, {"format", "date-time"}};
    case Kind::json:
      return Json::object();
    case Kind::object:
      return {{"type", "object"}};
    case Kind::list:
      return {{"type", "array"}, {"items", type_schema(field.element, field)}};
    case Kind::map:
      return {{"type", "object"}, {"additionalProperties", type_schema(field.element, field)}};
    case Kind::structure:
      return field.structure != nullptr ? schema_of(*field.structure) : Json{{"type", "object"}};
  }
  return Json::object();
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::text:
      return "text";
    case Kind::boolean:
      return "boolean";
    case Kind::integer:
      return "integer";
    case Kind::number:
      return "number";
    case Kind::duration:
      return "duration";
    case Kind::size:
      return "size";
    case Kind::time:
      return "time";
    case Kind::json:
      return "json";
    case Kind::object:
      return "object";
    case Kind::list:
      return "list";
    case Kind::map:
      return "map";
    case Kind::secret:
      return "secret";
    case Kind::structure:
      return "structure";
  }
  return "json";
}

Json schema_of(const FieldInfo& field) {
  Json out = type_schema(field.kind, field);
  out["description"] = field.doc;
  if (!field.choices.empty()) (field.kind == Kind::list ? out["items"] : out)["enum"] = field.choices;
  if (!field.format.empty()) (field.kind == Kind::list ? out["items"] : out)["format"] = field.format;
  if (field.min && !field.clamp) out["minimum"] = *field.min;
  if (field.max && !field.clamp) out["maximum"] = *field.max;
  if (!field.default_value.is_null()) out["default"] = field.default_value;
  if (field.positional) out["x-positional"] = true;
  if (!field.aliases.empty()) out["x-aliases"] = field.aliases;
  if (!field.since.empty()) out["x-since"] = field.since;
  return out;
}

Json schema_of(const StructInfo& info) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const auto& field : info.fields) {
    properties[field.name] = schema_of(field);
    if (field.required) required.push_back(field.name);
  }
  Json out{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) out["required"] = std::move(required);
  out["additionalProperties"] = false;
  return out;
}

}  // namespace noetl::nats::schema
