// Waits that give way to others instead of blocking their thread: for code that an event loop runs in fibers.
#pragma once

#include "base/wait.hpp"

namespace noetl::nats {

/// While one is set for a thread, every wait on that thread suspends itself in it.
class Suspender {
 public:
  /// Whether what somebody waits for may have come.
  struct Condition {
    bool (*holds)(const void*) = nullptr;  ///< null: wait for the time only
    const void* of = nullptr;
  };
  /// Returns when the condition holds, at `until`, or earlier; the caller looks again.
  virtual void suspend(Clock::time_point until, Condition condition) = 0;

  /// Of this thread; null: waits block.
  [[nodiscard]] static Suspender* current() { return slot(); }
  static void set(Suspender* suspender) { slot() = suspender; }

 protected:
  ~Suspender() = default;

 private:
  static Suspender*& slot() {
    thread_local Suspender* of_this_thread = nullptr;
    return of_this_thread;
  }
};

}  // namespace noetl::nats
