#include "engine/connection_params.hpp"
#include "noetl/nats/runtime.hpp"

namespace noetl::nats {
namespace {

std::string_view name_of(Effect effect) {
  switch (effect) {
    case Effect::read:
      return "read";
    case Effect::write:
      return "write";
    case Effect::destroy:
      return "destroy";
  }
  return "write";
}

/// The operation's own fields, then the common ones that it does not redefine.
Json input_schema(const Operation& operation) {
  Json out = schema::schema_of(*operation.input);
  if (operation.info.needs == Needs::nothing) return out;
  for (const auto& field : schema::describe<ConnectionParams>().fields) {
    if (operation.input->find(field.name) != nullptr) continue;
    Json member = schema::schema_of(field);
    member["x-common"] = true;
    out["properties"][field.name] = std::move(member);
  }
  return out;
}

Json output_schema(const Operation& operation) {
  Json out = schema::schema_of(*operation.output);
  out["additionalProperties"] = true;
  if (out["properties"].contains("status")) return out;
  Json properties{{"status", {{"const", "success"}, {"description", "The operation has succeeded."}}}};
  properties.update(out["properties"]);
  out["properties"] = std::move(properties);
  return out;
}

}  // namespace

Json describe(const Operation& operation) {
  Json errors = Json::array();
  for (const auto code : operation.info.errors) errors.push_back(name_of(code));
  Json examples = Json::array();
  for (const auto& example : operation.info.examples) examples.push_back({{"title", example.title}, {"params", example.params}});
  return Json{{"operation", operation.name},
              {"noun", operation.noun},
              {"verb", operation.verb},
              {"summary", operation.info.summary},
              {"description", operation.info.description},
              {"effect", name_of(operation.info.effect)},
              {"idempotent", operation.info.idempotent},
              {"connects", operation.info.needs != Needs::nothing},
              {"since", operation.info.since},
              {"errors", std::move(errors)},
              {"examples", std::move(examples)},
              {"input", input_schema(operation)},
              {"output", output_schema(operation)}};
}

int exit_status_of(const Json& result) {
  if (result.contains("error") && result["error"].is_object() && result["error"].contains("code")) {
    const auto code = code_from(result["error"].value("code", std::string()));
    return exit_status(code.value_or(Code::internal));
  }
  return result.value("status", std::string()) == "not_found" ? exit_status(Code::not_found) : 0;
}

}  // namespace noetl::nats
