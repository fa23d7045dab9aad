#include "engine/bucket_views.hpp"

namespace noetl::nats {
namespace {

template <class View>
View common_view(const Json& info, js::BucketKind kind) {
  const Json& config = info["config"];
  const Json& state = info["state"];
  View view;
  view.bucket = config.value("name", std::string()).substr(js::bucket_stream(kind, "").size());
  view.bytes = state.value("bytes", std::uint64_t{0});
  view.ttl = Duration{Nanos(config.value("max_age", std::int64_t{0}))};
  view.max_bytes = config.value("max_bytes", std::int64_t{-1});
  view.storage = config.value("storage", std::string("file"));
  view.replicas = config.value("num_replicas", std::int64_t{1});
  view.compression = config.value("compression", std::string("none")) != "none";
  if (const auto text = config.value("description", std::string()); !text.empty()) view.description = text;
  if (config.contains("metadata") && !config["metadata"].empty()) view.metadata = config["metadata"];
  view.config = config;
  return view;
}

}  // namespace

KvBucketView kv_bucket_view(const Json& info) {
  auto view = common_view<KvBucketView>(info, js::BucketKind::kv);
  const Json& config = info["config"];
  view.values = info["state"].value("messages", std::uint64_t{0});
  view.history = config.value("max_msgs_per_subject", std::int64_t{1});
  view.max_value_size = config.value("max_msg_size", std::int64_t{-1});
  if (const auto marker = config.value("subject_delete_marker_ttl", std::int64_t{0}); marker > 0)
    view.limit_marker_ttl = Duration{Nanos(marker)};
  if (config.contains("mirror") && config["mirror"].is_object()) {
    const auto origin = config["mirror"].value("name", std::string());
    const auto prefix = js::bucket_stream(js::BucketKind::kv, "");
    view.mirror = origin.starts_with(prefix) ? origin.substr(prefix.size()) : origin;
  }
  return view;
}

ObjectBucketView object_bucket_view(const Json& info) {
  auto view = common_view<ObjectBucketView>(info, js::BucketKind::object);
  view.sealed = info["config"].value("sealed", false);
  return view;
}

}  // namespace noetl::nats
