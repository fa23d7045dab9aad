// read_config: a person's configuration as the server's.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/coerce.hpp"
#include "base/units.hpp"
#include "jetstream/config_diff.hpp"

namespace noetl::nats::js {
namespace {

using Problems = std::vector<ConfigProblem>;
using Fields = std::span<const ConfigField>;

Json read_members(Fields fields, const Json& given, const std::string& path, Problems& problems);

Json problem(Problems& problems, const std::string& path, std::string message) {
  problems.push_back({path, std::move(message)});
  return nullptr;
}

std::string quoted(const Json& value) { return in_quotes(value.is_string() ? value.get<std::string>() : dump(value)); }

Json read_duration(const Json& given, const std::string& path, Problems& problems) {
  const auto text = as_text(given);
  if (!text || given.is_boolean()) return problem(problems, path, "must be a duration like 30s");
  const auto read = parse_duration(*text, Nanos(1));
  if (!read) return problem(problems, path, read.error().message);
  if (read->count() < 0) return problem(problems, path, "must not be negative");
  // The server counts nanoseconds; nobody wants 90 of them.
  if (as_integer(given) && read->count() > 0 && read->count() < 1'000'000)
    return problem(problems, path, fmt::format("a bare number counts nanoseconds here; write {}s or {}ms", *text, *text));
  return read->count();
}

Json read_size(const Json& given, const std::string& path, Problems& problems) {
  const auto text = as_text(given);
  if (!text || given.is_boolean()) return problem(problems, path, "must be a size like 512MiB");
  const auto read = parse_size(*text);
  if (!read) return problem(problems, path, read.error().message);
  return *read;
}

Json read_text(const ConfigField& field, const Json& given, const std::string& path, Problems& problems) {
  const auto text = as_text(given);
  if (!text) return problem(problems, path, "must be text");
  if (field.check != nullptr && !text->empty())
    if (const auto wrong = field.check(*text)) return problem(problems, path, fmt::format("{} {}", in_quotes(*text), *wrong));
  return *text;
}

Json read_choice(const ConfigField& field, const Json& given, const std::string& path, Problems& problems) {
  std::vector<std::string> names;
  for (const auto& each : field.choices)
    if (*each.name != '\0') names.emplace_back(each.name);
  const auto text = as_text(given);
  if (text && std::any_of(field.choices.begin(), field.choices.end(), [&](const Choice& each) { return each.name == *text; })) return *text;
  auto message = fmt::format("{} is not one of {}", quoted(given), fmt::join(names, ", "));
  if (const auto likely = text ? nearest(*text, names) : std::nullopt) message += fmt::format("; did you mean {}?", *likely);
  return problem(problems, path, std::move(message));
}

template <class Read>
Json read_list(const Json& given, bool commas, const std::string& path, Problems& problems, Read read) {
  const auto items = as_list(given, commas);
  if (!items) return problem(problems, path, "must be a list");
  Json out = Json::array();
  for (std::size_t i = 0; i < items->size(); ++i) out.push_back(read((*items)[i], fmt::format("{}[{}]", path, i)));
  return out;
}

Json read_text_map(const ConfigField& field, const Json& given, const std::string& path, Problems& problems) {
  const auto members = as_object(given);
  if (!members) return problem(problems, path, "must be an object");
  Json out = Json::object();
  for (const auto& [key, value] : members->items()) out[key] = read_text(field, value, path + "." + key, problems);
  return out;
}

Json read_field(const ConfigField& field, const Json& given, const std::string& path, Problems& problems) {
  switch (field.type) {
    case FieldType::text:
      return read_text(field, given, path, problems);
    case FieldType::choice:
      return read_choice(field, given, path, problems);
    case FieldType::duration:
      return read_duration(given, path, problems);
    case FieldType::size:
      return read_size(given, path, problems);
    case FieldType::text_map:
      return read_text_map(field, given, path, problems);
    case FieldType::boolean:
      if (const auto value = as_boolean(given)) return *value;
      return problem(problems, path, fmt::format("must be true or false, not {}", quoted(given)));
    case FieldType::integer:
      if (auto value = as_integer(given)) return *value;
      return problem(problems, path, fmt::format("must be a whole number, not {}", quoted(given)));
    case FieldType::time:
      if (const auto time = parse_time(as_text(given).value_or(""))) return format_time(*time);
      return problem(problems, path, "must be a time like 2026-01-31T12:00:00Z");
    case FieldType::texts:
      return read_list(given, true, path, problems,
                       [&](const Json& each, const std::string& at) { return read_text(field, each, at, problems); });
    case FieldType::durations:
      return read_list(given, true, path, problems,
                       [&](const Json& each, const std::string& at) { return read_duration(each, at, problems); });
    case FieldType::object:
      if (const auto object = as_object(given)) return read_members(field.members, *object, path, problems);
      return problem(problems, path, "must be an object");
    case FieldType::objects:
      return read_list(given, false, path, problems, [&](const Json& each, const std::string& at) -> Json {
        if (const auto object = as_object(each)) return read_members(field.members, *object, at, problems);
        return problem(problems, at, "must be an object");
      });
  }
  return nullptr;
}

Json read_members(Fields fields, const Json& given, const std::string& path, Problems& problems) {
  Json out = Json::object();
  for (const auto& [name, value] : given.items()) {
    const auto at = path.empty() ? name : path + "." + name;
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const ConfigField& each) { return each.name == name; });
    if (field == fields.end()) {
      std::vector<std::string> names;
      for (const auto& each : fields) names.emplace_back(each.name);
      const auto likely = nearest(name, names);
      problems.push_back({at, likely ? fmt::format("unknown field; did you mean {}?", *likely) : "unknown field"});
    } else if (!value.is_null()) {
      if (Json read = read_field(*field, value, at, problems); !read.is_null()) out[name] = std::move(read);
    }
  }
  return out;
}

}  // namespace

Json read_config(const ConfigTable& table, const Json& given, const std::string& path, std::vector<ConfigProblem>& problems) {
  if (!given.is_object()) return problem(problems, path, "must be an object");
  Json out = read_members(table.fields, given, path, problems);
  if (out.contains("filter_subject") && out.contains("filter_subjects"))
    problems.push_back({path + ".filter_subject", "give filter_subject or filter_subjects, not both"});
  return out;
}

void check_unset(const ConfigTable& table, const std::vector<std::string>& unset, const Json& config,
                 std::vector<ConfigProblem>& problems) {
  std::vector<std::string> names;
  for (const auto& each : table.fields) names.emplace_back(each.name);
  for (std::size_t i = 0; i < unset.size(); ++i) {
    const auto path = fmt::format("unset[{}]", i);
    if (config.contains(unset[i])) problems.push_back({path, fmt::format("{} is also set by config", unset[i])});
    if (table.find(unset[i]) != nullptr) continue;
    const auto likely = nearest(unset[i], names);
    problems.push_back({path, fmt::format("{} is not a field of a {} configuration{}", in_quotes(unset[i]), table.asset,
                                          likely ? fmt::format("; did you mean {}?", *likely) : "")});
  }
}

Error error_of(const std::vector<ConfigProblem>& problems) {
  Error error{.code = Code::invalid_argument, .message = {}};
  Json list = Json::array();
  for (const auto& each : problems) {
    error.message += fmt::format("{}{}: {}", error.message.empty() ? "" : "; ", each.path, each.message);
    list.push_back({{"path", each.path}, {"message", each.message}});
  }
  error.details["problems"] = std::move(list);
  return error;
}

}  // namespace noetl::nats::js
