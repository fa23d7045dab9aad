// Fast ingest (ADR-50, server 2.14): the server acknowledges every so many messages, and says how many may be under way.
#include <fmt/format.h>

#include "base/bytes.hpp"
#include "base/names.hpp"
#include "jetstream/bulk_parts.hpp"

namespace noetl::nats::js {
namespace {

constexpr int kFlow = 500;           ///< acknowledgement wanted every so many messages
constexpr std::uint64_t kAhead = 2;  ///< and so many of those may be outstanding
constexpr std::chrono::seconds kPing{1};

/// The last token but one of the reply subject of each message.
enum class Op { start = 0, append = 1, commit_only = 3, ping = 4 };

class IngestPublisher final : public BulkPublisher {
 public:
  IngestPublisher(Api& api, const BulkOptions& options) : api_(api), options_(options) {}

  bool add(const Outgoing& message, const Wait& wait) override;
  [[nodiscard]] std::uint64_t oldest() const override { return sent_; }
  BulkReport finish(const Wait& wait) override;

 private:
  Result<void> start(const Outgoing& message, const Wait& wait);
  Result<void> send(std::string_view subject, std::string_view payload, const wire::Headers& headers, Op op);
  /// Reads what the server says until `done()`.
  template <class Done>
  Result<void> read_until(const Done& done, const Wait& wait);
  Result<void> read(std::string_view text);
  void stop(Error error);

  Api& api_;
  BulkOptions options_;
  std::optional<wire::Inbox> inbox_;
  std::string reply_;          ///< "<inbox>.<id>.<flow>.fail."
  std::string subject_;        ///< of the last message
  std::uint64_t sent_ = 0;     ///< number of the last message, from 1
  std::uint64_t acked_ = 0;    ///< all up to this one are stored
  std::uint64_t allowed_ = 0;  ///< messages that may be under way
  bool started_ = false, committed_ = false;
  wire::Headers scratch_;
  BulkReport report_;
};

Result<void> IngestPublisher::send(std::string_view subject, std::string_view payload, const wire::Headers& headers, Op op) {
  const auto number = op == Op::ping ? sent_ : ++sent_;
  return api_.connection().publish_later(subject, payload, headers, fmt::format("{}{}.{}.$FI", reply_, number, static_cast<int>(op)));
}

Result<void> IngestPublisher::read(std::string_view text) {
  const Json answer = Json::parse(text, nullptr, false);
  if (!answer.is_object()) return fail(Code::internal, fmt::format("cannot read the answer of fast ingest on {}", subject_));
  const auto type = answer.value("type", std::string());
  if (type == "ack") {
    started_ = true;
    acked_ = std::max(acked_, answer.value("seq", std::uint64_t{0}));
    allowed_ = std::max<std::uint64_t>(1, answer.value("msgs", std::uint64_t{1})) * kAhead;
    return {};
  }
  if (type == "gap") return {};  // the end follows, with the number of messages that are stored
  if (type == "err") {
    const Json refused = {{"error", answer.value("error", Json::object())}};
    auto problem = read_pub_ack(subject_, dump(refused));
    report_.failures.push_back({answer.value("seq", std::uint64_t{1}) - 1, problem ? Error{} : std::move(problem).error()});
    return {};
  }
  NN_TRY(const auto ack, read_pub_ack(subject_, text));
  if (!started_ && !answer.contains("batch"))
    return fail(Code::data_loss, fmt::format("{} takes no fast ingest: the first message was stored by itself", subject_));
  committed_ = true;
  acked_ = answer.value("count", std::uint64_t{0});
  report_.last_sequence = ack.sequence;
  report_.streams.insert(ack.stream);
  return {};
}

template <class Done>
Result<void> IngestPublisher::read_until(const Done& done, const Wait& wait) {
  while (!done()) {
    auto message = inbox_->next(wait.at_most(kPing));
    if (!message) {
      if (message.error().code != Code::deadline_exceeded || wait.expired()) return fail(std::move(message).error());
      NN_CHECK(send(subject_, "", {}, Op::ping));
      continue;
    }
    if (message->status() == 503) return fail(no_stream_for(subject_));
    NN_CHECK(read(message->data()));
  }
  return {};
}

Result<void> IngestPublisher::start(const Outgoing& message, const Wait& wait) {
  const auto id = random_name(22);
  const auto base = fmt::format("{}.{}", api_.connection().options().inbox_prefix, id);
  NN_TRY(auto inbox, api_.connection().subscribe(base + ".>"));
  inbox_.emplace(std::move(inbox));
  reply_ = fmt::format("{}.{}.fail.", base, kFlow);
  subject_ = message.subject;
  inbox_->blame(subject_);
  NN_TRY(const auto* headers, headers_of(message, options_.each, scratch_));
  NN_CHECK(send(message.subject, message.payload, *headers, Op::start));
  NN_CHECK(read_until([&] { return started_ || committed_; }, wait));
  return {};
}

void IngestPublisher::stop(Error error) {
  if (!report_.stopped) report_.stopped = std::move(error);
}

bool IngestPublisher::add(const Outgoing& message, const Wait& wait) {
  const auto attempt = [&]() -> Result<void> {
    if (!message.message_id.empty()) return fail(Code::invalid_argument, "mode fast takes no message ids", "use mode window, or auto");
    if (!inbox_) return start(message, wait);
    NN_CHECK(read_until([&] { return committed_ || sent_ < acked_ + allowed_; }, wait));
    if (committed_) return fail(Code::unavailable, "the server has ended the ingest");
    if (subject_ != message.subject) inbox_->blame(subject_ = message.subject);
    NN_TRY(const auto* headers, headers_of(message, options_.each, scratch_));
    return send(message.subject, message.payload, *headers, Op::append);
  };
  if (report_.stopped) return false;
  const auto before = sent_;
  auto done = attempt();
  if (done) return true;
  stop(std::move(done).error());
  report_.not_sent = sent_ > before ? sent_ : before;
  return false;
}

BulkReport IngestPublisher::finish(const Wait& wait) {
  const auto messages = sent_;
  if (started_ && !committed_ && !(report_.stopped && report_.stopped->code == Code::unavailable)) {
    auto done = send(subject_, "", {}, Op::commit_only);
    if (done) done = read_until([&] { return committed_; }, wait);
    if (!done) stop(std::move(done).error());
  }
  report_.count = std::min(acked_, messages);
  for (auto index = report_.count; index < messages; ++index) {
    const bool refused =
        std::any_of(report_.failures.begin(), report_.failures.end(), [&](const auto& each) { return each.index == index; });
    if (refused) continue;
    if (committed_)
      report_.failures.push_back({index, Error{.code = Code::unavailable, .message = "the ingest had ended before this message"}});
    else
      report_.unknown.push_back(index);
  }
  put_in_order(report_);
  return std::move(report_);
}

}  // namespace

std::unique_ptr<BulkPublisher> ingest_publisher(Api& api, const BulkOptions& options) {
  return std::make_unique<IngestPublisher>(api, options);
}

}  // namespace noetl::nats::js
