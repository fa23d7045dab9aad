#include <unordered_set>

#include "engine/define.hpp"
#include "engine/payload.hpp"
#include "jetstream/kv.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket, encoding = "auto";
  std::vector<std::string> keys = {}, filters = {};
  std::optional<std::uint64_t> up_to_revision = {};
  bool consistent = false;
  static auto fields() {
    return std::tuple{
        field("bucket", &In::bucket, "Bucket to read from.").format("bucket-name").positional(),
        field("keys", &In::keys, "Keys to read.").format("kv-key").defaulted().positional(),
        field("filters", &In::filters, "In place of keys: all that match one of these NATS wildcards (users.*, users.>).")
            .format("kv-filter")
            .defaulted(),
        encoding_field(&In::encoding),
        field("up_to_revision", &In::up_to_revision, "As the bucket was at this revision, as far as it keeps that.").min(1).since("2.11"),
        field("consistent", &In::consistent, "Ask the leader: slow, but nothing that was written before is missed.")};
  }
  void check(schema::Problems& problems) const {
    if (keys.empty() == filters.empty()) problems.push_back({"keys", keys.empty() ? "is required (or filters)" : "goes without filters"});
    if (consistent && up_to_revision) problems.push_back({"up_to_revision", "goes without consistent"});
  }
};

struct Entry {
  Json value = {};
  std::string encoding;
  std::uint64_t revision = 0;
  Time created = {};
  static auto fields() {
    return std::tuple{field("value", &Entry::value, "The value."),
                      field("encoding", &Entry::encoding, "Of the value: json, utf-8 or base64."),
                      field("revision", &Entry::revision, "Its revision."), field("created", &Entry::created, "When it was written.")};
  }
};

struct Out {
  std::string bucket;
  std::map<std::string, Entry> entries = {};
  std::vector<std::string> missing = {};
  std::uint64_t count = 0;
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "The bucket."), field("entries", &Out::entries, "What was found, by key."),
                      field("missing", &Out::missing, "Keys that are absent, deleted or expired."),
                      field("count", &Out::count, "How many were found.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  js::Kv kv(*api, in.bucket);
  std::vector<std::string> keys = in.keys;
  if (keys.empty()) {
    NN_TRY(auto listed, kv.keys({.filters = in.filters}, context.wait()));
    keys = std::move(listed.keys);
  }
  const js::KvGetManyOptions options{.consistent = in.consistent, .up_to_revision = in.up_to_revision.value_or(0)};
  NN_TRY(const auto found, kv.get_many(keys, options, context.wait()));
  Out out{.bucket = in.bucket};
  for (const auto& each : found) {
    auto read = payload_value(each.value, in.encoding);
    out.entries[each.key] = {std::move(read.value), std::move(read.encoding), each.revision, Time{each.created}};
  }
  std::unordered_set<std::string> told;
  for (const auto& key : in.keys)
    if (!out.entries.contains(key) && told.insert(key).second) out.missing.push_back(key);
  out.count = out.entries.size();
  return out;
}

}  // namespace

Operation op_kv_get_many() {
  return define<In, Out>({.summary = "Read many keys of a KV bucket at once.",
                          .effect = Effect::read,
                          .errors = {Code::not_found, Code::resource_exhausted, Code::unimplemented},
                          .examples = {{"Two sessions", {{"bucket", "sessions"}, {"keys", {"alice", "bob"}}}},
                                       {"All of a user", {{"bucket", "sessions"}, {"filters", {"user.alice.>"}}}}}},
                         run);
}

}  // namespace noetl::nats::ops
