// Connections shared by calls: one for each (servers, identity, TLS, options) and process.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "noetl/nats/result.hpp"
#include "wire/connection.hpp"

namespace noetl::nats {

/// Thread-safe. nats.c multiplexes one connection, so this is a cache and not a pool. After a fork the child starts empty
/// and never touches the parent's connections.
class Leases {
 public:
  ~Leases() { close(); }

  /// A living connection with these options, opened when there is none. `keep` false: an own one, closed with its last user.
  [[nodiscard]] Result<std::shared_ptr<wire::Connection>> take(const wire::Options& options, const Wait& wait, bool keep);
  void close();

 private:
  struct Kept {
    wire::Options options;
    std::shared_ptr<wire::Connection> connection;
  };
  [[nodiscard]] const Kept* find(const wire::Options& options) const;

  std::mutex mutex_;
  std::vector<Kept> kept_;  // few: a process speaks with a server or two
  int pid_ = 0;
};

}  // namespace noetl::nats
