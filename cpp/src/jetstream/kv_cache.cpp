#include "jetstream/kv_cache.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <mutex>

namespace noetl::nats::js {
namespace {

/// How often the thread looks whether it still hears of the server.
constexpr std::chrono::seconds kLook{1};

}  // namespace

Result<std::unique_ptr<KvCache>> KvCache::open(Api& api, const std::string& bucket, const KvWatchOptions& options, const Wait& wait) {
  NN_TRY(auto watch, KvWatch::open(api, bucket, options, wait));
  auto cache = std::unique_ptr<KvCache>(new KvCache(std::move(watch), getpid()));
  while (!cache->watch_->is_current()) {
    NN_TRY(auto entry, cache->watch_->next(wait));
    if (entry)
      cache->take(*std::move(entry));
    else if (!cache->watch_->is_current())
      return fail(Code::deadline_exceeded, fmt::format("read {} keys of bucket '{}' in time, but not all", cache->size(), bucket),
                  "raise the timeout, or narrow the filters");
  }
  cache->thread_ = std::thread([raw = cache.get()] { raw->follow(); });
  return cache;
}

KvCache::~KvCache() { close(); }

bool KvCache::in_other_process() const { return pid_ != getpid(); }

void KvCache::take(KvEntry entry) {
  const std::unique_lock lock(mutex_);
  last_revision_ = entry.revision;
  if (entry.is_marker()) {
    entries_.erase(entry.key);
    return;
  }
  auto& place = entries_[entry.key];
  place = std::make_shared<KvEntry>(std::move(entry));  // who holds the old one keeps it
}

void KvCache::follow() {
  while (!cancel_.requested()) {
    auto entry = watch_->next(Wait::for_duration(kLook, &cancel_));
    if (!entry) {
      fresh_ = false;
      if (entry.error().code == Code::cancelled) return;
      const std::unique_lock lock(mutex_);
      failure_ = std::move(entry).error();
      return;
    }
    if (*entry) take(**std::move(entry));
    fresh_ = watch_->is_fresh();
  }
}

void KvCache::close() {
  if (in_other_process()) {
    if (thread_.joinable()) thread_.detach();  // it did not follow the fork
    (void)watch_.release();
    return;
  }
  cancel_.request();
  if (thread_.joinable()) thread_.join();
  fresh_ = false;
  watch_.reset();
}

std::shared_ptr<KvEntry> KvCache::find(const std::string& key) const {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : found->second;
}

std::vector<std::string> KvCache::keys() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> out;
  out.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) out.push_back(key);
  return out;
}

std::size_t KvCache::size() const {
  const std::shared_lock lock(mutex_);
  return entries_.size();
}

std::optional<Error> KvCache::failure() const {
  const std::shared_lock lock(mutex_);
  return failure_;
}

}  // namespace noetl::nats::js
