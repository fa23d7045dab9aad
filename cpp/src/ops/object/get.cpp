#include <fmt/format.h>

#include "base/units.hpp"
#include "engine/define.hpp"
#include "engine/object_files.hpp"
#include "engine/object_views.hpp"
#include "engine/payload.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket, name, encoding = "utf-8", file;
  bool verify = true, resume = false;
  Size max_size{64 * 1024 * 1024};
  static auto fields() {
    return std::tuple{
        field("bucket", &In::bucket, "Bucket to read from.").format("bucket-name").positional(),
        field("name", &In::name, "Name of the object.").alias("object").positional(),
        field("encoding", &In::encoding,
              "How data is given: utf-8 (text, never parsed; base64 when it is not UTF-8), base64, or json (parsed if it is JSON).")
            .one_of({"utf-8", "base64", "json", "auto", "text"}),
        field("file", &In::file, "Write the bytes to this file in place of data; it is replaced only when all is there.")
            .format("path")
            .defaulted(),
        field("resume", &In::resume, "With file: keep what was read when it is interrupted, and go on with what an earlier try has kept."),
        field("verify", &In::verify, "Compare the bytes with the object's digest."),
        field("max_size", &In::max_size, "Without file: refuse larger objects.")};
  }
  void check(schema::Problems& problems) const {
    if (resume && file.empty()) problems.push_back({"resume", "goes only with file"});
  }
};

struct Out {
  std::string bucket, name;
  std::optional<Json> data = {};
  std::optional<std::string> file = {};
  std::uint64_t size = 0;
  std::string digest;
  Time mtime = {};
  std::optional<std::string> encoding = {};
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "The bucket."),
                      field("name", &Out::name, "Name of the object."),
                      field("data", &Out::data, "The bytes, as encoding says."),
                      field("file", &Out::file, "The file that was written."),
                      field("size", &Out::size, "Size in bytes."),
                      field("digest", &Out::digest, "SHA-256= and the digest of the bytes in URL-safe base64."),
                      field("mtime", &Out::mtime, "When it was last written."),
                      field("encoding", &Out::encoding, "Of data: utf-8, base64 or json.")};
  }
};

Result<js::ObjectInfo> to_memory(js::Objects& objects, const In& in, std::string& bytes, const Wait& wait) {
  const auto begin = [&](const js::ObjectInfo& info, js::Sha256&) -> Result<std::uint64_t> {
    bytes.clear();
    if (info.size <= static_cast<std::uint64_t>(in.max_size.bytes)) return 0;
    return fail(Code::resource_exhausted,
                fmt::format("object '{}' has {}, more than max_size", in.name, human_size(static_cast<std::int64_t>(info.size))),
                "give file to write it to disk, or raise max_size");
  };
  const auto write = [&](std::string_view piece) -> Result<void> {
    bytes += piece;
    return {};
  };
  return objects.get(in.name, {begin, write}, in.verify, wait);
}

Result<Out> run(Context& context, const In& in) {
  NN_CHECK(js::check_object_name(in.name));
  NN_TRY(auto* const api, context.jetstream());
  js::Objects objects(*api, in.bucket);
  std::string bytes;
  NN_TRY(const auto info, in.file.empty() ? to_memory(objects, in, bytes, context.wait())
                                          : object_to_file(objects, in.name, in.file, {.verify = in.verify, .resume = in.resume},
                                                           lines_of(context, in.name, "read"), context.wait()));
  Out out{.bucket = in.bucket, .name = in.name, .size = info.size, .digest = info.digest, .mtime = Time{info.mtime}};
  if (!in.file.empty()) {
    out.file = in.file;
    return out;
  }
  const bool parses = in.encoding == "json";
  auto read = payload_value(bytes, parses || in.encoding == "base64" ? in.encoding : "text");
  out.data = std::move(read.value);
  out.encoding = std::move(read.encoding);
  return out;
}

}  // namespace

Operation op_object_get() {
  return define<In, Out>(
      {.summary = "Read one object, into the result or into a file.",
       .description = "The bytes are verified: missing or changed ones are `data_loss`. A link is followed once. `timeout_ms` is the "
                      "longest time without progress.",
       .effect = Effect::read,
       .errors = {Code::not_found, Code::data_loss, Code::resource_exhausted, Code::failed_precondition},
       .examples = {{"Read a text", {{"bucket", "reports"}, {"name", "summary.txt"}}},
                    {"Write a large one to disk", {{"bucket", "reports"}, {"name", "2026-01.pdf"}, {"file", "/tmp/2026-01.pdf"}}}}},
      run);
}

}  // namespace noetl::nats::ops
