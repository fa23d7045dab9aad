// A batch of fetched messages, shared by the Batch, its messages, and the thread that keeps them from being delivered again.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "jetstream/messages.hpp"
#include "session.hpp"

namespace noetl::nats::python {

/// Thread-safe. A message is settled once: ack, nak or term; what comes later for it does nothing.
class BatchState {
 public:
  BatchState(std::shared_ptr<Gate> gate, std::shared_ptr<Session::Held> held, js::Fetched fetched);
  ~BatchState();
  BatchState(const BatchState&) = delete;
  BatchState& operator=(const BatchState&) = delete;

  [[nodiscard]] std::size_t size() const { return fetched_.messages.size(); }
  [[nodiscard]] const js::Delivered& at(std::size_t index) const { return fetched_.messages[index]; }
  [[nodiscard]] const js::Fetched& fetched() const { return fetched_; }
  [[nodiscard]] std::size_t open() const;
  [[nodiscard]] bool is_settled(std::size_t index) const;

  /// Sends `verb` for those of `indexes` that are not settled, and settles them. With `confirm` waits until the consumer
  /// has taken each. The GIL must be held. Raises what went wrong; then those messages count as not settled.
  std::size_t settle(const std::vector<std::size_t>& indexes, std::string_view verb, bool confirm, Seconds timeout);
  /// Tells the consumer that these are worked on: its ack_wait begins anew.
  void in_progress(const std::vector<std::size_t>& indexes);
  [[nodiscard]] std::vector<std::size_t> all() const;

  /// Sends in_progress for everything unsettled every `period`, until `stop_keeping`.
  void keep(std::chrono::nanoseconds period);
  void stop_keeping();

 private:
  [[nodiscard]] std::vector<std::size_t> claim(const std::vector<std::size_t>& indexes);
  void give_back(const std::vector<std::size_t>& indexes);
  Result<void> send(const std::vector<std::size_t>& indexes, std::string_view verb);
  void keep_alive(std::chrono::nanoseconds period);

  std::shared_ptr<Gate> gate_;
  std::shared_ptr<Session::Held> held_;
  js::Fetched fetched_;
  mutable std::mutex mutex_;
  std::vector<bool> settled_;
  std::condition_variable stopping_;
  bool stop_ = false;
  std::unique_ptr<std::thread> keeper_;
  pid_t pid_;
};

}  // namespace noetl::nats::python
