#include "engine/define.hpp"
#include "engine/payload.hpp"
#include "jetstream/session_cache.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket = js::kSessionBucket, key;
  bool sliding = false;
  static auto fields() {
    return std::tuple{field("bucket", &In::bucket, "Bucket of the sessions.").format("bucket-name"),
                      field("key", &In::key, "Key of the session.").format("kv-key").positional(),
                      field("sliding", &In::sliding, "A hit lets the session live on: it is written again.")};
  }
};

struct Out {
  std::string bucket, key;
  bool hit = false;
  Json value = {};
  std::optional<std::string> reason = {};
  static auto fields() {
    return std::tuple{
        field("bucket", &Out::bucket, "The bucket."), field("key", &Out::key, "The key."),
        field("hit", &Out::hit, "Whether there is a session that may be used."),
        field("value", &Out::value, "The session; null without a hit."),
        field("reason", &Out::reason, "Why there is no hit: missing, inactive (is_active is false) or expired (expires_at).")};
  }
};

/// Its bucket may not be made yet: then nothing is cached.
Result<std::optional<js::KvEntry>> find(js::Kv& kv, const In& in, const Wait& wait) {
  auto entry = kv.get(in.key, in.sliding, wait);
  if (!entry && entry.error().code == Code::not_found) return std::nullopt;
  return entry;
}

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  js::Kv kv(*api, in.bucket);
  Out out{.bucket = in.bucket, .key = in.key};
  NN_TRY(const auto entry, find(kv, in, context.wait()));
  out.reason = "missing";
  if (!entry) return out;
  auto session = payload_value(entry->value).value;
  const auto state = js::state_of_session(session, unix_nanos_now());
  out.reason = state == js::SessionState::inactive ? "inactive" : "expired";
  if (state != js::SessionState::good) return out;
  if (in.sliding) {
    const auto renewed = kv.update(in.key, entry->value, entry->revision, {.ttl = entry->ttl}, context.wait());
    // A conflict: somebody else wrote it this moment, so it lives on anyway, or was removed, and the next read tells.
    if (!renewed && renewed.error().code != Code::conflict) return fail(renewed.error());
  }
  out.hit = true;
  out.value = std::move(session);
  out.reason.reset();
  return out;
}

}  // namespace

Operation op_session_cache_get() {
  return define<In, Out>(
      {.summary = "Look a session up in the session cache.",
       .effect = Effect::read,
       .examples = {{"Is there a session?", {{"key", "s-1"}}}, {"And let it live on", {{"key", "s-1"}, {"sliding", true}}}}},
      run);
}

}  // namespace noetl::nats::ops
