#include "engine/define.hpp"
#include "engine/payload.hpp"
#include "engine/present.hpp"
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

struct Entry {
  std::uint64_t revision = 0;
  std::string operation;
  Json value = {};
  std::optional<std::string> encoding = {};
  Time created;
  static auto fields() {
    return std::tuple{field("revision", &Entry::revision, "The revision."),
                      field("operation", &Entry::operation, "put, delete, purge or expired."),
                      field("value", &Entry::value, "The value of a put; null otherwise."),
                      field("encoding", &Entry::encoding, "Of the value: json, utf-8 or base64."),
                      field("created", &Entry::created, "When it happened.")};
  }
};

struct Out {
  std::string bucket, key;
  std::vector<Entry> entries = {};
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
  for (const auto& each : history) {
    Entry entry{.revision = each.revision, .operation = std::string(js::name_of(each.operation)), .created = Time{each.created}};
    if (!each.is_marker()) {
      auto read = payload_value(each.value, in.encoding);
      entry.value = std::move(read.value);
      entry.encoding = std::move(read.encoding);
    }
    out.entries.push_back(std::move(entry));
  }
  out.count = out.entries.size();
  return out;
}

std::string text(const Json& result, bool) {
  std::vector<std::vector<std::string>> rows = {};
  for (const auto& entry : result["entries"]) {
    const Json& value = entry["value"];
    rows.push_back({dump(entry["revision"]), entry["operation"].get<std::string>(), entry["created"].get<std::string>(),
                    value.is_null()     ? ""
                    : value.is_string() ? value.get<std::string>()
                                        : dump(value)});
  }
  if (rows.empty()) return "the bucket keeps nothing of this key\n";
  return table({"REVISION", "OPERATION", "CREATED", "VALUE"}, rows);
}

}  // namespace

Operation op_kv_history() {
  return define<In, Out>({.summary = "List what a KV bucket keeps of one key: values and removals.",
                          .effect = Effect::read,
                          .errors = {Code::not_found},
                          .examples = {{"All that is kept", {{"bucket", "config"}, {"key", "limits"}}}},
                          .text = text},
                         run);
}

}  // namespace noetl::nats::ops
