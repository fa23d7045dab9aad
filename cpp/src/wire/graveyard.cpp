#include "wire/graveyard.hpp"

#include <array>
#include <cstddef>

namespace noetl::nats::wire {
namespace {

constexpr std::size_t kMost = 64;
constexpr std::size_t kMostBytes = 256 * 1024;

/// One for each thread: no lock, and what is left goes with the thread.
class Graveyard {
 public:
  Graveyard() = default;
  Graveyard(const Graveyard&) = delete;
  Graveyard& operator=(const Graveyard&) = delete;
  ~Graveyard() { clear(); }

  void add(natsMsg* message) {
    messages_[count_++] = message;
    bytes_ += static_cast<std::size_t>(natsMsg_GetDataLength(message));
    if (count_ == kMost || bytes_ >= kMostBytes) clear();
  }

 private:
  void clear() {
    for (std::size_t i = 0; i < count_; ++i) natsMsg_Destroy(messages_[i]);
    count_ = bytes_ = 0;
  }

  std::array<natsMsg*, kMost> messages_;
  std::size_t count_ = 0, bytes_ = 0;
};

}  // namespace

void destroy_later(natsMsg* message) {
  static thread_local Graveyard graveyard;
  graveyard.add(message);
}

}  // namespace noetl::nats::wire
