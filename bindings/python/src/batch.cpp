#include "batch.hpp"

#include <unistd.h>

#include <algorithm>
#include <numeric>

namespace noetl::nats::python {

BatchState::BatchState(std::shared_ptr<Gate> gate, std::shared_ptr<Session::Held> held, js::Fetched fetched)
    : gate_(std::move(gate)),
      held_(std::move(held)),
      fetched_(std::move(fetched)),
      settled_(fetched_.messages.size(), false),
      pid_(getpid()) {}

BatchState::~BatchState() {
  if (pid_ != getpid()) {  // the thread did not follow the fork
    (void)keeper_.release();
    return;
  }
  stop_keeping();
}

std::vector<std::size_t> BatchState::all() const {
  std::vector<std::size_t> out(size());
  std::iota(out.begin(), out.end(), std::size_t{0});
  return out;
}

std::size_t BatchState::open() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count(settled_.begin(), settled_.end(), false));
}

bool BatchState::is_settled(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  return settled_[index];
}

std::vector<std::size_t> BatchState::claim(const std::vector<std::size_t>& indexes) {
  const std::lock_guard lock(mutex_);
  std::vector<std::size_t> out;
  out.reserve(indexes.size());
  for (const auto index : indexes) {
    if (settled_[index]) continue;
    settled_[index] = true;
    out.push_back(index);
  }
  return out;
}

void BatchState::give_back(const std::vector<std::size_t>& indexes) {
  const std::lock_guard lock(mutex_);
  for (const auto index : indexes) settled_[index] = false;
}

Result<void> BatchState::send(const std::vector<std::size_t>& indexes, std::string_view verb) {
  auto& connection = *held_->connection;
  for (const auto index : indexes) NN_CHECK(connection.publish_later(at(index).message.reply(), verb));
  return connection.send_now();
}

std::size_t BatchState::settle(const std::vector<std::size_t>& indexes, std::string_view verb, bool confirm, Seconds timeout) {
  const auto claimed = claim(indexes);
  if (claimed.empty()) return 0;
  std::optional<Error> error;
  try {
    Session::run_on(*gate_, *held_, timeout, [&](js::Api&, const Wait& wait) -> Result<void> {
      if (!confirm) return send(claimed, verb);
      std::vector<std::string_view> replies;
      for (const auto index : claimed) replies.push_back(at(index).message.reply());
      NN_TRY(const auto settled, js::settle(*held_->connection, replies, verb, wait));
      if (settled.errors.empty()) return {};
      return fail(settled.errors.front());
    });
  } catch (...) {
    give_back(claimed);
    throw;
  }
  return claimed.size();
}

void BatchState::in_progress(const std::vector<std::size_t>& indexes) {
  Session::run_on(*gate_, *held_, {}, [&](js::Api&, const Wait&) -> Result<void> {
    std::vector<std::size_t> open;
    for (const auto index : indexes)
      if (!is_settled(index)) open.push_back(index);
    return send(open, "+WPI");
  });
}

void BatchState::keep(std::chrono::nanoseconds period) {
  if (keeper_) return;
  stop_ = false;
  keeper_ = std::make_unique<std::thread>([this, period] { keep_alive(period); });
}

void BatchState::keep_alive(std::chrono::nanoseconds period) {
  std::unique_lock lock(mutex_);
  while (!stopping_.wait_for(lock, period, [&] { return stop_; })) {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < settled_.size(); ++i)
      if (!settled_[i]) open.push_back(i);
    lock.unlock();
    (void)send(open, "+WPI");  // a connection that is lost shows when the messages are acknowledged
    lock.lock();
  }
}

void BatchState::stop_keeping() {
  if (!keeper_) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopping_.notify_all();
  keeper_->join();
  keeper_.reset();
}

}  // namespace noetl::nats::python
