#include "cli/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/bytes.hpp"
#include "base/names.hpp"

namespace noetl::nats::cli {
namespace {

using schema::FieldInfo;
using schema::Kind;

std::string flags_of(const FieldInfo& field) {
  std::string flags = field.positional ? field.name + ",--" + kebab(field.name) : "--" + kebab(field.name);
  if (field.kind == Kind::boolean) {
    std::string both = "--" + kebab(field.name) + ",!--no-" + kebab(field.name);
    return both;
  }
  for (const auto& alias : field.aliases) flags += ",--" + kebab(alias);
  return flags;
}

std::string help_of(const FieldInfo& field) {
  std::string text = field.doc;
  const Json& value = field.default_value;
  const bool shown =
      !value.is_null() && !(value.is_string() && value.get<std::string>().empty()) && !value.is_structured() && field.kind != Kind::boolean;
  if (shown) text += fmt::format(" [{}]", value.is_string() ? value.get<std::string>() : dump(value));
  if (!field.since.empty()) text += fmt::format(" (server {})", field.since);
  return text;
}

std::string type_name(const FieldInfo& field) {
  if (!field.choices.empty()) return fmt::format("{}", fmt::join(field.choices, "|"));
  switch (field.kind) {
    case Kind::integer:
      return "N";
    case Kind::number:
      return "X";
    case Kind::duration:
      return "TIME";
    case Kind::size:
      return "SIZE";
    case Kind::time:
      return "RFC3339";
    case Kind::object:
    case Kind::map:
    case Kind::structure:
      return "JSON|@FILE";
    case Kind::json:
      return "VALUE|@FILE|-";
    case Kind::list:
      return "ITEM,...";
    default:
      return field.format == "input-path" ? "FILE|-" : field.format == "path" ? "FILE" : "TEXT";
  }
}

Result<std::string> read_input(const std::string& text) {
  std::ostringstream content;
  if (text == "-") {
    content << std::cin.rdbuf();
    return content.str();
  }
  const std::string path = text.substr(1);
  std::ifstream in(path, std::ios::binary);
  content << in.rdbuf();
  if (!in) return fail(Code::invalid_argument, fmt::format("cannot read {}: {}", in_quotes(path), std::strerror(errno)));
  return content.str();
}

bool takes_files(Kind kind) { return kind == Kind::json || kind == Kind::object || kind == Kind::map || kind == Kind::structure; }

/// A body from a file or standard input: text as it is, other bytes as base64 with the encoding that says so.
Result<void> add_body(Json& out, const FieldInfo& field, const std::string& text) {
  NN_TRY(auto content, read_input(text));
  if (field.kind == Kind::json && !is_utf8(content)) {
    out[field.name] = base64_encode(content);
    out["encoding"] = "base64";
  } else {
    out[field.name] = std::move(content);
  }
  return {};
}

Json list_of(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const auto& text : texts) {
    const Json parsed = Json::parse(text, nullptr, false);
    if (parsed.is_array()) {
      for (const auto& item : parsed) list.push_back(item);
    } else if (parsed.is_object()) {
      list.push_back(parsed);
    } else {
      std::size_t start = 0;
      while (start <= text.size()) {
        const auto comma = std::min(text.find(',', start), text.size());
        if (comma > start) list.push_back(text.substr(start, comma - start));
        start = comma + 1;
      }
    }
  }
  return list;
}

/// name=value pairs of a map, or one JSON object.
Json map_of(const std::vector<std::string>& texts) {
  Json map = Json::object();
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (text.starts_with('{') || equals == std::string::npos) return text;  // JSON text: the schema reads it
    map[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return map;
}

}  // namespace

std::string kebab(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

void FieldOptions::add(CLI::App& app, const schema::StructInfo& info, const std::string& group, const schema::StructInfo* skip) {
  for (const auto& field : info.fields) {
    if (skip != nullptr && skip->find(field.name) != nullptr) continue;
    auto given = std::make_unique<Given>();
    given->field = &field;
    if (field.kind == Kind::boolean) {
      given->option = app.add_flag(flags_of(field), given->flag, help_of(field));
    } else {
      given->option = app.add_option(flags_of(field), given->texts, help_of(field))->type_name(type_name(field));
      const bool many = field.kind == Kind::list || field.kind == Kind::map || field.kind == Kind::object;
      if (many && !field.positional)
        given->option->type_size(1)->expected(1, -1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
      else
        given->option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)->allow_extra_args(false);
    }
    given->option->group(group);
    given_.push_back(std::move(given));
  }
}

Result<Json> FieldOptions::params() const {
  Json out = Json::object();
  for (const auto& given : given_) {
    if (given->option->count() == 0) continue;
    const auto& field = *given->field;
    if (field.kind == Kind::boolean) {
      out[field.name] = given->flag;
    } else if (takes_files(field.kind) && given->texts.size() == 1 &&
               (given->texts[0] == "-" || (given->texts[0].size() > 1 && given->texts[0][0] == '@'))) {
      NN_CHECK(add_body(out, field, given->texts[0]));
    } else if (field.kind == Kind::list) {
      out[field.name] = list_of(given->texts);
    } else if (field.kind == Kind::map || field.kind == Kind::object) {
      out[field.name] = map_of(given->texts);
    } else {
      const auto& text = given->texts.back();
      out[field.name] = text == "-" && field.format == "input-path" ? "/dev/stdin" : text;
    }
  }
  return out;
}

}  // namespace noetl::nats::cli
