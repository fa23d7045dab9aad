// A call from Python into the core: the GIL is released for all of it, Ctrl-C is seen while it waits, and the end of the
// interpreter waits for it.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/wait.hpp"

namespace noetl::nats::python {

namespace py = pybind11;

/// The calls of one interpreter that are under way.
///
/// A daemon thread that wants the GIL back after the interpreter has begun to end is killed by CPython in the middle of
/// C++ code, which aborts the process. So the gate is closed first: calls under way are cancelled, and their threads, as
/// well as those that come later, sleep until the process is gone.
class Gate {
 public:
  /// At exit (GIL held, released while waiting): no more calls but from this thread. True when those under way have ended
  /// within `patience`; else their threads are still in the core, perhaps with locks of ours.
  [[nodiscard]] bool close(std::chrono::milliseconds patience);
  /// Before a fork (GIL held, released while waiting): new calls wait from now on, and those under way get `patience` to end.
  /// A call that runs holds locks of nats.c every now and then, and nobody would ever release them in the child.
  void pause(std::chrono::milliseconds patience);
  /// After a fork, in the parent.
  void resume();
  /// In the child of a fork: the threads of the parent's calls do not exist here.
  void reset() { state_ = std::make_shared<State>(); }

 private:
  friend class Call;
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    int native = 0;  ///< calls without the GIL
    int python = 0;  ///< calls that take the GIL, or have it in a callback: they must get it
    bool closed = false;
    bool paused = false;
    std::thread::id closer;
    /// Whether the calling thread must not enter Python again. With the mutex held.
    [[nodiscard]] bool shut_out() const { return closed && closer != std::this_thread::get_id(); }
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// Stops the calls that a thread makes, from another thread: for the worker threads of an event loop.
class Stop {
 public:
  void request() { requested_->store(true); }
  /// Calls `function` so that `request` stops what it does in the core. The GIL must be held.
  py::object run(const py::object& function, const py::tuple& arguments, const py::dict& options) const;

 private:
  std::shared_ptr<std::atomic<bool>> requested_ = std::make_shared<std::atomic<bool>>(false);
};

/// Lives on the stack of one call, from one thread. Construct with the GIL held; `run` the native part.
class Call {
 public:
  explicit Call(Gate& gate);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// Runs `native(const Cancel&)` without the GIL and gives what it returns. Throws KeyboardInterrupt (or what the
  /// handler of the signal raised) when a signal stopped it.
  template <class Native>
  auto run(Native&& native) {
    enter();
    auto result = native_part(native);
    return_to_python();
    if (raised_) throw std::move(*raised_);
    return result;
  }

  /// From inside of `native`, on the same thread: runs `body` with the GIL. What it raises stops the call. At exit, when
  /// the call is being stopped anyway, it does nothing.
  template <class Body>
  void with_gil(Body&& body) {
    if (!visit_python()) return;
    try {
      body();
    } catch (py::error_already_set& error) {
      if (!raised_) raised_.emplace(std::move(error));
      cancel_.request();
    }
    leave_python();
  }

 private:
  template <class Native>
  auto native_part(Native&& native) {
    try {
      return native(static_cast<const Cancel&>(cancel_));
    } catch (...) {
      return_to_python();
      throw;
    }
  }
  void enter();
  void return_to_python();
  [[nodiscard]] bool visit_python();
  void leave_python();
  [[nodiscard]] bool stop_requested();

  std::shared_ptr<Gate::State> gate_;
  Cancel cancel_;
  PyThreadState* thread_ = nullptr;
  Clock::time_point last_look_ = Clock::now();
  bool main_thread_;
  std::optional<py::error_already_set> raised_;
};

}  // namespace noetl::nats::python
