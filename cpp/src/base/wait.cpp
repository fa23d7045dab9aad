#include "base/wait.hpp"

#include <thread>

#include "base/suspend.hpp"

namespace noetl::nats {

Result<bool> wait_until(const Wait& wait, const std::function<bool()>& done, Clock::duration pause) {
  while (true) {
    if (done()) return true;
    if (wait.cancelled()) return cancelled();
    if (wait.expired()) return false;
    const auto time = std::min({pause, wait.slice()});
    if (auto* loop = Suspender::current())
      loop->suspend(Clock::now() + time, {});
    else
      std::this_thread::sleep_for(time);
  }
}

}  // namespace noetl::nats
