// What an operation may touch. No globals, no environment, no printing: all of the world comes through here.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/environment.hpp"
#include "base/wait.hpp"
#include "jetstream/api.hpp"
#include "noetl/nats/operation.hpp"
#include "wire/connection.hpp"

namespace noetl::nats {

class Context {
 public:
  struct Parts {
    Wait wait;
    const Environment* environment = nullptr;
    std::function<Result<std::shared_ptr<wire::Connection>>(const Wait&)> connect;
    std::function<void(std::string_view)> progress;
    std::string domain, api_prefix;
    bool fail_on_critical = false;
    bool knows_delivery = false;  ///< the surface tells when the result is out
    std::string server_hint;      ///< host:port for messages, without user and password
  };
  explicit Context(Parts parts) : parts_(std::move(parts)) {}

  /// The connection, opened on first use and shared. The pointer lives as long as the context, or until a later call finds
  /// the connection lost and opens a new one.
  [[nodiscard]] Result<wire::Connection*> nats() { return nats(parts_.wait); }
  /// As above, with a bound of its own for connecting.
  [[nodiscard]] Result<wire::Connection*> nats(const Wait& wait);
  /// The JetStream API over that connection, in the domain that the parameters name.
  [[nodiscard]] Result<js::Api*> jetstream();

  /// Deadline and cancellation of the whole call (timeout_ms).
  [[nodiscard]] const Wait& wait() const { return parts_.wait; }
  [[nodiscard]] bool cancelled() const { return parts_.wait.cancelled(); }
  [[nodiscard]] const Environment& environment() const { return *parts_.environment; }
  /// One line for the person who waits: what happens now, or what was last seen.
  void progress(std::string_view line) const {
    if (parts_.progress) parts_.progress(line);
  }
  /// For a wait that the user asked for on top of timeout_ms (wait_ms, duration_ms).
  void extend(Clock::duration time) { parts_.wait = parts_.wait.extended_by(time); }
  /// What `fail_on` means where the parameters leave it out (RunOptions::fail_on_critical).
  [[nodiscard]] bool fails_on_critical() const { return parts_.fail_on_critical; }
  /// Whether `after_delivery` works here. Ask before anything is done.
  [[nodiscard]] bool knows_delivery() const { return parts_.knows_delivery; }
  /// `task` runs once the surface has given the result away: never when the operation fails, or the result cannot be given.
  void after_delivery(AfterDelivery task) { deferred_.push_back(std::move(task)); }
  [[nodiscard]] std::vector<AfterDelivery> take_deferred() { return std::exchange(deferred_, {}); }
  /// What `nats()` gave, for a task that outlives the context.
  [[nodiscard]] const std::shared_ptr<wire::Connection>& connection() const { return connection_; }
  /// Connects as somebody else (deploy and health use the instance's record). Not shared.
  [[nodiscard]] Result<std::shared_ptr<wire::Connection>> connect_to(const wire::Options& options) const;
  [[nodiscard]] const std::string& domain() const { return parts_.domain; }
  /// Where the JetStream API is for this call: "$JS.API", or that of the domain.
  [[nodiscard]] std::string api_prefix() const { return js::api_prefix(parts_.domain, parts_.api_prefix); }
  [[nodiscard]] const std::string& server_hint() const { return parts_.server_hint; }

 private:
  Parts parts_;
  std::shared_ptr<wire::Connection> connection_;
  std::unique_ptr<js::Api> api_;
  std::vector<AfterDelivery> deferred_;
};

}  // namespace noetl::nats
