// Versions of keys as results show them: kv_history, kv_watch.
#pragma once

#include <optional>
#include <string>

#include "jetstream/kv.hpp"
#include "schema/fields.hpp"
#include "schema/types.hpp"

namespace noetl::nats {

struct KvEntryView {
  std::optional<std::string> key = {};
  std::uint64_t revision = 0;
  std::string operation;
  Json value = {};
  std::optional<std::string> encoding = {};
  Time created = {};
  static auto fields() {
    using schema::field;
    using V = KvEntryView;
    return std::tuple{field("key", &V::key, "The key; not in a history."),
                      field("revision", &V::revision, "The revision."),
                      field("operation", &V::operation, "put, delete, purge or expired."),
                      field("value", &V::value, "The value of a put; null otherwise."),
                      field("encoding", &V::encoding, "Of the value: json, utf-8 or base64."),
                      field("created", &V::created, "When it happened.")};
  }
};

/// Without the key. `encoding` is that of payload_value.
[[nodiscard]] KvEntryView kv_entry_view(const js::KvEntry& entry, const std::string& encoding);
/// A list of such entries for a person.
[[nodiscard]] std::string kv_entries_text(const Json& entries);

}  // namespace noetl::nats
