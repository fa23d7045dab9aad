// Atomic batches (ADR-50): the messages of a batch are stored all together, with their commit, or none of them is.
#include <fmt/format.h>

#include <vector>

#include "base/bytes.hpp"
#include "jetstream/bulk_parts.hpp"

namespace noetl::nats::js {
namespace {

class AtomicPublisher final : public BulkPublisher {
 public:
  AtomicPublisher(Api& api, const BulkOptions& options) : api_(api), options_(options) {}

  bool add(const Outgoing& message, const Wait& wait) override;
  [[nodiscard]] std::uint64_t oldest() const override { return begin_; }
  BulkReport finish(const Wait& wait) override;

 private:
  [[nodiscard]] Result<wire::Headers> headers_at(std::size_t at, bool commit);
  Result<wire::Message> send_request(std::size_t at, bool commit, const Wait& wait);
  /// Sends what was gathered as one batch, and reads the answer to its commit.
  Result<void> commit(const Wait& wait);
  Result<void> read_commit(std::string_view answer);
  [[nodiscard]] std::string_view subject() const { return batch_.front().subject; }

  Api& api_;
  BulkOptions options_;
  std::vector<Outgoing> batch_;
  std::string id_;
  std::uint64_t next_ = 0;   ///< index of the message that is added next
  std::uint64_t begin_ = 0;  ///< index of the first message of the batch
  bool maybe_stored_ = false;
  wire::Headers scratch_;
  BulkReport report_;
};

bool AtomicPublisher::add(const Outgoing& message, const Wait& wait) {
  if (report_.stopped) return false;
  if (batch_.size() == options_.batch) {
    if (const auto done = commit(wait); !done) return false;
  }
  batch_.push_back(message);
  ++next_;
  return true;
}

Result<wire::Headers> AtomicPublisher::headers_at(std::size_t at, bool commit) {
  NN_TRY(const auto* given, headers_of(batch_[at], options_.each, scratch_));
  wire::Headers headers = *given;
  headers.add("Nats-Batch-Id", id_);
  headers.add("Nats-Batch-Sequence", std::to_string(at + 1));
  if (commit) headers.add("Nats-Batch-Commit", "1");
  return headers;
}

Result<wire::Message> AtomicPublisher::send_request(std::size_t at, bool commit, const Wait& wait) {
  NN_TRY(const auto headers, headers_at(at, commit));
  auto reply = api_.connection().request(batch_[at].subject, batch_[at].payload, headers, wait);
  if (!reply && reply.error().details.contains("no_responders")) return fail(no_stream_for(batch_[at].subject));
  return reply;
}

Result<void> AtomicPublisher::read_commit(std::string_view answer) {
  NN_TRY(const auto ack, read_pub_ack(subject(), answer));
  const Json document = Json::parse(answer, nullptr, false);
  if (document.value("batch", std::string()) != id_ || document.value("count", std::uint64_t{0}) != batch_.size())
    return fail(Code::data_loss, fmt::format("stream {} stored the messages one by one, not as a batch", ack.stream),
                "the server does not know atomic batches, or a server of the cluster is too old");
  const auto last = ack.sequence;
  note_ack(report_, {ack.stream, last - batch_.size() + 1, false, ack.domain});
  note_ack(report_, ack);
  report_.count += batch_.size() - 2;  // a batch of one was counted twice
  return {};
}

Result<void> AtomicPublisher::commit(const Wait& wait) {
  const auto run = [&]() -> Result<void> {
    id_ = random_name(22);
    maybe_stored_ = false;
    const auto last = batch_.size() - 1;
    if (last > 0) {
      NN_TRY(const auto begun, send_request(0, false, wait));
      if (!begun.data().empty()) {
        if (auto refused = read_pub_ack(subject(), begun.data()); !refused) return fail(std::move(refused).error());
        return fail(Code::data_loss, fmt::format("{} takes no atomic batch: the first message was stored by itself", subject()),
                    "the server does not know atomic batches");
      }
    }
    for (std::size_t at = 1; at < last; ++at) {
      NN_TRY(const auto headers, headers_at(at, false));
      NN_CHECK(api_.connection().publish_later(batch_[at].subject, batch_[at].payload, headers));
    }
    maybe_stored_ = true;
    NN_TRY(const auto reply, send_request(last, true, wait));
    maybe_stored_ = false;
    return read_commit(reply.data());
  };
  auto done = run();
  if (!done) {
    Error error = done.error();
    const bool unknown =
        maybe_stored_ && (error.code == Code::deadline_exceeded || error.code == Code::unavailable || error.code == Code::cancelled);
    for (auto index = begin_; index < next_; ++index) {
      if (unknown || error.code == Code::data_loss)
        report_.unknown.push_back(index);
      else
        report_.failures.push_back({index, error});
    }
    report_.not_sent = next_;
    report_.stopped = std::move(error);
  }
  begin_ = next_;
  batch_.clear();
  return done;
}

BulkReport AtomicPublisher::finish(const Wait& wait) {
  if (!batch_.empty() && !report_.stopped)
    if (const auto done = commit(wait); !done) report_.not_sent.reset();  // there were no more
  return std::move(report_);
}

}  // namespace

std::unique_ptr<BulkPublisher> atomic_publisher(Api& api, const BulkOptions& options) {
  return std::make_unique<AtomicPublisher>(api, options);
}

}  // namespace noetl::nats::js
