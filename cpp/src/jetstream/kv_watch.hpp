// What happens to the keys of a bucket, as it happens.
#pragma once

#include "jetstream/kv.hpp"
#include "jetstream/ordered.hpp"

namespace noetl::nats::js {

struct KvWatchOptions {
  std::vector<std::string> filters = {};  ///< keys with wildcards; none: all keys
  bool updates_only = false;              ///< not what is there already
  bool include_history = false;           ///< every version that is kept, not only the last
  bool ignore_deletes = false;
  bool meta_only = false;           ///< without values
  std::uint64_t from_revision = 0;  ///< only what was written after this revision: a watch that goes on; 0: see above
  std::chrono::milliseconds heartbeat{2000};
};

/// First what is there (unless left out), then every change, in the order of the revisions: none is lost and none comes twice,
/// also when the server restarts or the connection is lost and comes back. Memory: at most what OrderedReader has on its way.
/// One thread at a time.
class KvWatch {
 public:
  /// Errors: as Kv, as OrderedReader::open, and invalid_argument (options that exclude each other).
  [[nodiscard]] static Result<std::unique_ptr<KvWatch>> open(Api& api, const std::string& bucket, const KvWatchOptions& options,
                                                             const Wait& wait);
  /// The next entry; nothing when the time of `wait` is over, or at the moment when the watch becomes current.
  /// Errors: as OrderedReader::next.
  [[nodiscard]] Result<std::optional<KvEntry>> next(const Wait& wait);
  /// What was there at the beginning has been given out.
  [[nodiscard]] bool is_current() const { return reader_.caught_up(); }
  /// Nothing newer can be missing for longer than two beats.
  [[nodiscard]] bool is_fresh() const { return reader_.is_fresh(); }
  /// Of everything seen so far, also of what the options leave out: the `from_revision` of a watch that goes on.
  [[nodiscard]] std::uint64_t last_revision() const { return last_; }

 private:
  KvWatch(Api& api, std::string bucket, std::string prefix, const KvWatchOptions& options, OrderedOptions ordered);
  [[nodiscard]] Result<KvEntry> entry_of(const Delivered& delivered) const;

  std::string bucket_, prefix_;
  KvWatchOptions options_;
  OrderedReader reader_;
  std::uint64_t last_ = 0;
};

}  // namespace noetl::nats::js
