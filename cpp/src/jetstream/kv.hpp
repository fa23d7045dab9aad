// One bucket of keys and values (ADR-8): a stream KV_<bucket> with a subject for each key. Values are bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.hpp"
#include "jetstream/api.hpp"
#include "jetstream/messages.hpp"

namespace noetl::nats::js {

enum class KvOperation {
  put,
  remove,   ///< prints as "delete"
  purge,    ///< removed with its history
  expired,  ///< its time to live, or the bucket's, was over
};
[[nodiscard]] std::string_view name_of(KvOperation operation);

struct KvEntry {
  std::string key;
  std::string value;
  std::uint64_t revision = 0;
  std::int64_t created = 0;  ///< nanoseconds since the Unix epoch
  std::optional<Nanos> ttl;  ///< its own time to live, where it was written with one
  KvOperation operation = KvOperation::put;

  /// A marker says that the key is gone.
  [[nodiscard]] bool is_marker() const { return operation != KvOperation::put; }
  friend bool operator==(const KvEntry&, const KvEntry&) = default;
};

struct KvPutOptions {
  std::optional<Nanos> ttl = std::nullopt;  ///< of this key, at least 1 s; server 2.11 and a bucket that allows it
  std::string message_id = {};              ///< the server stores it once within its duplicate window
};

struct KvPut {
  std::uint64_t revision = 0;
  bool duplicate = false;  ///< the message id was known: nothing was written, the revision is that of the first time
};

struct KvRemoveOptions {
  std::optional<std::uint64_t> revision = std::nullopt;  ///< only if this is the key's last revision, else conflict
  std::optional<Nanos> ttl = std::nullopt;               ///< of the marker of a purge, as KvPutOptions::ttl
};

struct KvKeysOptions {
  std::vector<std::string> filters = {};                            ///< keys with wildcards; none: all keys
  std::function<bool(const std::string& key)> accepts = {};         ///< only these
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();  ///< no more than these are read
};

struct KvKeys {
  std::vector<std::string> keys;
  bool truncated = false;  ///< the limit left some out
};

/// One of many writes. The texts must live as long as the call.
struct KvWrite {
  std::string_view key, value;
  std::optional<std::uint64_t> revision = std::nullopt;  ///< only if this is the key's last revision (0: the key is not there)
};

struct KvGetManyOptions {
  bool consistent = false;           ///< ask the leader, one key after the other
  std::uint64_t up_to_revision = 0;  ///< as the bucket was at this revision, as far as it is kept; 0: now (2.11)
};

/// Cheap to make: nothing is asked before it is needed. One thread at a time; several may use one connection.
///
/// Every function can fail with invalid_argument (bucket or key), not_found (no such bucket; a missing key is no error),
/// permission_denied, unavailable and deadline_exceeded (maybe_applied on writes).
class Kv {
 public:
  Kv(Api& api, std::string bucket);

  /// The last value, or nothing when the key never was there, was removed or has expired. Any replica may answer, so a
  /// value written by somebody else a moment ago can be missed; `consistent` asks the leader.
  [[nodiscard]] Result<std::optional<KvEntry>> get(std::string_view key, bool consistent, const Wait& wait);
  /// That revision of the key, or nothing.
  [[nodiscard]] Result<std::optional<KvEntry>> get_revision(std::string_view key, std::uint64_t revision, const Wait& wait);
  /// The last entry, markers too, from the leader.
  [[nodiscard]] Result<std::optional<KvEntry>> last_entry(std::string_view key, const Wait& wait);

  /// Errors: failed_precondition (ttl where it cannot work), resource_exhausted (bucket full, value too large).
  [[nodiscard]] Result<KvPut> put(std::string_view key, std::string_view value, const KvPutOptions& options, const Wait& wait);
  /// Only if the key is not there. Error: already_exists, with details.current_revision.
  [[nodiscard]] Result<KvPut> create(std::string_view key, std::string_view value, const KvPutOptions& options, const Wait& wait);
  /// Only if `revision` is the key's last. Errors: conflict, with details.current_revision; not_found (no such key).
  [[nodiscard]] Result<KvPut> update(std::string_view key, std::string_view value, std::uint64_t revision, const KvPutOptions& options,
                                     const Wait& wait);
  /// Leaves a marker, also for a key that never was there. The revision is the marker's.
  [[nodiscard]] Result<std::uint64_t> remove(std::string_view key, const KvRemoveOptions& options, const Wait& wait);
  /// As remove, and drops what the bucket kept of the key's history.
  [[nodiscard]] Result<std::uint64_t> purge(std::string_view key, const KvRemoveOptions& options, const Wait& wait);

  /// The values of `keys`, oldest revision first; what is absent, deleted or expired is left out. Asks for a thousand keys at
  /// once (server 2.11), else for one after the other, many on the way. As `get`, a value of a moment ago can be missed.
  [[nodiscard]] Result<std::vector<KvEntry>> get_many(std::span<const std::string> keys, const KvGetManyOptions& options, const Wait& wait);
  /// Writes all, many on their way at once: the outcome of each, in the order given. Nothing is sent when a key is wrong, the
  /// bucket is missing or the ttl cannot work. `wait` is the longest time without progress; only cancellation ends it early.
  [[nodiscard]] Result<std::vector<Result<KvPut>>> put_many(std::span<const KvWrite> writes, const KvPutOptions& options, const Wait& wait);

  /// All keys that have a value, in the order of their last change. Complete, or an error.
  [[nodiscard]] Result<KvKeys> keys(const KvKeysOptions& options, const Wait& wait);
  /// What is kept of one key, oldest first, with markers.
  [[nodiscard]] Result<std::vector<KvEntry>> history(std::string_view key, const Wait& wait);

  [[nodiscard]] const std::string& bucket() const { return bucket_; }

 private:
  friend class KvWatch;
  /// What we know of the bucket once we had to look.
  struct Place {
    Json config;                      ///< of the stream
    std::uint64_t last_revision = 0;  ///< when we looked
    std::string reads;                ///< subject of a key without the key: "$KV.b.", in a mirror that of its origin
    std::string writes;               ///< the same to publish to; across domains it starts with the API prefix
  };

  [[nodiscard]] Result<void> check(std::string_view key) const;
  /// The filters as subjects; none: all keys.
  [[nodiscard]] Result<std::vector<std::string>> subjects_of(const std::vector<std::string>& filters, const Wait& wait);
  [[nodiscard]] Result<const Place*> place(const Wait& wait);
  [[nodiscard]] std::string read_subject(std::string_view key) const;
  [[nodiscard]] std::string write_subject(std::string_view key) const;
  /// What to publish with, once it is certain that the ttl (if any) can work. A put of a key with history needs none.
  [[nodiscard]] Result<PublishOptions> with_ttl(std::string_view key, std::optional<Nanos> ttl, bool needs_no_history, const Wait& wait);
  [[nodiscard]] Result<KvPut> write(std::string_view key, std::string_view value, const wire::Headers& headers,
                                    const PublishOptions& options, const Wait& wait);
  [[nodiscard]] Result<std::uint64_t> mark(std::string_view key, wire::Headers headers, const KvRemoveOptions& options, const Wait& wait);
  /// Runs `find`; a missing message may mean that the bucket is a mirror: then looks where it keeps its keys, and again.
  template <class Find>
  [[nodiscard]] Result<std::optional<KvEntry>> find_entry(const Find& find, const Wait& wait);
  [[nodiscard]] Result<KvEntry> entry_of(StoredMessage message) const;
  [[nodiscard]] Result<std::vector<KvEntry>> history_now(const std::string& subject, const Wait& wait);
  /// What `subjects` hold, markers too, by batched direct gets; nothing when the server does not know them.
  [[nodiscard]] Result<std::optional<std::vector<KvEntry>>> get_batched(std::span<const std::string> keys, std::uint64_t up_to,
                                                                        const Wait& wait);
  [[nodiscard]] Result<std::vector<KvEntry>> get_singly(std::span<const std::string> keys, bool consistent, const Wait& wait);
  [[nodiscard]] Error named(Error error, std::string_view key) const;
  [[nodiscard]] Error already_exists(const KvEntry& present) const;
  [[nodiscard]] Error conflict(std::string_view key, std::uint64_t expected, const KvEntry& present) const;
  /// Why a write that named a revision was refused.
  [[nodiscard]] Error lost_race(std::string_view key, std::uint64_t expected, const Wait& wait);

  Api* api_;
  std::string bucket_, stream_;
  std::optional<Place> place_;
};

/// An error unless all were written: the code of the first failure, and details.revisions and details.errors by key.
[[nodiscard]] Result<void> all_written(std::span<const KvWrite> writes, std::span<const Result<KvPut>> outcomes);
/// A reply of a direct get as an entry; `prefix` is what the subject of a key has in front of the key.
[[nodiscard]] Result<KvEntry> kv_entry_of(const wire::Message& direct_reply, std::string_view prefix);
/// What a message of a bucket does, by its headers KV-Operation and Nats-Marker-Reason.
[[nodiscard]] KvOperation kv_operation_of(std::optional<std::string_view> operation, std::optional<std::string_view> marker_reason);
[[nodiscard]] KvOperation kv_operation_of(const wire::Message& message);
/// A time to live as the server keeps it: in whole seconds, rounded up.
[[nodiscard]] std::chrono::seconds whole_seconds(Nanos ttl);

}  // namespace noetl::nats::js
