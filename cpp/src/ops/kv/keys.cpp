#include <fnmatch.h>

#include "base/names.hpp"
#include "engine/define.hpp"
#include "engine/payload.hpp"
#include "jetstream/kv.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket;
  std::optional<std::string> pattern = {};
  std::vector<std::string> filters = {};
  std::optional<std::uint64_t> limit = {};
  std::string compat = "rust";
  static auto fields() {
    return std::tuple{
        field("bucket", &In::bucket, "Bucket to list.").format("bucket-name").positional(),
        field("pattern", &In::pattern,
              "Only keys that match as a whole; * stands for any characters, dots too. With compat python also ? and [...]."),
        field("filters", &In::filters, "Only keys that match one of these NATS wildcards (users.*, users.>); the server selects.")
            .format("kv-filter")
            .defaulted(),
        field("limit", &In::limit, "At most so many keys; truncated says whether there are more.").min(1),
        field("compat", &In::compat, "How pattern is read: as NoETL's rust tool (*) or its python tool (fnmatch) reads it.")
            .one_of({"rust", "python"})};
  }
};

struct Out {
  std::string bucket;
  std::vector<std::string> keys = {};
  std::uint64_t count = 0;
  std::optional<bool> truncated = {};
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "The bucket."),
                      field("keys", &Out::keys, "Keys that have a value, in the order of their last change."),
                      field("count", &Out::count, "How many keys are listed."),
                      field("truncated", &Out::truncated, "True: limit cut the list.")};
  }
};

std::function<bool(const std::string&)> accepts(const In& in) {
  if (!in.pattern) return {};
  if (in.compat == "python") return [&in](const std::string& key) { return fnmatch(in.pattern->c_str(), key.c_str(), FNM_NOESCAPE) == 0; };
  return [&in](const std::string& key) { return glob_matches(*in.pattern, key); };
}

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  js::KvKeysOptions options{.filters = in.filters, .accepts = accepts(in)};
  if (in.limit) options.limit = *in.limit;
  NN_TRY(auto found, js::Kv(*api, in.bucket).keys(options, context.wait()));
  Out out{.bucket = in.bucket, .keys = std::move(found.keys)};
  out.count = out.keys.size();
  if (found.truncated) out.truncated = true;
  return out;
}

std::string text(const Json& result, bool) {
  std::string lines;
  for (const auto& key : result["keys"]) lines += key.get<std::string>() + "\n";
  if (lines.empty()) return "no keys in bucket " + result["bucket"].get<std::string>() + "\n";
  return lines;
}

}  // namespace

Operation op_kv_keys() {
  return define<In, Out>(
      {.summary = "List the keys of a KV bucket.",
       .effect = Effect::read,
       .errors = {Code::not_found, Code::resource_exhausted},
       .examples = {{"All keys", {{"bucket", "sessions"}}}, {"Those of one user", {{"bucket", "sessions"}, {"filters", {"user.alice.>"}}}}},
       .text = text},
      run);
}

}  // namespace noetl::nats::ops
