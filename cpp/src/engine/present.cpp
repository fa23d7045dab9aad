#include "engine/present.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "schema/struct_info.hpp"

namespace noetl::nats {
namespace {

constexpr std::size_t kWidestCell = 60;

std::string cell(const Json& value) {
  if (value.is_null()) return "-";
  std::string text = value.is_string() ? value.get<std::string>() : dump(value);
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() > kWidestCell) {
    std::size_t cut = kWidestCell - 1;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;  // not inside of a character
    text = text.substr(0, cut) + "…";
  }
  return text;
}

bool is_table(const Json& value) {
  return value.is_array() && !value.empty() && std::all_of(value.begin(), value.end(), [](const Json& row) { return row.is_object(); });
}

std::string rows_of(const Json& rows) {
  std::vector<std::string> header;
  for (const auto& row : rows)
    for (const auto& [key, value] : row.items())
      if (!value.is_structured() && std::find(header.begin(), header.end(), key) == header.end()) header.push_back(key);
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows) {
    std::vector<std::string> line;
    for (const auto& key : header) line.push_back(row.contains(key) ? cell(row[key]) : "");
    cells.push_back(std::move(line));
  }
  return table(header, cells);
}

/// Members of an object as "key  value" lines; inner objects indented, lists of objects as tables.
void add_members(std::string& out, const Json& object, const std::string& indent) {
  std::size_t widest = 0;
  for (const auto& [key, value] : object.items())
    if (!value.is_object() && !is_table(value)) widest = std::max(widest, key.size());
  for (const auto& [key, value] : object.items()) {
    if (value.is_object() && !value.empty()) {
      out += fmt::format("{}{}\n", indent, key);
      add_members(out, value, indent + "  ");
    } else if (is_table(value)) {
      out += fmt::format("{}{}\n", indent, key);
      std::string rows = rows_of(value);
      std::size_t start = 0;
      while (start < rows.size()) {
        const auto end = rows.find('\n', start);
        out += indent + "  " + rows.substr(start, end - start) + "\n";
        start = end + 1;
      }
    } else {
      out += fmt::format("{}{:<{}}  {}\n", indent, key, widest,
                         value.is_string() ? value.get<std::string>()
                         : value.is_null() ? "-"
                                           : dump(value));
    }
  }
}

bool is_number(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) || c == '.' || c == ' ' || c == '-'; });
}

}  // namespace

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  if (header.empty()) return "";
  std::vector<std::size_t> widths;
  std::vector<bool> right(header.size(), !rows.empty());
  for (const auto& name : header) widths.push_back(display_width(name));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size() && i < header.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
      if (!row[i].empty() && row[i] != "-" && !is_number(row[i])) right[i] = false;
    }
  std::string out;
  const auto add = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t i = 0; i < header.size(); ++i) {
      const std::string& text = i < row.size() ? row[i] : std::string();
      const std::string pad(widths[i] - std::min(widths[i], display_width(text)), ' ');
      line += (i == 0 ? "" : "  ") + (right[i] ? pad + text : text + pad);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  add(header);
  for (const auto& row : rows) add(row);
  return out;
}

std::string text_of(const Operation& operation, const Json& result, bool color) {
  if (operation.info.text && (!result.contains("error") || result.size() > 2)) {  // more than the error: what was found (health)
    std::string text = operation.info.text(result, color);
    if (!text.empty() && text.back() != '\n') text += '\n';
    return text;
  }
  std::string out;
  Json members = result;
  if (members.value("status", std::string()) == "success") members.erase("status");
  add_members(out, members, "");
  return out;
}

std::string line_of(const Operation& operation, const Json& result) {
  static constexpr const char* kThings[] = {"bucket", "key", "name", "stream", "consumer", "group", "subject", "instance"};
  std::string thing;
  for (const auto* key : kThings)
    if (result.contains(key) && result[key].is_string() && operation.output->find(key) != nullptr)
      thing += (thing.empty() ? "" : "/") + result[key].get<std::string>();
  std::string more;
  for (const auto* key : {"revision", "seq", "count", "size", "changed"})
    if (result.contains(key) && !result[key].is_null() && !result[key].is_structured())
      more += fmt::format("{}{} {}", more.empty() ? "" : ", ", key, dump(result[key]));
  const auto status = result.value("status", std::string());
  return fmt::format("{}{}{} {}{}", operation.name, thing.empty() ? "" : " ", thing, status, more.empty() ? "" : " (" + more + ")");
}

}  // namespace noetl::nats
