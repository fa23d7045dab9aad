// How long to wait, and how to be stopped. Every function that can block takes a Wait.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <utility>

#include "noetl/nats/result.hpp"

namespace noetl::nats {

using Clock = std::chrono::steady_clock;

/// The longest time that a wait sleeps before it looks whether it was cancelled.
inline constexpr std::chrono::milliseconds kWaitSlice{100};

/// A request to stop, set from any thread or signal handler, or noticed by `poll` on the waiting thread.
class Cancel {
 public:
  Cancel() = default;
  /// `poll` runs on the waiting thread at least every 100 ms; true means stop (Python: a signal is pending).
  explicit Cancel(std::function<bool()> poll) : poll_(std::move(poll)) {}

  void request() noexcept { flag_.store(true); }
  [[nodiscard]] bool requested() const {
    if (!flag_.load() && poll_ && poll_()) flag_.store(true);
    return flag_.load();
  }

 private:
  mutable std::atomic<bool> flag_{false};
  std::function<bool()> poll_;
};

/// A deadline and a way to be cancelled. Cheap to copy; `cancel` may be null and must outlive the call.
struct Wait {
  Clock::time_point deadline;
  const Cancel* cancel = nullptr;

  [[nodiscard]] static Wait for_duration(Clock::duration time, const Cancel* cancel = nullptr) { return {Clock::now() + time, cancel}; }
  [[nodiscard]] bool expired() const { return Clock::now() >= deadline; }
  [[nodiscard]] bool cancelled() const { return cancel != nullptr && cancel->requested(); }
  [[nodiscard]] Clock::duration remaining() const { return std::max(deadline - Clock::now(), Clock::duration::zero()); }
  /// The remaining time, at most one slice: how long one sleep may take.
  [[nodiscard]] Clock::duration slice() const { return std::min<Clock::duration>(remaining(), kWaitSlice); }
  /// The same cancellation with a deadline that is `time` from now, or ours when that is earlier.
  [[nodiscard]] Wait at_most(Clock::duration time) const { return {std::min(deadline, Clock::now() + time), cancel}; }
  /// The same cancellation, with its own deadline `time` from now (for a wait that the user asked for on top).
  [[nodiscard]] Wait extended_by(Clock::duration time) const { return {deadline + time, cancel}; }
};

/// The error of a wait that was stopped by its caller.
[[nodiscard]] inline tl::unexpected<Error> cancelled() { return fail(Code::cancelled, "stopped by the caller"); }

/// Waits until `done()` is true, looking again after `pause`. False when the time is over; `cancelled` when stopped.
[[nodiscard]] Result<bool> wait_until(const Wait& wait, const std::function<bool()>& done,
                                      Clock::duration pause = std::chrono::milliseconds(20));

}  // namespace noetl::nats
