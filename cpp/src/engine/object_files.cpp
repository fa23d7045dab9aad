#include "engine/object_files.hpp"

#include <algorithm>

#include "jetstream/digest.hpp"

namespace noetl::nats {

Result<ObjectInput> ObjectInput::open(const std::string& path) {
  ObjectInput input(std::string_view{});
  NN_TRY(auto file, sys::FileReader::open(path));
  input.file_.emplace(std::move(file));
  return input;
}

Result<std::size_t> ObjectInput::read(char* buffer, std::size_t size) {
  if (source_) return source_(buffer, size);
  if (file_) return file_->read(buffer, size);
  const auto piece = bytes_.substr(at_, size);
  std::copy(piece.begin(), piece.end(), buffer);
  at_ += piece.size();
  return piece.size();
}

Result<std::string> ObjectInput::digest() {
  if (source_)
    return fail(Code::invalid_argument, "skip_if_same reads the data twice, and this can be read only once",
                "give bytes or the path of a file");
  if (!file_) return js::sha256_digest(bytes_);
  js::Sha256 digest;
  std::string buffer(256 * 1024, '\0');
  while (true) {
    NN_TRY(const auto length, file_->read(buffer.data(), buffer.size()));
    if (length == 0) break;
    digest.update(std::string_view(buffer).substr(0, length));
  }
  NN_CHECK(file_->rewind());
  return digest.finish();
}

std::optional<std::uint64_t> ObjectInput::size() const {
  if (source_) return std::nullopt;
  return file_ ? file_->size() : bytes_.size();
}

Result<ObjectWritten> write_object(js::Objects& objects, const js::ObjectMeta& meta, ObjectInput& input, bool skip_if_same,
                                   const ObjectProgress& progress, const Wait& wait) {
  if (skip_if_same) {
    NN_TRY(auto present, objects.find(meta.name, wait));
    NN_TRY(const auto digest, present ? input.digest() : Result<std::string>());
    if (present && present->digest == digest) return ObjectWritten{*std::move(present), false, {}};
  }
  const auto size = input.size().value_or(0);
  std::uint64_t done = 0;
  const auto source = [&](char* buffer, std::size_t room) -> Result<std::size_t> {
    NN_TRY(const auto length, input.read(buffer, room));
    done += length;
    if (progress && length > 0) progress(done, size);
    return length;
  };
  NN_TRY(auto put, objects.put(meta, source, wait));
  return ObjectWritten{std::move(put.info), true, std::move(put.warnings)};
}

Result<js::ObjectInfo> object_to_file(js::Objects& objects, const std::string& name, const std::string& path,
                                      const ObjectFileOptions& options, const ObjectProgress& progress, const Wait& wait) {
  std::optional<sys::FileWriter> file;
  std::uint64_t done = 0, kept = 0, size = 0;
  const auto begin = [&](const js::ObjectInfo& info, js::Sha256& digest) -> Result<std::uint64_t> {
    size = info.size;
    done = kept = 0;
    file.reset();
    NN_TRY(auto opened, options.resume ? sys::FileWriter::resume(path, info.nuid) : sys::FileWriter::create(path));
    file.emplace(std::move(opened));
    if (!options.resume || info.chunk_size == 0) return 0;
    NN_TRY(kept, file->keep(info.chunk_size, [&](std::string_view piece) { digest.update(piece); }));
    done = kept;
    return kept;
  };
  const auto write = [&](std::string_view piece) {
    done += piece.size();
    if (progress) progress(done, size);
    return file->write(piece);
  };
  auto info = objects.get(name, {begin, write}, options.verify, wait);
  if (info) {
    NN_CHECK(file->commit());
    return info;
  }
  if (info.error().code == Code::data_loss && file && options.resume) {
    NN_CHECK(file->restart());  // what was kept may be what is wrong
    file.reset();
    if (kept > 0) return object_to_file(objects, name, path, options, progress, wait);
  }
  return info;
}

}  // namespace noetl::nats
