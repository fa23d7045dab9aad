#include <algorithm>

#include "engine/define.hpp"
#include "engine/object_files.hpp"
#include "engine/object_views.hpp"
#include "engine/payload.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket, name;
  std::optional<Json> data = {};
  std::string file, encoding = "utf-8", compat = "rust";
  std::optional<std::string> description = {};
  Size chunk_size{128 * 1024};
  Object headers = {};
  std::map<std::string, std::string> metadata = {};
  bool skip_if_same = false;
  static auto fields() {
    return std::tuple{
        field("bucket", &In::bucket, "Bucket to write to.").format("bucket-name").positional(),
        field("name", &In::name, "Name of the object.").alias("object").positional(),
        field("data", &In::data, "Text is stored as it is, anything else as JSON; null stores an empty object. Or give file."),
        field("file", &In::file, "Store what is in this file.").format("input-path").defaulted(),
        field("encoding", &In::encoding, "How data is given: utf-8 (as it is), base64, or json (text is JSON-encoded too).")
            .one_of({"utf-8", "base64", "json", "auto", "text"}),
        compat_field(&In::compat),
        field("description", &In::description, "What the object is."),
        field("chunk_size", &In::chunk_size, "Bytes in one message; cut to what the server takes.").min(1),
        field("headers", &In::headers, "Headers to keep with the object: texts, or lists of texts.").defaulted(),
        field("metadata", &In::metadata, "Free texts to keep with the object.").defaulted(),
        field("skip_if_same", &In::skip_if_same, "Write nothing when the object has these bytes already.")};
  }
  void check(schema::Problems& problems) {
    if (data && !file.empty()) problems.push_back({"file", "goes without data: give one of the two"});
    if (!data && file.empty()) problems.push_back({"data", "is required (or file)"});
    for (auto& [key, value] : headers.value.items()) {
      if (value.is_string()) value = Json::array({value});
      const bool texts = value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& each) { return each.is_string(); });
      if (!texts) problems.push_back({"headers." + key, "must be text, or a list of texts"});
    }
  }
};

struct Out {
  std::string bucket, name;
  std::uint64_t size = 0;
  std::string digest;
  std::uint64_t chunks = 0;
  bool changed = true;
  std::optional<std::vector<std::string>> warnings = {};
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "The bucket."),
                      field("name", &Out::name, "Name of the object."),
                      field("size", &Out::size, "Size in bytes."),
                      field("digest", &Out::digest, "SHA-256= and the digest of the bytes in URL-safe base64."),
                      field("chunks", &Out::chunks, "Messages that hold the bytes."),
                      field("changed", &Out::changed, "False: skip_if_same found the same bytes."),
                      field("warnings", &Out::warnings, "What to know; the object is stored all the same.")};
  }
};

js::ObjectMeta meta_of(const In& in) {
  js::ObjectMeta meta{.name = in.name, .description = in.description, .chunk_size = static_cast<std::uint64_t>(in.chunk_size.bytes)};
  if (!in.headers.value.empty()) meta.headers = in.headers.value;
  if (!in.metadata.empty()) meta.metadata = in.metadata;
  return meta;
}

Result<Out> run(Context& context, const In& in) {
  NN_CHECK(js::check_object_name(in.name));
  std::string bytes;
  if (in.file.empty()) {
    NN_TRY(bytes, payload_bytes("data", *in.data, in.encoding, in.compat));
  }
  NN_TRY(auto input, in.file.empty() ? Result<ObjectInput>(ObjectInput(bytes)) : ObjectInput::open(in.file));
  NN_TRY(auto* const api, context.jetstream());
  js::Objects objects(*api, in.bucket);
  NN_TRY(auto put, write_object(objects, meta_of(in), input, in.skip_if_same, lines_of(context, in.name, "sent"), context.wait()));
  Out out{.bucket = in.bucket,
          .name = in.name,
          .size = put.info.size,
          .digest = put.info.digest,
          .chunks = put.info.chunks,
          .changed = put.changed};
  if (!put.warnings.empty()) out.warnings = std::move(put.warnings);
  return out;
}

}  // namespace

Operation op_object_put() {
  return define<In, Out>(
      {.summary = "Write one object, from a value or from a file.",
       .description = "What was there before stays until all is stored. `timeout_ms` is the longest time without progress.",
       .effect = Effect::write,
       .errors = {Code::not_found, Code::resource_exhausted, Code::failed_precondition},
       .examples = {{"Store a text", {{"bucket", "reports"}, {"name", "summary.txt"}, {"data", "all is well"}}},
                    {"Store a file", {{"bucket", "reports"}, {"name", "2026-01.pdf"}, {"file", "/tmp/2026-01.pdf"}}}}},
      run);
}

}  // namespace noetl::nats::ops
