#include "session.hpp"

#include <unistd.h>

#include "base/environment.hpp"
#include "runtime.hpp"

namespace noetl::nats::python {

Result<void> Session::open() {
  const auto environment = Environment::of_process();
  Call call(*gate_);
  auto opened = call.run([&](const Cancel& cancel) {
    RunOptions options;
    options.cancel = &cancel;
    options.environment = &environment.all();
    return runtime().lease(params_, options);
  });
  if (!opened) return fail(std::move(opened).error());
  const std::lock_guard lock(mutex_);
  held_ = std::make_shared<Held>(std::move(*opened));
  pid_ = getpid();
  return {};
}

void Session::close() {
  std::shared_ptr<Held> last;
  {
    const std::lock_guard lock(mutex_);
    if (pid_ != getpid()) return;
    last = std::move(held_);
  }
  if (!last) return;
  Call call(*gate_);
  call.run([&](const Cancel& cancel) {
    auto flushed = last->connection->flush(Wait::for_duration(last->time, &cancel));
    last.reset();
    return flushed;  // closing is not the place to report what an earlier publish was refused for
  });
}

bool Session::is_open() const {
  const auto held = lease();
  return held && (*held)->connection->is_open();
}

std::string Session::server() const {
  const auto held = lease();
  return held ? "nats://" + (*held)->connection->server().url : std::string("closed");
}

Result<std::shared_ptr<Session::Held>> Session::lease() const {
  if (pid_ != 0 && pid_ != getpid())
    return fail(Code::failed_precondition, "this client was connected before a fork", "connect again in the child process");
  const std::lock_guard lock(mutex_);
  if (!held_) return fail(Code::failed_precondition, "this client is closed", "noetl_nats.connect gives a new one");
  return held_;
}

}  // namespace noetl::nats::python
