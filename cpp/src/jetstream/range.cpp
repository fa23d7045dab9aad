#include "jetstream/range.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace noetl::nats::js {

Result<void> RangeReader::ask(const Wait&) {
  NN_TRY(auto inbox, api_->connection().reply_inbox());
  const auto subject = api_->subject("DIRECT.GET." + stream_);
  const Json body{{"seq", next_}, {"next_by_subj", filter_}, {"batch", options_.batch}, {"max_bytes", options_.max_bytes}};
  inbox.blame(subject);
  NN_CHECK(api_->connection().publish(subject, dump(body), {}, inbox.subject()));
  batch_.emplace(std::move(inbox));
  return {};
}

Result<std::optional<StoredMessage>> RangeReader::next(const Wait& wait) {
  return way_ == Way::batches ? next_of_batch(wait) : next_single(wait);
}

Result<std::optional<StoredMessage>> RangeReader::next_of_batch(const Wait& wait) {
  while (true) {
    const bool first = !batch_;
    if (first) NN_CHECK(ask(wait));
    // Servers before 2.11 do not answer at all where the stream does not allow direct gets: do not wait long for them.
    const auto patience = std::min<Clock::duration>(wait.remaining() / 3, std::chrono::seconds(1));
    auto reply = batch_->next(first ? wait.at_most(patience) : wait);
    if (!reply && !(first && reply.error().code == Code::deadline_exceeded)) return fail(std::move(reply).error());
    const auto status = reply ? reply->status() : std::optional(503);
    if (reply && reply->header("Nats-Sequence")) {
      auto message = stored_message(*reply);
      next_ = message.sequence + 1;
      if (!reply->header("Nats-Num-Pending")) way_ = Way::singles, batch_.reset();  // before 2.11: it gave one message
      return message;
    }
    batch_.reset();
    if (status == 404) return std::nullopt;
    if (status != 204) {
      way_ = Way::leader;
      return next_single(wait);
    }
    if (reply->header("Nats-Num-Pending").value_or("0") == "0") return std::nullopt;
  }
}

Result<std::optional<StoredMessage>> RangeReader::next_single(const Wait& wait) {
  const MessageQuery query{.sequence = next_, .next_by = filter_};
  auto message = way_ == Way::singles ? get_message_direct(*api_, stream_, query, wait) : get_message(*api_, stream_, query, wait);
  if (!message) {
    if (message.error().code == Code::not_found && err_code_of(message.error()) != kStreamNotFound) return std::nullopt;
    return fail(std::move(message).error());
  }
  next_ = message->sequence + 1;
  return std::optional(*std::move(message));
}

}  // namespace noetl::nats::js
