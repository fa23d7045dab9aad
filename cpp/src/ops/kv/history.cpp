#include "engine/define.hpp"
#include "engine/kv_views.hpp"
#include "engine/payload.hpp"
#include "jetstream/kv.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket, key, encoding = "auto";
  std::optional<std::uint64_t> limit = {};
  static auto fields() {
    return std::tuple{field("bucket", &In::bucket, "Bucket of the key.").format("bucket-name").positional(),
                      field("key", &In::key, "Key to look at.").format("kv-key").positional(), encoding_field(&In::encoding),
                      field("limit", &In::limit, "Only the last so many; truncated says whether there are more.").min(1)};
  }
};

struct Out {
  std::string bucket, key;
  std::vector<KvEntryView> entries = {};
  std::uint64_t count = 0;
  std::optional<bool> truncated = {};
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "The bucket."), field("key", &Out::key, "The key."),
                      field("entries", &Out::entries, "What the bucket keeps of the key, oldest first."),
                      field("count", &Out::count, "How many entries are listed."),
                      field("truncated", &Out::truncated, "True: limit left older entries out.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(auto history, js::Kv(*api, in.bucket).history(in.key, context.wait()));
  Out out{.bucket = in.bucket, .key = in.key};
  if (in.limit && history.size() > *in.limit) {
    history.erase(history.begin(), history.end() - static_cast<std::ptrdiff_t>(*in.limit));
    out.truncated = true;
  }
  for (const auto& each : history) out.entries.push_back(kv_entry_view(each, in.encoding));
  out.count = out.entries.size();
  return out;
}

}  // namespace

Operation op_kv_history() {
  return define<In, Out>({.summary = "List what a KV bucket keeps of one key: values and removals.",
                          .effect = Effect::read,
                          .errors = {Code::not_found},
                          .examples = {{"All that is kept", {{"bucket", "config"}, {"key", "limits"}}}},
                          .text = [](const Json& result, bool) { return kv_entries_text(result["entries"]); }},
                         run);
}

}  // namespace noetl::nats::ops
