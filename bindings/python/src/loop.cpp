#include "loop.hpp"

namespace noetl::nats::python {
namespace {

/// Parsers of JSON and lists of messages stay far below; a page that is not touched costs nothing.
constexpr std::size_t kStack = 256 * 1024;

}  // namespace

LoopCall::LoopCall(py::object future, Body body, Clock::duration time, boost::context::pooled_fixedsize_stack& stacks)
    : future_(std::move(future)), body_(std::move(body)), time_(time) {
  fiber_ = boost::context::fiber(std::allocator_arg, stacks, [this](boost::context::fiber&& caller) {
    caller_ = std::move(caller);
    try {
      result_ = body_(Wait::for_duration(time_, &cancel_));
    } catch (const std::exception& problem) {
      result_ = fail(Code::internal, problem.what(), "please report this: it is a bug of noetl-nats");
    }
    return std::move(caller_);
  });
}

LoopCall::~LoopCall() {
  cancel_.request();
  while (fiber_) resume();  // what it holds on its stack must be let go of
}

void LoopCall::suspend(Clock::time_point until, Condition condition) {
  until_ = until;
  condition_ = condition;
  caller_ = std::move(caller_).resume();
}

void LoopCall::resume() {
  Suspender::set(this);
  fiber_ = std::move(fiber_).resume();
  Suspender::set(nullptr);
}

void LoopCall::settle() {
  if (future_.attr("done")().cast<bool>()) return;
  if (!*result_) {
    future_.attr("set_exception")(exception_of(result_->error()));
    return;
  }
  try {
    future_.attr("set_result")((**result_)());
  } catch (py::error_already_set& error) {
    future_.attr("set_exception")(error.value());
  }
}

LoopSession::LoopSession(std::shared_ptr<Gate> gate, Json params)
    : gate_(gate), blocking_(std::make_shared<Session>(std::move(gate), std::move(params))), stacks_(kStack) {}

LoopSession::~LoopSession() { end_all(); }

wire::Connection& LoopSession::connection() const {
  if (!held_)
    raise({.code = Code::failed_precondition, .message = "this client is closed", .hint = "noetl_nats.aio.connect gives a new one"});
  return *held_->connection;
}

void LoopSession::open() {
  value_or_raise(blocking_->open());
  const auto shared = blocking_->hold();
  Call call(*gate_);
  auto opened = value_or_raise(call.run([&](const Cancel& cancel) {
    return wire::Connection::open(shared->connection->options(), Wait::for_duration(shared->time, &cancel));
  }));
  opened->adopt_by_loop();
  held_ = std::make_shared<Session::Held>(
      Lease{std::move(opened), shared->api.prefix(), std::chrono::duration_cast<std::chrono::milliseconds>(shared->time)});
}

void LoopSession::end_all() {
  for (auto& each : calls_) each->cancel();
  while (!calls_.empty()) {
    auto call = std::move(calls_.front());
    calls_.pop_front();
    while (!call->ended()) call->resume();
    call->settle();
  }
}

void LoopSession::close() {
  const auto last = std::exchange(held_, nullptr);
  if (last) {
    Call call(*gate_);
    call.run([&](const Cancel&) {
      last->connection->close();
      return true;
    });
  }
  blocking_->close();
}

void LoopSession::begin(py::object future, LoopCall::Body body, Clock::duration time) {
  auto call = std::make_unique<LoopCall>(std::move(future), std::move(body), time, stacks_);
  call->resume();
  if (call->ended()) return call->settle();
  calls_.push_back(std::move(call));
}

bool LoopSession::pump(bool all) {
  if (!held_) return false;
  const auto held = held_;
  held->connection->pump();
  const auto now = Clock::now();
  for (auto each = calls_.begin(); each != calls_.end();) {
    auto& call = **each;
    if (all || call.may_go_on(now)) call.resume();
    if (!call.ended()) {
      ++each;
      continue;
    }
    const auto done = std::move(*each);
    each = calls_.erase(each);
    done->settle();
  }
  held->connection->write_out();
  return !calls_.empty();
}

void LoopSession::cancel(py::handle future) {
  for (auto& each : calls_)
    if (each->is_for(future)) each->cancel();
}

}  // namespace noetl::nats::python
