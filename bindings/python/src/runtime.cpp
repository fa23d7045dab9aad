#include "runtime.hpp"

#include <unistd.h>

#include <atomic>

#include "base/environment.hpp"

namespace noetl::nats::python {
namespace {

struct Owned {
  pid_t pid;
  Runtime runtime;
};

// A pointer and no mutex: another thread could hold a mutex at the moment of a fork.
std::atomic<Owned*> current{nullptr};

}  // namespace

Runtime& runtime() {
  Owned* known = current.load();
  const pid_t pid = getpid();
  if (known != nullptr && known->pid == pid) return known->runtime;
  auto* made = new Owned{pid, Runtime(operations(), Environment::of_process().all())};
  if (current.compare_exchange_strong(known, made)) return made->runtime;
  delete made;  // another thread was first; `known` is its runtime now
  return known->runtime;
}

void close_runtime() {
  Owned* known = current.load();
  if (known != nullptr && known->pid == getpid()) known->runtime.close();
}

}  // namespace noetl::nats::python
