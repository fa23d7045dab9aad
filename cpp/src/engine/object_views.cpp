#include "engine/object_views.hpp"

namespace noetl::nats {

ObjectView object_view(const js::ObjectInfo& info) {
  ObjectView view{.name = info.name, .size = info.size, .chunks = info.chunks, .mtime = Time{info.mtime}, .digest = info.digest};
  if (info.description) view.description = *info.description;
  if (!info.headers.is_null()) view.headers = info.headers;
  if (!info.metadata.is_null()) view.metadata = info.metadata;
  if (info.link) view.link = Json{{"bucket", info.link->bucket}, {"name", info.link->name}};
  if (info.deleted) view.deleted = true;
  return view;
}

}  // namespace noetl::nats
