#include "engine/object_views.hpp"

#include <fmt/format.h>

#include "base/units.hpp"

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

ObjectProgress lines_of(const Context& context, const std::string& name, const char* verb) {
  return [&context, name, verb, shown = Clock::now()](std::uint64_t done, std::uint64_t size) mutable {
    if (Clock::now() - shown < std::chrono::seconds(1)) return;
    shown = Clock::now();
    const auto text = [](std::uint64_t bytes) { return human_size(static_cast<std::int64_t>(bytes)); };
    const std::string whole = size > 0 ? fmt::format(" of {}", text(size)) : "";
    context.progress(fmt::format("{}: {}{} {}", name, text(done), whole, verb));
  };
}

}  // namespace noetl::nats
