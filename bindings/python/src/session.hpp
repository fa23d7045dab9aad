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

  /// The connection with what belongs to it. Who keeps it can go on after `close`, as a batch that is worked on does.
  struct Held {
    Held(Lease lease) : connection(std::move(lease.connection)), api(*connection, std::move(lease.api_prefix)), time(lease.timeout) {}
    std::shared_ptr<wire::Connection> connection;
    js::Api api;
    Clock::duration time;
  };
  /// Ours; raises when we are closed or of another process.
  [[nodiscard]] std::shared_ptr<Held> hold() const { return value_or_raise(lease()); }

  /// Runs `body(js::Api&, const Wait&)` without the GIL within `timeout` (the connection's when unset) and gives its value;
  /// raises its error. The GIL must be held.
  template <class Body>
  auto run(Seconds timeout, Body&& body) {
    const auto held = hold();
    return run_on(*gate_, *held, timeout, std::forward<Body>(body));
  }
  template <class Body>
  static auto run_on(Gate& gate, Held& held, Seconds timeout, Body&& body) {
    const Clock::duration time = nanos(timeout).value_or(held.time);
    Call call(gate);
    return value_or_raise(call.run([&](const Cancel& cancel) { return body(held.api, Wait::for_duration(time, &cancel)); }));
  }
  /// As run; `body(js::Api&, const Wait&, Call&)` may call back into Python.
  template <class Body>
  auto run_calling(Seconds timeout, Body&& body) {
    const auto held = hold();
    const Clock::duration time = nanos(timeout).value_or(held->time);
    Call call(*gate_);
    return value_or_raise(call.run([&](const Cancel& cancel) { return body(held->api, Wait::for_duration(time, &cancel), call); }));
  }
  [[nodiscard]] const std::shared_ptr<Gate>& gate() const { return gate_; }

 private:
  /// Shared so that a call under way keeps it while another thread closes. Error: failed_precondition.
  [[nodiscard]] Result<std::shared_ptr<Held>> lease() const;

  std::shared_ptr<Gate> gate_;
  Json params_;
  pid_t pid_ = 0;
  mutable std::mutex mutex_;
  std::shared_ptr<Held> held_;
};

/// Held by a pointer that may be shared: the client of an event loop has one inside.
using ClientClass = py::class_<Session, std::shared_ptr<Session>>;

}  // namespace noetl::nats::python
