#include "jetstream/chunks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace noetl::nats::js {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRanges = 4;
constexpr std::uint64_t kBytesInRange = 1024 * 1024;
constexpr std::uint64_t kChunksInRange = 256;
/// After so long without any answer it is taken as lost (a reconnect) and asked for again.
constexpr Clock::duration kPatience = 2s;

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}
std::uint64_t number(const wire::Message& message, const char* header) { return number(message.header(header).value_or("")); }

}  // namespace

ChunkReader::ChunkReader(Api& api, const std::string& stream, std::string subject, std::uint64_t chunk_size, std::uint64_t after)
    : api_(&api),
      request_(api.subject("DIRECT.GET." + stream)),
      subject_(std::move(subject)),
      in_range_(std::clamp<std::uint64_t>(kBytesInRange / std::max<std::uint64_t>(chunk_size, 1), 1, kChunksInRange)),
      last_(after) {}

void ChunkReader::begin_again() {
  inbox_.reset();
  ranges_.clear();
  guess_ = to_ask_ = 0;
}

Result<void> ChunkReader::ask(std::uint64_t from, std::uint64_t count, bool in_front) {
  if (!inbox_) {
    NN_TRY(auto inbox, api_->connection().reply_inbox());
    inbox.blame(request_);
    inbox_.emplace(std::move(inbox));
  }
  const Json body{{"seq", from}, {"next_by_subj", subject_}, {"batch", count}};
  const auto id = next_number_++;
  NN_CHECK(api_->connection().publish(request_, dump(body), {}, fmt::format("{}.{}", inbox_->subject(), id)));
  ranges_.insert(in_front ? ranges_.begin() : ranges_.end(), Range{.number = id, .from = from, .asked = count, .left = count});
  return {};
}

Result<void> ChunkReader::ask_more() {
  if (ranges_.empty()) {
    guess_ = to_ask_ = 0;
    return ask(last_ + 1, in_range_, false);
  }
  while (to_ask_ > 0 && ranges_.size() < kRanges) {
    NN_CHECK(ask(guess_, in_range_, false));
    guess_ += in_range_;
    to_ask_ -= std::min(to_ask_, in_range_);
  }
  return {};
}

Result<void> ChunkReader::place(wire::Message message) {
  if (message.status() == 503) {  // nobody answers, and it does not say to which request
    if (!known_) return fail(Code::unimplemented, "batched direct gets need server 2.11 and a stream that allows direct gets");
    return fail(Code::unavailable, fmt::format("nobody answers on {} any more", request_), "the stream was deleted, or has no leader");
  }
  const auto id = number(message.subject().substr(message.subject().rfind('.') + 1));
  const auto range = std::ranges::find(ranges_, id, &Range::number);
  if (range == ranges_.end()) return {};
  const auto status = message.status();
  const bool chunk = !status && message.header("Nats-Sequence").has_value();
  if (!known_ && ((chunk && !message.header("Nats-Num-Pending")) || (!chunk && status != 404 && status != 204)))
    return fail(Code::unimplemented, "batched direct gets need server 2.11 and a stream that allows direct gets");
  known_ = true;
  if (!chunk) {
    range->ended = true;
    if (status == 204 && range->left > 0 && number(message, "Nats-Num-Pending") > 0) range->cut_at = number(message, "Nats-Last-Sequence");
    return {};
  }
  if (guess_ == 0) {  // the first of all: the others stand behind it
    const auto behind = number(message, "Nats-Num-Pending") + 1;
    guess_ = number(message, "Nats-Sequence") + in_range_;
    to_ask_ = behind - std::min(behind, in_range_);
  }
  if (range->left > 0) --range->left;
  range->messages.push_back(std::move(message));
  return {};
}

Result<void> ChunkReader::receive(const Pace& pace) {
  const Wait step = pace.step();
  const auto patience = known_ ? kPatience : std::min<Clock::duration>(step.remaining() / 3, 1s);
  for (int silent = 0;; ++silent) {
    auto message = inbox_->next(step.at_most(patience));
    if (message) return place(*std::move(message));
    if (message.error().code != Code::deadline_exceeded || step.expired()) return fail(std::move(message).error());
    if (!known_ && silent > 0) return fail(Code::unimplemented, "the server does not answer batched direct gets");
    begin_again();
    NN_CHECK(ask_more());
  }
}

Result<std::optional<wire::Message>> ChunkReader::next(const Pace& pace) {
  while (behind_ > 0) {
    NN_CHECK(ask_more());
    Range& front = ranges_.front();
    if (!front.messages.empty()) {
      wire::Message message = std::move(front.messages.front());
      front.messages.pop_front();
      const auto sequence = number(message, "Nats-Sequence");
      if (sequence <= last_) continue;  // two guesses overlapped
      last_ = sequence;
      behind_ = number(message, "Nats-Num-Pending");
      return std::optional(std::move(message));
    }
    if (!front.ended) {
      NN_CHECK(receive(pace));
      continue;
    }
    const Range over = std::move(front);
    ranges_.pop_front();
    if (over.cut_at > 0) {
      NN_CHECK(ask(over.cut_at + 1, over.left, true));
    } else if (over.from == last_ + 1 && over.left == over.asked) {
      break;  // nothing is behind the last one, though something was
    }
  }
  return std::nullopt;
}

}  // namespace noetl::nats::js
