// Objects of any size in a bucket: a stream OBJ_<bucket> that holds a record for each object, and its bytes in chunks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jetstream/buckets.hpp"
#include "jetstream/digest.hpp"
#include "jetstream/messages.hpp"
#include "jetstream/pace.hpp"

namespace noetl::nats::js {

struct ObjectLink {
  std::string bucket;
  std::string name;  ///< empty: the whole bucket
};

struct ObjectInfo {
  std::string bucket, name;
  std::string nuid;  ///< of its chunks
  std::uint64_t size = 0, chunks = 0;
  std::string digest;  ///< "SHA-256=..."
  std::optional<std::string> description;
  Json headers, metadata;  ///< objects, or null; headers have lists of texts
  std::uint64_t chunk_size = 0;
  bool deleted = false;
  std::optional<ObjectLink> link;
  std::int64_t mtime = 0;      ///< when the record was written: nanoseconds since the Unix epoch
  std::uint64_t revision = 0;  ///< sequence of the record
};

struct ObjectMeta {
  std::string name;
  std::optional<std::string> description = {};
  Json headers = {}, metadata = {};  ///< objects, or null
  std::uint64_t chunk_size = 128 * 1024;
};

/// Fills the buffer as far as the data goes; less than `size` only at the end.
using ObjectSource = std::function<Result<std::size_t>(char* buffer, std::size_t size)>;
/// Where the bytes of an object go. `begin` comes first, and again when the object was replaced while it was read: then all
/// that was written before does not count. It gives how many bytes of this object are there already from an earlier try (a
/// multiple of its chunk_size), having fed them to `digest`; mostly 0. An error of either ends the transfer.
struct ObjectSink {
  std::function<Result<std::uint64_t>(const ObjectInfo& info, Sha256& digest)> begin;
  std::function<Result<void>(std::string_view bytes)> write;
};

struct ObjectPut {
  ObjectInfo info;
  std::vector<std::string> warnings;  ///< the object is stored all the same
};

/// Cheap to make. Transfers hold some megabytes, whatever the size of the object, and their `wait` is the longest time
/// without progress. One thread at a time.
///
/// Every function can fail with invalid_argument, not_found (no such bucket), permission_denied, unavailable,
/// deadline_exceeded.
class Objects {
 public:
  Objects(Api& api, std::string bucket) : api_(&api), bucket_(std::move(bucket)), stream_(bucket_stream(BucketKind::object, bucket_)) {}

  /// Nothing for an object that is not there or was deleted. Links are not followed.
  [[nodiscard]] Result<std::optional<ObjectInfo>> find(const std::string& name, const Wait& wait);
  /// As find; not_found is an error.
  [[nodiscard]] Result<ObjectInfo> info(const std::string& name, const Wait& wait);
  /// In the order of their last change. Records that nobody can read become warnings.
  [[nodiscard]] Result<std::vector<ObjectInfo>> list(bool with_deleted, std::vector<std::string>& warnings, const Wait& wait);

  /// Replaces what was there; it stays until the new one is complete. Errors: resource_exhausted (bucket full),
  /// failed_precondition (sealed).
  [[nodiscard]] Result<ObjectPut> put(const ObjectMeta& meta, const ObjectSource& source, const Wait& wait);
  /// The object's bytes; a link is followed once, and the answer is then about its target. Errors: not_found, data_loss
  /// (chunks are missing, or size or digest differ; `verify` off: the digest is not looked at).
  [[nodiscard]] Result<ObjectInfo> get(const std::string& name, const ObjectSink& sink, bool verify, const Wait& wait);
  /// Error: not_found.
  [[nodiscard]] Result<void> remove(const std::string& name, const Wait& wait);

  [[nodiscard]] const std::string& bucket() const { return bucket_; }

 private:
  [[nodiscard]] Result<void> check(const std::string& name) const;
  [[nodiscard]] std::string record_subject(const std::string& name) const;
  [[nodiscard]] std::string chunk_subject(const std::string& nuid) const;
  [[nodiscard]] Result<ObjectInfo> read_record(const StoredMessage& message) const;
  /// The record from any replica, or (`leader`) the one that counts; deleted ones too.
  [[nodiscard]] Result<std::optional<ObjectInfo>> record(const std::string& name, bool leader, const Wait& wait);
  /// Writes the record over `before`; when somebody else was faster, over theirs. What it replaced comes back in `before`.
  [[nodiscard]] Result<std::uint64_t> write_record(const ObjectInfo& info, std::optional<ObjectInfo>& before, const Wait& wait);
  [[nodiscard]] Result<void> drop_chunks(const std::string& nuid, const Wait& wait);
  [[nodiscard]] Result<void> write_chunks(ObjectInfo& info, const ObjectSource& source, const Wait& wait);
  /// What a transfer has read so far.
  struct Progress;
  [[nodiscard]] Result<void> read_object(const ObjectInfo& info, const ObjectSink& sink, bool verify, const Pace& pace);
  [[nodiscard]] Result<void> read_chunks(const ObjectInfo& info, const ObjectSink& sink, Progress& progress, const Pace& pace);
  [[nodiscard]] Result<void> read_slowly(const ObjectInfo& info, const ObjectSink& sink, Progress& progress, const Pace& pace);
  /// The sequence of the chunk with this number (from 0); nothing when it is not to be found.
  [[nodiscard]] Result<std::optional<std::uint64_t>> find_chunk(const ObjectInfo& info, std::uint64_t index, const Pace& pace);
  /// The error of a put that failed, after its chunks were removed.
  [[nodiscard]] Error without_chunks(Error error, const std::string& nuid);
  [[nodiscard]] Error named(Error error, const std::string& name) const;
  [[nodiscard]] Error not_found(const std::string& name) const;

  Api* api_;
  std::string bucket_, stream_;
};

/// invalid_argument for a name that no object can have: empty, not UTF-8, too long.
[[nodiscard]] Result<void> check_object_name(std::string_view name);

}  // namespace noetl::nats::js
