#include "engine/kv_views.hpp"

#include "engine/payload.hpp"
#include "engine/present.hpp"

namespace noetl::nats {

KvEntryView kv_entry_view(const js::KvEntry& entry, const std::string& encoding) {
  KvEntryView view{.revision = entry.revision, .operation = std::string(js::name_of(entry.operation)), .created = Time{entry.created}};
  if (entry.is_marker()) return view;
  auto read = payload_value(entry.value, encoding);
  view.value = std::move(read.value);
  view.encoding = std::move(read.encoding);
  return view;
}

std::string kv_entries_text(const Json& entries) {
  if (entries.empty()) return "nothing\n";
  const bool with_key = entries.front().contains("key");
  std::vector<std::string> header{"REVISION", "OPERATION", "CREATED", "VALUE"};
  if (with_key) header.insert(header.begin(), "KEY");
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : entries) {
    const Json& value = entry["value"];
    std::vector<std::string> row{dump(entry["revision"]), entry["operation"].get<std::string>(), entry["created"].get<std::string>(),
                                 value.is_null()     ? ""
                                 : value.is_string() ? value.get<std::string>()
                                                     : dump(value)};
    if (with_key) row.insert(row.begin(), entry["key"].get<std::string>());
    rows.push_back(std::move(row));
  }
  return table(header, rows);
}

}  // namespace noetl::nats
