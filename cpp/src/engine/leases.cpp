#include "engine/leases.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace noetl::nats {

Result<std::shared_ptr<wire::Connection>> Leases::take(const wire::Options& options, const Wait& wait, bool keep) {
  if (!keep) return wire::Connection::open(options, wait);
  NN_TRY(const auto valid, wire::checked(options));
  {
    const std::lock_guard lock(mutex_);
    if (pid_ != getpid()) kept_.clear();  // a connection of another process lets go without closing
    pid_ = getpid();
    std::erase_if(kept_, [](const Kept& each) { return !each.connection->is_open(); });
    if (const auto* found = find(valid)) return found->connection;
  }
  NN_TRY(auto opened, wire::Connection::open(options, wait));  // outside of the lock: others need not wait for a slow server
  const std::lock_guard lock(mutex_);
  if (const auto* found = find(valid)) return found->connection;
  return kept_.emplace_back(Kept{valid, std::move(opened)}).connection;
}

const Leases::Kept* Leases::find(const wire::Options& options) const {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& each) { return wire::may_share(each.options, options); });
  return found == kept_.end() ? nullptr : &*found;
}

void Leases::close() {
  const std::lock_guard lock(mutex_);
  kept_.clear();
}

}  // namespace noetl::nats
