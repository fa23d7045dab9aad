// Objects as results show them: object_info, object_list.
#pragma once

#include <optional>
#include <string>

#include "engine/context.hpp"
#include "engine/object_files.hpp"
#include "jetstream/objects.hpp"
#include "schema/fields.hpp"
#include "schema/types.hpp"

namespace noetl::nats {

struct ObjectView {
  std::optional<std::string> bucket = {};
  std::string name;
  std::uint64_t size = 0;
  Json description = {};
  std::uint64_t chunks = 0;
  Time mtime = {};
  std::string digest;
  std::optional<Json> headers = {}, metadata = {}, link = {};
  std::optional<bool> deleted = {};
  static auto fields() {
    using schema::field;
    using V = ObjectView;
    return std::tuple{field("bucket", &V::bucket, "Bucket of the object; not in lists."),
                      field("name", &V::name, "Name of the object."),
                      field("size", &V::size, "Size in bytes."),
                      field("description", &V::description, "What the object is, or null."),
                      field("chunks", &V::chunks, "Messages that hold its bytes."),
                      field("mtime", &V::mtime, "When it was last written."),
                      field("digest", &V::digest, "SHA-256= and the digest of its bytes in URL-safe base64."),
                      field("headers", &V::headers, "Headers: lists of texts."),
                      field("metadata", &V::metadata, "Free texts."),
                      field("link", &V::link, "What it links to: {bucket, name}."),
                      field("deleted", &V::deleted, "True: it was deleted; lists show it only on demand.")};
  }
};

[[nodiscard]] ObjectView object_view(const js::ObjectInfo& info);
/// Progress of a transfer as lines for the person who waits, at most one a second.
[[nodiscard]] ObjectProgress lines_of(const Context& context, const std::string& name, const char* verb);

}  // namespace noetl::nats
