// Code of the core that waits, run by an event loop: each call has a fiber, and a wait in it gives way to the others.
#pragma once

#include <pybind11/pybind11.h>

#include <boost/context/fiber.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>
#include <functional>
#include <list>
#include <memory>
#include <optional>

#include "base/suspend.hpp"
#include "session.hpp"

namespace noetl::nats::python {

/// One call under way. Its fiber never runs Python: it leaves a function that makes the value once it has ended.
class LoopCall final : public Suspender {
 public:
  using Make = std::function<py::object()>;
  using Body = std::function<Result<Make>(const Wait&)>;

  LoopCall(py::object future, Body body, Clock::duration time, boost::context::pooled_fixedsize_stack& stacks);
  ~LoopCall();
  LoopCall(const LoopCall&) = delete;
  LoopCall& operator=(const LoopCall&) = delete;

  void suspend(Clock::time_point until, Condition condition) override;
  [[nodiscard]] bool may_go_on(Clock::time_point now) const {
    return now >= until_ || (condition_.holds != nullptr && condition_.holds(condition_.of));
  }
  /// Runs until the next wait, or the end.
  void resume();
  [[nodiscard]] bool ended() const { return !fiber_; }
  /// The next wait ends with `cancelled`.
  void cancel() { cancel_.request(); }
  /// Gives the future its result, unless it is done (cancelled).
  void settle();
  [[nodiscard]] bool is_for(py::handle future) const { return future_.is(future); }

 private:
  py::object future_;
  Body body_;
  Cancel cancel_;
  Clock::duration time_;
  boost::context::fiber fiber_, caller_;
  Clock::time_point until_{};
  Condition condition_;
  std::optional<Result<Make>> result_;
};

/// A connection of its own that one event loop drives. Every method but `open` and `close` is called on the loop's thread.
class LoopSession {
 public:
  LoopSession(std::shared_ptr<Gate> gate, Json params);
  ~LoopSession();
  LoopSession(const LoopSession&) = delete;
  LoopSession& operator=(const LoopSession&) = delete;

  /// Connects. Blocks; for a thread of the loop's pool.
  void open();
  /// Sends what is buffered, and closes. There must be no calls. Blocks.
  void close();
  [[nodiscard]] bool is_open() const { return held_ && held_->connection->is_open(); }
  [[nodiscard]] const std::shared_ptr<Session::Held>& held() const { return held_; }
  [[nodiscard]] const std::shared_ptr<Gate>& gate() const { return gate_; }
  [[nodiscard]] const std::shared_ptr<Session>& blocking() const { return blocking_; }
  [[nodiscard]] wire::Connection& connection() const;

  /// Starts `body(js::Api&, const Wait&)`, whose value `make(value)` turns into the result of the future. What they need
  /// they must own.
  template <class Body, class Make>
  void start(py::object future, Seconds timeout, Body body, Make make) {
    auto held = held_;
    if (!held)
      raise({.code = Code::failed_precondition, .message = "this client is closed", .hint = "noetl_nats.aio.connect gives a new one"});
    auto call = [held, body = std::move(body), make = std::move(make)](const Wait& wait) mutable -> Result<LoopCall::Make> {
      auto result = body(held->api, wait);
      if (!result) return fail(std::move(result).error());
      using Value = std::decay_t<decltype(*result)>;
      return LoopCall::Make([make, value = std::make_shared<Value>(std::move(*result))] { return make(*value); });
    };
    begin(std::move(future), std::move(call), nanos(timeout).value_or(held->time));
  }

  /// Reads, goes on with the calls that can, and writes. True while there are calls under way. `all`: goes on with every
  /// call, because of an event that is no message.
  bool pump(bool all);
  void cancel(py::handle future);
  /// Every call under way ends with `cancelled`.
  void end_all();

 private:
  void begin(py::object future, LoopCall::Body body, Clock::duration time);

  std::shared_ptr<Gate> gate_;
  std::shared_ptr<Session> blocking_;
  std::shared_ptr<Session::Held> held_;
  boost::context::pooled_fixedsize_stack stacks_;
  std::list<std::unique_ptr<LoopCall>> calls_;
};

}  // namespace noetl::nats::python
