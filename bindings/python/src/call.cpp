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

thread_local const std::atomic<bool>* stop_of_this_thread = nullptr;

/// For a thread that must never run Python again. The process ends around it.
[[noreturn]] void sleep_for_good() {
  while (true) pause();
}

}  // namespace

py::object Stop::run(const py::object& function, const py::tuple& arguments, const py::dict& options) const {
  const auto requested = requested_;  // lives as long as this thread may look
  stop_of_this_thread = requested.get();
  struct Reset {
    ~Reset() { stop_of_this_thread = nullptr; }
  } const reset;
  return function(*arguments, **options);
}

bool Gate::close(std::chrono::milliseconds patience) {
  const auto state = state_;
  py::gil_scoped_release released;  // who is on the way into Python gets there
  std::unique_lock lock(state->mutex);
  state->closed = true;
  state->closer = std::this_thread::get_id();
  return state->changed.wait_for(lock, patience, [&] { return state->native == 0 && state->python == 0; });
}

void Gate::pause(std::chrono::milliseconds patience) {
  const auto state = state_;
  py::gil_scoped_release released;
  std::unique_lock lock(state->mutex);
  state->paused = true;
  state->changed.wait_for(lock, patience, [&] { return state->native == 0; });
}

void Gate::resume() {
  const std::lock_guard lock(state_->mutex);
  state_->paused = false;
  state_->changed.notify_all();
}

Call::Call(Gate& gate) : gate_(gate.state_), cancel_([this] { return stop_requested(); }), main_thread_(on_main_thread()) {}

void Call::enter() {
  thread_ = PyEval_SaveThread();
  std::unique_lock lock(gate_->mutex);
  gate_->changed.wait(lock, [&] { return !gate_->paused || gate_->closed; });
  if (gate_->shut_out()) {
    lock.unlock();
    sleep_for_good();
  }
  ++gate_->native;
}

void Call::return_to_python() {
  std::unique_lock lock(gate_->mutex);
  --gate_->native;
  if (gate_->paused) gate_->changed.notify_all();
  if (gate_->shut_out()) {
    gate_->changed.notify_all();
    lock.unlock();
    sleep_for_good();
  }
  ++gate_->python;
  lock.unlock();
  PyEval_RestoreThread(thread_);
  lock.lock();
  --gate_->python;
  gate_->changed.notify_all();
}

bool Call::visit_python() {
  {
    const std::lock_guard lock(gate_->mutex);
    if (gate_->shut_out()) return false;
    --gate_->native;
    ++gate_->python;
    if (gate_->paused) gate_->changed.notify_all();
  }
  PyEval_RestoreThread(thread_);
  return true;
}

void Call::leave_python() {
  thread_ = PyEval_SaveThread();
  const std::lock_guard lock(gate_->mutex);
  --gate_->python;
  ++gate_->native;
}

bool Call::stop_requested() {
  if (stop_of_this_thread != nullptr && stop_of_this_thread->load()) return true;
  {
    const std::lock_guard lock(gate_->mutex);
    if (gate_->shut_out()) return true;
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
