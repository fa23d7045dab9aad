#include <fmt/format.h>

#include <algorithm>

#include "base/units.hpp"
#include "engine/define.hpp"
#include "engine/payload.hpp"
#include "jetstream/digest.hpp"
#include "jetstream/objects.hpp"
#include "sys/stream_files.hpp"

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

Out out_of(const In& in, const js::ObjectInfo& info, bool changed) {
  return {.bucket = in.bucket, .name = in.name, .size = info.size, .digest = info.digest, .chunks = info.chunks, .changed = changed};
}

/// The bytes to store: from memory, or from a file that is read piece by piece.
class Input {
 public:
  static Result<Input> open(const In& in) {
    Input input;
    if (in.file.empty()) {
      NN_TRY(input.bytes_, payload_bytes("data", *in.data, in.encoding, in.compat));
    } else {
      NN_TRY(auto file, sys::FileReader::open(in.file));
      input.file_.emplace(std::move(file));
    }
    return input;
  }
  Result<std::size_t> read(char* buffer, std::size_t size) {
    if (file_) return file_->read(buffer, size);
    const auto piece = std::string_view(bytes_).substr(at_, size);
    std::copy(piece.begin(), piece.end(), buffer);
    at_ += piece.size();
    return piece.size();
  }
  /// Reads all, and goes back to the beginning.
  Result<std::string> digest() {
    if (!file_) return js::sha256_digest(bytes_);
    js::Sha256 digest;
    std::string buffer(1024 * 1024, '\0');
    while (true) {
      NN_TRY(const auto length, file_->read(buffer.data(), buffer.size()));
      if (length == 0) break;
      digest.update(std::string_view(buffer).substr(0, length));
    }
    NN_CHECK(file_->rewind());
    return digest.finish();
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
  std::optional<sys::FileReader> file_;
};

js::ObjectMeta meta_of(const In& in) {
  js::ObjectMeta meta{.name = in.name, .description = in.description, .chunk_size = static_cast<std::uint64_t>(in.chunk_size.bytes)};
  if (!in.headers.value.empty()) meta.headers = in.headers.value;
  if (!in.metadata.empty()) meta.metadata = in.metadata;
  return meta;
}

Result<Out> run(Context& context, const In& in) {
  NN_CHECK(js::check_object_name(in.name));
  NN_TRY(auto input, Input::open(in));
  NN_TRY(auto* const api, context.jetstream());
  js::Objects objects(*api, in.bucket);
  if (in.skip_if_same) {
    NN_TRY(const auto present, objects.find(in.name, context.wait()));
    NN_TRY(const auto digest, present ? input.digest() : Result<std::string>());
    if (present && present->digest == digest) return out_of(in, *present, false);
  }
  std::uint64_t done = 0;
  auto shown = Clock::now();
  const auto source = [&](char* buffer, std::size_t size) -> Result<std::size_t> {
    NN_TRY(const auto length, input.read(buffer, size));
    done += length;
    if (Clock::now() - shown > std::chrono::seconds(1)) {
      shown = Clock::now();
      context.progress(fmt::format("{}: {} sent", in.name, human_size(static_cast<std::int64_t>(done))));
    }
    return length;
  };
  NN_TRY(auto put, objects.put(meta_of(in), source, context.wait()));
  Out out = out_of(in, put.info, true);
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
