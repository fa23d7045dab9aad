// What a Client holds: its parameters, and the connection that it has leased.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "call.hpp"
#include "errors.hpp"
#include "jetstream/api.hpp"
#include "noetl/nats/runtime.hpp"

namespace noetl::nats::python {

using Seconds = std::optional<double>;

/// Times of Python are seconds.
[[nodiscard]] inline std::optional<std::chrono::nanoseconds> nanos(Seconds seconds) {
  if (!seconds) return std::nullopt;
  return std::chrono::nanoseconds(std::llround(*seconds * 1e9));
}

/// Thread-safe, as the connection is. Belongs to the process that made it.
class Session {
 public:
  Session(std::shared_ptr<Gate> gate, Json params) : gate_(std::move(gate)), params_(std::move(params)) {}

  /// Connects. Errors: those of Runtime::lease.
  [[nodiscard]] Result<void> open();
  /// Lets the connection go. What is buffered has been sent.
  void close();
  [[nodiscard]] bool is_open() const;
  [[nodiscard]] std::string server() const;

  struct Held {
    Held(Lease lease) : connection(std::move(lease.connection)), api(*connection, std::move(lease.api_prefix)), time(lease.timeout) {}
    std::shared_ptr<wire::Connection> connection;
    js::Api api;
    Clock::duration time;
  };
  /// For what outlives one call (a watch): keeps the connection. Raises when closed.
  [[nodiscard]] std::shared_ptr<Held> hold() const { return value_or_raise(lease()); }
  [[nodiscard]] const std::shared_ptr<Gate>& gate() const { return gate_; }

  /// Runs `body(js::Api&, const Wait&)` without the GIL within `timeout` (the connection's when unset) and gives its value;
  /// raises its error. The GIL must be held.
  template <class Body>
  auto run(Seconds timeout, Body&& body) {
    return run_calling(timeout, [&](js::Api& api, const Wait& wait, Call&) { return body(api, wait); });
  }
  /// As run; `body(js::Api&, const Wait&, Call&)` may call back into Python.
  template <class Body>
  auto run_calling(Seconds timeout, Body&& body) {
    const auto held = hold();
    const Clock::duration time = nanos(timeout).value_or(held->time);
    Call call(*gate_);
    return value_or_raise(call.run([&](const Cancel& cancel) { return body(held->api, Wait::for_duration(time, &cancel), call); }));
  }

 private:
  /// Ours, shared so that a call under way keeps it while another thread closes. Error: failed_precondition.
  [[nodiscard]] Result<std::shared_ptr<Held>> lease() const;

  std::shared_ptr<Gate> gate_;
  Json params_;
  pid_t pid_ = 0;
  mutable std::mutex mutex_;
  std::shared_ptr<Held> held_;
};

}  // namespace noetl::nats::python
