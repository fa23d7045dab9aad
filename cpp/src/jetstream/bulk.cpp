// Publishing in a window, and what the other ways share with it.
#include "jetstream/bulk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/bytes.hpp"
#include "jetstream/bulk_parts.hpp"
#include "wire/requests.hpp"

namespace noetl::nats::js {
namespace {

constexpr auto kFree = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kSmallestWindow = 16;
constexpr std::chrono::milliseconds kPauseWhenBusy{50};

/// Too many requests, no leader at the moment, resource shortage of the moment.
bool is_busy(const Error& error) {
  const int code = err_code_of(error);
  return code == 10167 || code == 10163 || code == 10008;
}

class WindowPublisher final : public BulkPublisher {
 public:
  WindowPublisher(Api& api, const BulkOptions& options)
      : api_(api),
        options_(options),
        requests_(api.connection(), {.window = options.window}),
        slots_(options.window),
        window_(options.window) {
    for (std::size_t i = slots_.size(); i > 0; --i) free_.push_back(static_cast<std::uint32_t>(i - 1));
  }

  bool add(const Outgoing& message, const Wait& wait) override;
  [[nodiscard]] std::uint64_t oldest() const override;
  BulkReport finish(const Wait& wait) override;

 private:
  struct Slot {
    std::uint64_t index = kFree;
    Outgoing message;
    bool sent = false;  ///< once at least: it may be stored
  };

  [[nodiscard]] bool is_full() const {
    return free_.empty() || requests_.in_flight() >= window_ || (bytes_ > options_.window_bytes && requests_.in_flight() > 0);
  }
  Result<void> make_room(const Wait& wait);
  void send(std::uint32_t at, const Wait& wait);
  void ended(std::uint32_t at, Result<wire::Message> reply);
  void release(std::uint32_t at);
  void refused(std::uint32_t at, Error error);
  /// Messages that have to be sent again, once there is a connection and the server has had a pause.
  Result<void> send_again(const Wait& wait);
  /// Nothing from `index` on is sent.
  void stop(const Error& error, std::uint64_t index);

  Api& api_;
  BulkOptions options_;
  wire::Requests requests_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_, again_;
  std::size_t window_;
  std::size_t bytes_ = 0;
  std::uint64_t next_ = 0;
  bool busy_ = false;
  wire::Headers scratch_;
  BulkReport report_;
};

Result<void> WindowPublisher::make_room(const Wait& wait) {
  while (!report_.stopped && (is_full() || !again_.empty())) {
    NN_CHECK(send_again(wait));
    if (is_full()) NN_CHECK(requests_.wait_one(wait));
  }
  return {};
}

bool WindowPublisher::add(const Outgoing& message, const Wait& wait) {
  if (const auto room = make_room(wait); !room) stop(room.error(), next_);
  const auto index = next_++;
  if (report_.stopped) {
    stop(*report_.stopped, index);
    return false;
  }
  const auto at = free_.back();
  free_.pop_back();
  slots_[at] = {index, message, false};
  bytes_ += message.payload.size();
  send(at, wait);
  return !report_.not_sent;
}

void WindowPublisher::send(std::uint32_t at, const Wait& wait) {
  auto& [index, message, was_sent] = slots_[at];
  const auto headers = headers_of(message, options_.each, scratch_);
  if (!headers) return refused(at, headers.error());
  auto sent = requests_.submit(
      message.subject, message.payload, **headers, [this, at](Result<wire::Message> reply) { ended(at, std::move(reply)); }, wait);
  if (sent) {
    was_sent = true;
    return;
  }
  const auto code = sent.error().code;
  if (code != Code::cancelled && code != Code::deadline_exceeded && code != Code::unavailable) return refused(at, std::move(sent).error());
  if (was_sent) {
    report_.unknown.push_back(index);
    if (!report_.stopped) report_.stopped = std::move(sent).error();
  } else {
    stop(sent.error(), index);
  }
  release(at);
}

void WindowPublisher::release(std::uint32_t at) {
  bytes_ -= slots_[at].message.payload.size();
  slots_[at].index = kFree;
  free_.push_back(at);
}

void WindowPublisher::stop(const Error& error, std::uint64_t index) {
  if (!report_.stopped) report_.stopped = error;
  if (!report_.not_sent || *report_.not_sent > index) report_.not_sent = index;
}

void WindowPublisher::refused(std::uint32_t at, Error error) {
  const bool full = error.code == Code::resource_exhausted && err_code_of(error) != 0;
  if (!report_.stopped && (options_.stop_on_error || full)) report_.stopped = error;
  report_.failures.push_back({slots_[at].index, std::move(error)});
  release(at);
}

void WindowPublisher::ended(std::uint32_t at, Result<wire::Message> reply) {
  const auto& message = slots_[at].message;
  if (reply) {
    auto ack = read_pub_ack_quickly(message.subject, reply->data());
    if (ack) {
      note_ack(report_, *ack);
      return release(at);
    }
    if (!is_busy(ack.error())) return refused(at, std::move(ack).error());
    busy_ = true;
    again_.push_back(at);
    return;
  }
  Error error = std::move(reply).error();
  if (error.details.contains("no_responders")) return refused(at, no_stream_for(message.subject));
  if (error.code == Code::unavailable && !message.message_id.empty() && api_.connection().is_open()) {
    again_.push_back(at);
    return;
  }
  if (error.code != Code::unavailable && error.code != Code::deadline_exceeded) return refused(at, std::move(error));
  report_.unknown.push_back(slots_[at].index);
  if (!report_.stopped && (options_.stop_on_error || !api_.connection().is_open())) report_.stopped = std::move(error);
  release(at);
}

Result<void> WindowPublisher::send_again(const Wait& wait) {
  if (again_.empty()) return {};
  if (std::exchange(busy_, false)) {
    window_ = std::max(window_ / 2, std::min(kSmallestWindow, options_.window));
    NN_CHECK(wait_until(
        wait.at_most(kPauseWhenBusy), [] { return false; }, kPauseWhenBusy));
  }
  auto again = std::exchange(again_, {});
  std::sort(again.begin(), again.end(), [&](auto a, auto b) { return slots_[a].index < slots_[b].index; });
  for (auto at = again.begin(); at != again.end(); ++at) {
    const auto room = requests_.in_flight() >= window_ ? requests_.wait_one(wait) : Result<void>{};
    if (!room) {
      again_.insert(again_.end(), at, again.end());  // finish() tells of them
      return fail(room.error());
    }
    send(*at, wait);
  }
  return {};
}

std::uint64_t WindowPublisher::oldest() const {
  std::uint64_t oldest = next_;
  for (const auto& each : slots_) oldest = std::min(oldest, each.index);
  return oldest;
}

BulkReport WindowPublisher::finish(const Wait& wait) {
  do {
    auto done = send_again(wait);
    if (done) done = requests_.drain(wait);
    if (!done || wait.expired()) break;
  } while (!again_.empty());
  if (requests_.in_flight() > 0) (void)requests_.drain({Clock::now(), nullptr});  // cancelled: the rest is unknown
  for (const auto at : std::exchange(again_, {})) report_.unknown.push_back(slots_[at].index);
  put_in_order(report_);
  return std::move(report_);
}

}  // namespace

std::string_view name_of(BulkMode mode) {
  switch (mode) {
    case BulkMode::window:
      return "window";
    case BulkMode::atomic:
      return "atomic";
    case BulkMode::fast:
      return "fast";
  }
  return "window";
}

std::unique_ptr<BulkPublisher> window_publisher(Api& api, const BulkOptions& options) {
  return std::make_unique<WindowPublisher>(api, options);
}

Result<std::unique_ptr<BulkPublisher>> bulk_publisher(Api& api, const BulkOptions& options, const Wait& wait) {
  if (options.window == 0 || options.batch == 0) return fail(Code::invalid_argument, "window and batch must be at least 1");
  if (options.each.ttl) NN_CHECK(api.require_level(1, "ttl", wait));
  switch (options.mode) {
    case BulkMode::window:
      break;
    case BulkMode::atomic:
      if (options.batch > 1000)
        return fail(Code::invalid_argument, fmt::format("an atomic batch has at most 1000 messages, not {}", options.batch));
      NN_CHECK(api.require_level(2, "mode atomic", wait));
      return atomic_publisher(api, options);
    case BulkMode::fast:
      NN_CHECK(api.require_level(4, "mode fast", wait));
      return ingest_publisher(api, options);
  }
  return window_publisher(api, options);
}

ChosenMode choose_bulk_mode(Api& api, std::string_view subject, const Wait& wait) {
  const auto level = api.level(wait);
  if (!level) return {BulkMode::window, level.error().message};
  if (*level < 4) return {BulkMode::window, fmt::format("fast ingest needs server {}", server_version_of(4))};
  const auto names = api.call("STREAM.NAMES", {{"subject", subject}}, wait);
  if (!names) return {BulkMode::window, names.error().message};
  const auto streams = names->value("streams", Json());
  if (!streams.is_array() || streams.size() != 1) return {BulkMode::window, fmt::format("not exactly one stream takes {}", subject)};
  const auto stream = streams.front().get<std::string>();
  const auto info = api.call("STREAM.INFO." + stream, nullptr, wait);
  if (!info) return {BulkMode::window, info.error().message};
  if (!info->value("/config/allow_batched"_json_pointer, false))
    return {BulkMode::window, fmt::format("stream {} does not allow fast ingest (allow_batched)", stream)};
  return {BulkMode::fast, ""};
}

Result<const wire::Headers*> headers_of(const Outgoing& message, const PublishOptions& each, wire::Headers& scratch) {
  static const wire::Headers kNone;
  const wire::Headers& given = message.headers == nullptr ? kNone : *message.headers;
  if (message.message_id.empty() && each.stream.empty() && !each.ttl) return &given;
  PublishOptions options = each;
  options.message_id = message.message_id;
  NN_TRY(scratch, publish_headers(given, options));
  return &scratch;
}

void note_ack(BulkReport& report, const PubAck& ack) {
  ++report.count;
  if (ack.duplicate) ++report.duplicates;
  if (report.first_sequence == 0 || ack.sequence < report.first_sequence) report.first_sequence = ack.sequence;
  report.last_sequence = std::max(report.last_sequence, ack.sequence);
  if (!report.streams.contains(ack.stream)) report.streams.insert(ack.stream);
}

void put_in_order(BulkReport& report) {
  std::sort(report.failures.begin(), report.failures.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  std::sort(report.unknown.begin(), report.unknown.end());
}

Result<PubAck> read_pub_ack_quickly(std::string_view subject, std::string_view answer) {
  const auto slow = [&] { return read_pub_ack(subject, answer); };
  auto rest = answer;
  const auto skip = [&](std::string_view text) {
    if (!rest.starts_with(text)) return false;
    rest.remove_prefix(text.size());
    return true;
  };
  if (!skip(R"({"stream":")")) return slow();
  const auto end = rest.find('"');
  PubAck ack;
  if (end == std::string_view::npos || rest.substr(0, end).find('\\') != std::string_view::npos) return slow();
  ack.stream = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  if (!skip(",") || (skip(" "), !skip(R"("seq":)"))) return slow();
  const auto number = std::from_chars(rest.data(), rest.data() + rest.size(), ack.sequence);
  if (number.ec != std::errc{}) return slow();
  rest.remove_prefix(static_cast<std::size_t>(number.ptr - rest.data()));
  if (rest == "}") return ack;
  if (rest == R"(,"duplicate": true})" || rest == R"(,"duplicate":true})") {
    ack.duplicate = true;
    return ack;
  }
  return slow();
}

Error no_stream_for(std::string_view subject) {
  Error error{.code = Code::not_found,
              .message = fmt::format("no stream takes the subject {}", subject),
              .hint = "noetl-nats stream list shows the streams and their subjects"};
  error.details["subject"] = subject;
  return error;
}

}  // namespace noetl::nats::js
