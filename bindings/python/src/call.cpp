#include "call.hpp"

#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#else
#include <pthread.h>
#endif

namespace noetl::nats::python {
namespace {

/// Taking the GIL costs the other threads a switch, so signals are looked at this often and not at every slice.
constexpr std::chrono::milliseconds kSignalLook{50};

bool on_main_thread() {
#ifdef __linux__
  return syscall(SYS_gettid) == getpid();
#else
  return pthread_main_np() != 0;
#endif
}

/// For a thread that must never run Python again. The process ends around it.
[[noreturn]] void sleep_for_good() {
  while (true) pause();
}

}  // namespace

bool Gate::close(std::chrono::milliseconds patience) {
  const auto state = state_;
  py::gil_scoped_release released;
  std::unique_lock lock(state->mutex);
  state->closed = true;
  state->closer = std::this_thread::get_id();
  const auto until = Clock::now() + patience;
  const bool all_home = state->changed.wait_until(lock, until, [&] { return state->native == 0 && state->returning == 0; });
  state->abandoned = true;
  // Who is past the check for `abandoned` gets the GIL now: it is free, and we wait. A callback of the user may take longer.
  state->changed.wait_until(lock, until + patience, [&] { return state->returning == 0; });
  return all_home;
}

Call::Call(Gate& gate) : gate_(gate.state_), cancel_([this] { return stop_requested(); }), main_thread_(on_main_thread()) {}

void Call::enter() {
  thread_ = PyEval_SaveThread();
  std::unique_lock lock(gate_->mutex);
  if (gate_->closed && gate_->closer != std::this_thread::get_id()) {
    lock.unlock();
    sleep_for_good();
  }
  ++gate_->native;
}

void Call::leave_python() {
  thread_ = PyEval_SaveThread();
  const std::lock_guard lock(gate_->mutex);
  ++gate_->native;
}

void Call::return_to_python() {
  {
    std::unique_lock lock(gate_->mutex);
    if (gate_->abandoned && gate_->closer != std::this_thread::get_id()) {
      lock.unlock();
      sleep_for_good();
    }
    --gate_->native;
    ++gate_->returning;
  }
  PyEval_RestoreThread(thread_);
  const std::lock_guard lock(gate_->mutex);
  --gate_->returning;
  gate_->changed.notify_all();
}

bool Call::stop_requested() {
  {
    const std::lock_guard lock(gate_->mutex);
    if (gate_->closed && gate_->closer != std::this_thread::get_id()) return true;
  }
  if (!main_thread_ || Clock::now() - last_look_ < kSignalLook) return false;
  bool raised = false;
  with_gil([&] {
    if (PyErr_CheckSignals() != 0) {
      raised = true;
      throw py::error_already_set();
    }
  });
  last_look_ = Clock::now();
  return raised;
}

}  // namespace noetl::nats::python
