#include "base/names.hpp"
#include "engine/define.hpp"
#include "engine/payload.hpp"
#include "jetstream/kv.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket, encoding = "auto", compat = "rust";
  Object entries = {};
  std::optional<Duration> ttl = {};
  std::map<std::string, std::uint64_t> revisions = {};
  static auto fields() {
    return std::tuple{
        field("bucket", &In::bucket, "Bucket to write to.").format("bucket-name").positional(),
        field("entries", &In::entries, "Keys and their values: text is stored as it is, anything else as JSON.").positional(),
        field("ttl", &In::ttl, "The keys expire after this time: seconds, or text like 30s, 5m.").min(1).since("2.11"),
        field("revisions", &In::revisions, "Write these keys only at that revision; 0: only if the key is not there.").defaulted(),
        encoding_field(&In::encoding),
        compat_field(&In::compat)};
  }
  void check(schema::Problems& problems) const {
    for (const auto& [key, value] : entries.value.items())
      if (const auto problem = check_kv_key(key)) problems.push_back({"entries." + key, "the key " + *problem});
    for (const auto& [key, revision] : revisions)
      if (!entries.value.contains(key)) problems.push_back({"revisions." + key, "is not in entries"});
  }
};

struct Out {
  std::string bucket;
  std::map<std::string, std::uint64_t> revisions = {};
  std::uint64_t count = 0;
  bool changed = false;
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "The bucket."), field("revisions", &Out::revisions, "The revision of every key."),
                      field("count", &Out::count, "How many keys were written: all, or the operation fails."),
                      field("changed", &Out::changed, "Whether there was anything to write.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto& [key, value] : in.entries.value.items()) {
    NN_TRY(auto bytes, payload_bytes("entries." + key, value, in.encoding, in.compat));
    values.emplace_back(key, std::move(bytes));
  }
  std::vector<js::KvWrite> writes;
  for (const auto& [key, value] : values) {
    const auto expected = in.revisions.find(key);
    writes.push_back({key, value, expected == in.revisions.end() ? std::nullopt : std::optional(expected->second)});
  }
  NN_TRY(auto* const api, context.jetstream());
  js::KvPutOptions options;
  if (in.ttl) options.ttl = in.ttl->value;
  NN_TRY(const auto written, js::Kv(*api, in.bucket).put_many(writes, options, context.wait()));
  NN_CHECK(js::all_written(writes, written));
  Out out{.bucket = in.bucket, .count = writes.size(), .changed = !writes.empty()};
  for (std::size_t i = 0; i < writes.size(); ++i) out.revisions[values[i].first] = written[i]->revision;
  return out;
}

}  // namespace

Operation op_kv_put_many() {
  return define<In, Out>(
      {.summary = "Write many keys of a KV bucket, many on their way at once.",
       .description =
           "All keys are tried. When some were not written the operation fails, and `error.details` has the `revisions` of those "
           "that were and the `errors` of those that were not. `timeout_ms` is the longest time without progress.",
       .effect = Effect::write,
       .errors = {Code::not_found, Code::conflict, Code::failed_precondition, Code::resource_exhausted, Code::unimplemented},
       .examples = {{"Two keys", {{"bucket", "settings"}, {"entries", {{"color", "blue"}, {"size", 7}}}}},
                    {"Only if nobody was faster",
                     {{"bucket", "settings"}, {"entries", {{"color", "red"}}}, {"revisions", {{"color", 0}}}}}}},
      run);
}

}  // namespace noetl::nats::ops
