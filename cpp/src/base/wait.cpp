#include "base/wait.hpp"

#include <thread>

namespace noetl::nats {

Result<bool> wait_until(const Wait& wait, const std::function<bool()>& done, Clock::duration pause) {
  while (true) {
    if (done()) return true;
    if (wait.cancelled()) return cancelled();
    if (wait.expired()) return false;
    std::this_thread::sleep_for(std::min({pause, wait.slice()}));
  }
}

}  // namespace noetl::nats
