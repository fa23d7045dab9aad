// The longest time without progress, for work whose whole time nobody knows.
#pragma once

#include "base/wait.hpp"

namespace noetl::nats::js {

/// Takes the time that a Wait has left as the time that each step may take.
class Pace {
 public:
  explicit Pace(const Wait& wait) : time_(wait.remaining()), cancel_(wait.cancel) {}
  [[nodiscard]] Wait step() const { return Wait::for_duration(time_, cancel_); }

 private:
  Clock::duration time_;
  const Cancel* cancel_;
};

}  // namespace noetl::nats::js
