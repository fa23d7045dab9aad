#include "engine/define.hpp"
#include "engine/payload.hpp"
#include "jetstream/session_cache.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket = js::kSessionBucket, key;
  Json value = {};
  std::optional<Duration> ttl = {};
  static auto fields() {
    return std::tuple{field("bucket", &In::bucket, "Bucket of the sessions; made on first use.").format("bucket-name"),
                      field("key", &In::key, "Key of the session.").format("kv-key").positional(),
                      field("value", &In::value,
                            "The session: an object with user_id (number), is_active (bool), roles (list), expires_at (time), and more.")
                          .positional(),
                      field("ttl", &In::ttl, "This session lives for so long, if shorter than the bucket's: seconds, or text like 5m.")
                          .min(1)
                          .since("2.11")};
  }
  void check(schema::Problems& problems) {
    if (value.is_null()) return;  // said to be required already
    const Json session = value.is_string() ? Json::parse(value.get<std::string>(), nullptr, false) : value;
    for (auto& each : js::check_session(session))
      problems.push_back({each.member.empty() ? "value" : "value." + each.member, std::move(each.message)});
  }
};

struct Out {
  std::string bucket, key;
  std::uint64_t revision = 0;
  bool changed = true;
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "The bucket."), field("key", &Out::key, "The key."),
                      field("revision", &Out::revision, "Revision of the session."), field("changed", &Out::changed, "Always true.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(const auto ttl, js::session_ttl(context.environment()));
  NN_TRY(const auto bytes, payload_bytes("value", in.value));
  NN_TRY(auto* const api, context.jetstream());
  js::KvPutOptions options;
  if (in.ttl) options.ttl = in.ttl->value;
  auto written = js::Kv(*api, in.bucket).put(in.key, bytes, options, context.wait());
  if (!written && written.error().code == Code::not_found) {
    NN_CHECK(js::make_session_bucket(*api, in.bucket, ttl, context.wait()));
    written = js::Kv(*api, in.bucket).put(in.key, bytes, options, context.wait());
  }
  if (!written) return fail(std::move(written).error());
  return Out{in.bucket, in.key, written->revision, true};
}

}  // namespace

Operation op_session_cache_put() {
  return define<In, Out>(
      {.summary = "Keep a session in the session cache.",
       .description = "The bucket is made on first use; sessions live for 5 minutes, or NATS_SESSION_CACHE_TTL_SECS.",
       .effect = Effect::write,
       .errors = {Code::failed_precondition, Code::resource_exhausted, Code::unimplemented},
       .examples = {{"Keep a session", {{"key", "s-1"}, {"value", {{"user_id", 7}, {"is_active", true}, {"roles", {"admin"}}}}}}}},
      run);
}

}  // namespace noetl::nats::ops
