#include "jetstream/config_diff.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/coerce.hpp"
#include "base/units.hpp"

namespace noetl::nats::js {
namespace {

constexpr const char* kServerMetadata = "_nats.";

Json fallback_of(const ConfigField& field) { return Json::parse(field.fallback); }

/// Lists that are sets: the order in which a person writes them means nothing.
bool equal_fields(const ConfigField& field, Json a, Json b) {
  if ((field.type == FieldType::texts || field.type == FieldType::objects) && a.is_array() && b.is_array()) {
    const auto less = [](const Json& x, const Json& y) { return nlohmann::json(x) < nlohmann::json(y); };
    std::sort(a.begin(), a.end(), less);
    std::sort(b.begin(), b.end(), less);
  }
  return equal_values(a, b);
}

/// A part of a configuration without the members that say nothing; null when none says anything.
Json pruned(std::span<const ConfigField> members, const Json& part) {
  if (!part.is_object()) return nullptr;
  Json out = Json::object();
  for (const auto& [name, value] : part.items()) {
    const auto field = std::find_if(members.begin(), members.end(), [&](const ConfigField& each) { return each.name == name; });
    if (field == members.end()) {
      out[name] = value;
      continue;
    }
    Json kept = value;
    if (field->type == FieldType::object) kept = pruned(field->members, value);
    if (!kept.is_null() && !equal_fields(*field, kept, fallback_of(*field))) out[name] = std::move(kept);
  }
  return out.empty() ? Json(nullptr) : out;
}

Json without_server_metadata(const Json& metadata) {
  Json out = Json::object();
  if (metadata.is_object())
    for (const auto& [key, value] : metadata.items())
      if (!key.starts_with(kServerMetadata)) out[key] = value;
  return out;
}

Json same_time(const Json& value) {
  if (!value.is_string()) return nullptr;
  const auto time = parse_time(value.get_ref<const std::string&>());
  return time ? Json(format_time(*time)) : value;
}

Json normalised_value(const ConfigField& field, Json value) {
  switch (field.type) {
    case FieldType::object:
      return pruned(field.members, value);
    case FieldType::text_map:
      return without_server_metadata(value);
    case FieldType::time:
      return same_time(value);
    case FieldType::objects: {
      Json out = Json::array();
      for (const auto& each : value) out.push_back(pruned(field.members, each));
      return out;
    }
    default:
      return value;
  }
}

/// One filter may be written in two ways; we keep one of them.
void unify_filters(Json& config) {
  if (!config.contains("filter_subject")) return;
  const Json filter = config["filter_subject"];
  config.erase("filter_subject");
  if (config.contains("filter_subjects")) return;
  config["filter_subjects"] = filter.is_string() && !filter.get_ref<const std::string&>().empty() ? Json::array({filter}) : Json::array();
}

bool is_default(const ConfigField& field, const Json& config) {
  const Json& value = config[field.name];
  return value.is_null() || equal_fields(field, value, field.derived != nullptr ? field.derived(config) : fallback_of(field));
}

tl::unexpected<Error> too_new(std::string_view what, int since, int minor) {
  return fail(Code::unimplemented,
              fmt::format("{} needs server 2.{}, this one is {}2.{}", what, since, minor <= 10 ? "at most " : "", minor),
              "upgrade the server, or leave the field out");
}

}  // namespace

Json normalised(const ConfigTable& table, Json config) {
  unify_filters(config);
  Json out = Json::object();
  for (const auto& field : table.fields) {
    if (std::string_view(field.name) == "filter_subject") continue;
    const bool given = config.contains(field.name) && !config[field.name].is_null();
    out[field.name] = given ? normalised_value(field, config[field.name]) : fallback_of(field);
  }
  for (const auto& [name, value] : config.items())
    if (table.find(name) == nullptr) out[name] = value;
  for (const auto& field : table.fields)
    if (field.derived != nullptr && (!config.contains(field.name) || config[field.name].is_null())) out[field.name] = field.derived(out);
  return out;
}

void drop_server_metadata(Json& config) {
  if (!config.contains("metadata")) return;
  Json kept = without_server_metadata(config["metadata"]);
  if (kept.empty())
    config.erase("metadata");
  else
    config["metadata"] = std::move(kept);
}

Json merged(const ConfigTable& table, const Json& current, const Json& desired, const std::vector<std::string>& unset) {
  Json base = current;
  for (const auto& name : unset) base.erase(name == "filter_subject" ? "filter_subjects" : name);
  for (const auto& field : table.fields)
    if (field.derived != nullptr && base.contains(field.name) && equal_fields(field, base[field.name], field.derived(current)))
      base.erase(field.name);
  Json wanted = desired;
  unify_filters(wanted);
  for (const auto& [name, value] : wanted.items()) base[name] = value;
  return normalised(table, std::move(base));
}

Json to_wire(const ConfigTable& table, const Json& config, int minor) {
  Json out = Json::object();
  for (const auto& [name, value] : config.items()) {
    const auto* field = table.find(name);
    if (value.is_null() || (field != nullptr && field->since > minor && is_default(*field, config))) continue;
    if (name == "filter_subjects" && value.size() == 1)
      out["filter_subject"] = value.front();
    else
      out[name] = value;
  }
  return out;
}

Json ConfigChange::to_json() const {
  Json out{{"path", path}, {"from", from}, {"to", to}};
  if (!loses.empty()) out["loses"] = loses;
  return out;
}

Json to_json(const std::vector<ConfigChange>& changes) {
  Json out = Json::array();
  for (const auto& change : changes) out.push_back(change.to_json());
  return out;
}

std::vector<ConfigChange> changes(const ConfigTable& table, const Json& before, const Json& after) {
  std::vector<ConfigChange> out;
  for (const auto& field : table.fields) {
    const Json from = before.contains(field.name) ? before[field.name] : Json(nullptr);
    const Json to = after.contains(field.name) ? after[field.name] : Json(nullptr);
    if (!equal_fields(field, from, to)) out.push_back({field.name, from, to, {}});
  }
  return out;
}

int minor_of_level(int level) {
  // Level 3 was never released as an API level of its own.
  static constexpr std::array kMinors{10, 11, 12, 12, 14, 15};
  return kMinors[static_cast<std::size_t>(std::clamp(level, 0, static_cast<int>(kMinors.size()) - 1))];
}

Result<void> check_known(const ConfigTable& table, const Json& config, int minor, std::string_view asset_name) {
  for (const auto& field : table.fields) {
    if (!config.contains(field.name) || config[field.name].is_null()) continue;
    const auto what = fmt::format("{} {}: {}", table.asset, asset_name, field.name);
    if (field.since > minor && !is_default(field, config)) return too_new(what, field.since, minor);
    for (const auto& each : field.choices)
      if (config[field.name] == each.name && each.since > minor) return too_new(fmt::format("{} {}", what, each.name), each.since, minor);
  }
  return {};
}

Result<void> check_changeable(const ConfigTable& table, const std::vector<ConfigChange>& all, int minor, std::string_view asset_name) {
  std::vector<std::string> refused;
  std::string hint;
  Json list = Json::array();
  for (const auto& change : all) {
    const auto* field = table.find(change.path);
    const bool old = field->changes_since > minor;
    if (!old && (field->may_change == nullptr || field->may_change(change.from, change.to))) continue;
    refused.push_back(fmt::format("{} cannot change from {} to {}{}", change.path, shown(field, change.from), shown(field, change.to),
                                  old ? fmt::format(" before server 2.{}", field->changes_since) : ""));
    list.push_back(change.to_json());
    if (hint.empty()) hint = *field->hint != '\0' ? field->hint : table.unchangeable_hint;
  }
  if (refused.empty()) return {};
  Error error{.code = Code::failed_precondition,
              .message = fmt::format("{} {}: {}", table.asset, asset_name, fmt::join(refused, "; ")),
              .hint = hint};
  error.details["unchangeable"] = std::move(list);
  return fail(std::move(error));
}

bool may_destroy(const ConfigTable& table, const ConfigChange& change) {
  const auto* field = table.find(change.path);
  return field != nullptr && field->destroys != nullptr && field->destroys(change.from, change.to);
}

Result<void> check_losses(const ConfigTable& table, const std::vector<ConfigChange>& all, std::string_view asset_name) {
  std::vector<std::string> losses;
  Json list = Json::array();
  for (const auto& change : all) {
    if (change.loses.empty()) continue;
    const auto* field = table.find(change.path);
    losses.push_back(
        fmt::format("{} from {} to {} loses {}", change.path, shown(field, change.from), shown(field, change.to), change.loses));
    list.push_back(change.to_json());
  }
  if (losses.empty()) return {};
  Error error{.code = Code::failed_precondition,
              .message = fmt::format("{} {}: {}", table.asset, asset_name, fmt::join(losses, "; ")),
              .hint = "allow_destructive: true does it all the same"};
  error.details["destructive"] = std::move(list);
  return fail(std::move(error));
}

std::vector<std::string> warnings(const ConfigTable& table, const std::vector<ConfigChange>& all) {
  std::vector<std::string> out;
  for (const auto& change : all) {
    const auto* field = table.find(change.path);
    if (field->warning == nullptr) continue;
    if (auto text = field->warning(change.from, change.to); !text.empty()) out.push_back(std::move(text));
  }
  return out;
}

std::string shown(const ConfigField* field, const Json& value) {
  if (value.is_null() || value == "" || (value.is_array() && value.empty())) return "nothing";
  if (field != nullptr && field->type == FieldType::duration && value.is_number()) return format_duration(Nanos(value.get<std::int64_t>()));
  return value.is_string() ? value.get<std::string>() : dump(value);
}

}  // namespace noetl::nats::js
