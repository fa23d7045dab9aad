#include "engine/leases.hpp"

#include <unistd.h>

#include <utility>

namespace noetl::nats {

Result<std::shared_ptr<wire::Connection>> Leases::take(const wire::Options& options, const Wait& wait, bool keep) {
  if (!keep) return wire::Connection::open(options, wait);
  NN_TRY(const auto valid, wire::checked(options));
  const auto key = wire::lease_key(valid);
  {
    const std::lock_guard lock(mutex_);
    if (pid_ != getpid()) by_key_.clear();  // a connection of another process lets go without closing
    pid_ = getpid();
    const auto found = by_key_.find(key);
    if (found != by_key_.end() && found->second->is_open()) return found->second;
  }
  NN_TRY(auto opened, wire::Connection::open(options, wait));  // outside of the lock: others need not wait for a slow server
  const std::lock_guard lock(mutex_);
  auto& slot = by_key_[key];
  if (!slot || !slot->is_open()) slot = std::move(opened);
  return slot;
}

void Leases::close() {
  const std::lock_guard lock(mutex_);
  by_key_.clear();
}

}  // namespace noetl::nats
