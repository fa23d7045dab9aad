#include "engine/define.hpp"
#include "jetstream/session_cache.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket = js::kSessionBucket, key;
  std::vector<std::string> filters = {};
  static auto fields() {
    return std::tuple{field("bucket", &In::bucket, "Bucket of the sessions.").format("bucket-name"),
                      field("key", &In::key, "Key of the session to forget. Or give filters.").positional().defaulted(),
                      field("filters", &In::filters, "Forget all sessions whose key matches one of these NATS wildcards (user.7.>).")
                          .format("kv-filter")
                          .defaulted()};
  }
  void check(schema::Problems& problems) {
    if (key.empty() == filters.empty())
      problems.push_back({"key", key.empty() ? "is required (or filters)" : "goes without filters: give one of the two"});
  }
};

struct Out {
  std::string bucket;
  std::uint64_t count = 0;
  bool changed = false;
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "The bucket."), field("count", &Out::count, "How many sessions were forgotten."),
                      field("changed", &Out::changed, "Whether there was any.")};
  }
};

Result<std::vector<std::string>> present(js::Kv& kv, const In& in, const Wait& wait) {
  if (!in.filters.empty()) {
    NN_TRY(auto found, kv.keys({.filters = in.filters}, wait));
    return std::move(found.keys);
  }
  NN_TRY(const auto entry, kv.get(in.key, true, wait));
  return entry ? std::vector{in.key} : std::vector<std::string>{};
}

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  js::Kv kv(*api, in.bucket);
  Out out{.bucket = in.bucket};
  const auto keys = present(kv, in, context.wait());
  if (!keys && keys.error().code == Code::not_found) return out;  // no bucket, no session
  if (!keys) return fail(keys.error());
  for (const auto& key : *keys) {
    NN_CHECK(kv.remove(key, {}, context.wait()));
    ++out.count;
  }
  out.changed = out.count > 0;
  return out;
}

}  // namespace

Operation op_session_cache_invalidate() {
  return define<In, Out>({.summary = "Forget sessions of the session cache.",
                          .effect = Effect::destroy,
                          .examples = {{"Log one session out", {{"key", "s-1"}}}, {"All sessions of a user", {{"filters", {"user.7.>"}}}}}},
                         run);
}

}  // namespace noetl::nats::ops
