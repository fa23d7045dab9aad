// The keys of a bucket in memory, kept up to date by a watch.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <shared_mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "jetstream/kv_watch.hpp"

namespace noetl::nats::js {

/// Holds all keys that match its filters, with their values: choose the filters so that this fits. One thread follows the
/// bucket. Reads ask nobody; a value is as old as its way here, and `is_stale` says when that way may be broken.
/// Reading is thread-safe; `close` belongs to the owner. After a fork the child has no such thread: make a new cache there.
class KvCache {
 public:
  /// Returns when everything that is in the bucket is in memory. `api` must live as long as the cache. Errors: as KvWatch.
  [[nodiscard]] static Result<std::unique_ptr<KvCache>> open(Api& api, const std::string& bucket, const KvWatchOptions& options,
                                                             const Wait& wait);
  ~KvCache();
  KvCache(const KvCache&) = delete;
  KvCache& operator=(const KvCache&) = delete;

  /// Null when the key is not there.
  [[nodiscard]] std::shared_ptr<KvEntry> find(const std::string& key) const;
  [[nodiscard]] std::vector<std::string> keys() const;
  [[nodiscard]] std::size_t size() const;
  /// The server was not heard of for some seconds, or the watch has ended (`failure`): changes may be missing.
  [[nodiscard]] bool is_stale() const { return !fresh_.load(); }
  /// Why the watch has ended, if it has: the bucket was deleted, the connection is closed for good.
  [[nodiscard]] std::optional<Error> failure() const;
  [[nodiscard]] std::uint64_t last_revision() const { return last_revision_.load(); }
  /// Ends the watch; what is in memory stays, and is stale. Safe to call twice.
  void close();
  /// Made in a process that this one was forked from.
  [[nodiscard]] bool in_other_process() const;

 private:
  KvCache(std::unique_ptr<KvWatch> watch, pid_t pid) : watch_(std::move(watch)), pid_(pid) {}
  void take(KvEntry entry);
  void follow();

  std::unique_ptr<KvWatch> watch_;  ///< of the thread, once it runs
  pid_t pid_;
  mutable std::shared_mutex mutex_;  ///< of entries_ and failure_
  std::unordered_map<std::string, std::shared_ptr<KvEntry>> entries_;
  std::optional<Error> failure_;
  std::atomic<bool> fresh_{true};
  std::atomic<std::uint64_t> last_revision_{0};
  Cancel cancel_;
  std::thread thread_;
};

}  // namespace noetl::nats::js
