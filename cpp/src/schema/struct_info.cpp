#include "schema/struct_info.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/names.hpp"

namespace noetl::nats::schema {
namespace {

std::string joined(const std::string& path, const std::string& name) { return path.empty() ? name : path + "." + name; }

bool known_elsewhere(const std::vector<const StructInfo*>& others, std::string_view key) {
  return std::any_of(others.begin(), others.end(), [&](const StructInfo* info) { return info->find(key) != nullptr; });
}

void report_unknown(const StructInfo& info, const std::string& key, const std::string& path, Problems& problems,
                    const std::vector<const StructInfo*>& others) {
  auto candidates = info.names();
  for (const auto* other : others)
    for (auto& name : other->names()) candidates.push_back(std::move(name));
  const auto likely = nearest(key, candidates);
  problems.push_back({joined(path, key), likely ? fmt::format("unknown field; did you mean {}?", *likely) : "unknown field"});
}

}  // namespace

Error error_of(std::string_view where, const Problems& problems) {
  Error error{.code = Code::invalid_argument, .message = fmt::format("{}: ", where)};
  Json list = Json::array();
  for (const auto& problem : problems) {
    if (!list.empty()) error.message += "; ";
    error.message += problem.path.empty() ? problem.message : fmt::format("{}: {}", problem.path, problem.message);
    list.push_back({{"path", problem.path}, {"message", problem.message}});
  }
  error.details["problems"] = std::move(list);
  return error;
}

bool FieldInfo::answers_to(std::string_view key) const {
  return name == key || std::find(aliases.begin(), aliases.end(), key) != aliases.end();
}

const FieldInfo* StructInfo::find(std::string_view key) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const FieldInfo& each) { return each.answers_to(key); });
  return found == fields.end() ? nullptr : &*found;
}

std::vector<std::string> StructInfo::names() const {
  std::vector<std::string> all;
  for (const auto& each : fields) {
    all.push_back(each.name);
    all.insert(all.end(), each.aliases.begin(), each.aliases.end());
  }
  return all;
}

void read_struct(const StructInfo& info, const Json& params, void* object, const std::string& path, Problems& problems,
                 const std::vector<const StructInfo*>& also_known) {
  if (!params.is_object()) return problems.push_back({path, "must be an object"});
  std::vector<const FieldInfo*> given;
  for (const auto& [key, value] : params.items()) {
    const FieldInfo* field = info.find(key);
    if (field == nullptr) {
      if (!known_elsewhere(also_known, key)) report_unknown(info, key, path, problems, also_known);
      continue;
    }
    if (value.is_null() && !field->nullable) continue;  // a template that rendered to nothing counts as absent
    if (std::find(given.begin(), given.end(), field) != given.end()) {
      problems.push_back({joined(path, key), fmt::format("given twice: {} and its alias mean the same", field->name)});
      continue;
    }
    given.push_back(field);
    field->read(object, value, *field, joined(path, key), problems);
  }
  for (const auto& field : info.fields)
    if (field.required && std::find(given.begin(), given.end(), &field) == given.end())
      problems.push_back({joined(path, field.name), "is required"});
}

Json write_struct(const StructInfo& info, const void* object) {
  Json out = Json::object();
  for (const auto& field : info.fields) {
    Json value = field.write(object);
    if (!value.is_discarded()) out[field.name] = std::move(value);
  }
  return out;
}

}  // namespace noetl::nats::schema
