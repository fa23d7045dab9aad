// Many keys in one call: batched direct gets, and writes that are many on their way.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <unordered_set>

#include "base/names.hpp"
#include "jetstream/buckets.hpp"
#include "jetstream/kv.hpp"
#include "jetstream/pace.hpp"
#include "wire/requests.hpp"

namespace noetl::nats::js {
namespace {

constexpr std::size_t kKeysInRequest = 1000;      // the server takes 1024 subjects
constexpr std::size_t kBytesOfKeys = 256 * 1024;  // of a request; a key may have 3.9 KB
constexpr std::size_t kRequestsInFlight = 3;      // times kBytesInAnswer: below the 64 MiB that the server holds for a client
constexpr std::int64_t kBytesInAnswer = 8'388'608;
constexpr std::size_t kWritesInFlight = 1024;
constexpr std::size_t kBytesInFlight = 8 * 1024 * 1024;

std::uint64_t number(const std::optional<std::string>& text) {
  std::uint64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

/// One batched direct get after the other until all keys were asked for, several of them on the way at once.
class BatchedGet {
 public:
  BatchedGet(Api& api, const std::string& stream, std::string prefix, std::span<const std::string> keys, std::uint64_t up_to)
      : api_(api), subject_(api.subject("DIRECT.GET." + stream)), prefix_(std::move(prefix)), keys_(keys), up_to_(up_to) {}

  /// False: the server does not know such requests, or may not be asked them.
  Result<bool> run(const Wait& wait, std::vector<KvEntry>& out);

 private:
  struct Slot {
    std::size_t first = 0, count = 0;  ///< of keys_
    bool open = false;
  };
  Result<void> ask(wire::Inbox& inbox, std::size_t slot, std::uint64_t from, std::uint64_t up_to);
  Result<void> ask_next(wire::Inbox& inbox, std::size_t slot);
  Result<bool> take(wire::Inbox& inbox, const wire::Message& message, std::vector<KvEntry>& out);

  Api& api_;
  std::string subject_, prefix_;
  std::span<const std::string> keys_;
  std::uint64_t up_to_;
  std::size_t next_key_ = 0, open_ = 0;
  std::array<Slot, kRequestsInFlight> slots_{};
};

Result<void> BatchedGet::ask(wire::Inbox& inbox, std::size_t slot, std::uint64_t from, std::uint64_t up_to) {
  Json subjects = Json::array();
  for (const auto& key : keys_.subspan(slots_[slot].first, slots_[slot].count)) subjects.push_back(prefix_ + key);
  Json body{{"multi_last", std::move(subjects)}, {"batch", kKeysInRequest}, {"max_bytes", kBytesInAnswer}};
  if (from > 0) body["seq"] = from;
  if (up_to > 0) body["up_to_seq"] = up_to;
  return api_.connection().publish(subject_, dump(body), {}, fmt::format("{}.{}", inbox.subject(), slot));
}

Result<void> BatchedGet::ask_next(wire::Inbox& inbox, std::size_t slot) {
  auto& each = slots_[slot];
  if (std::exchange(each.open, false)) --open_;
  each.first = next_key_;
  std::size_t bytes = 0;
  while (next_key_ < keys_.size() && next_key_ - each.first < kKeysInRequest && bytes < kBytesOfKeys) bytes += keys_[next_key_++].size();
  each.count = next_key_ - each.first;
  if (each.count == 0) return {};
  each.open = true;
  ++open_;
  return ask(inbox, slot, 0, up_to_);
}

/// False: the server does not know what we asked for.
Result<bool> BatchedGet::take(wire::Inbox& inbox, const wire::Message& message, std::vector<KvEntry>& out) {
  if (message.status() == 503) return false;  // nobody answers, and it does not say to which request
  const auto slot = number(std::string(message.subject().substr(message.subject().rfind('.') + 1)));
  if (slot >= slots_.size() || !slots_[slot].open) return true;
  const auto status = message.status();
  if (!status) {
    if (!message.header("Nats-Num-Pending")) return false;
    NN_TRY(auto entry, kv_entry_of(message, prefix_));
    out.push_back(std::move(entry));
    return true;
  }
  if (status == 204 && number(message.header("Nats-Num-Pending")) > 0) {
    NN_CHECK(ask(inbox, slot, number(message.header("Nats-Last-Sequence")) + 1, number(message.header("Nats-UpTo-Sequence"))));
    return true;
  }
  if (status != 204 && status != 404) return false;
  NN_CHECK(ask_next(inbox, slot));
  return true;
}

Result<bool> BatchedGet::run(const Wait& wait, std::vector<KvEntry>& out) {
  const Pace pace(wait);
  NN_TRY(auto inbox, api_.connection().reply_inbox());
  inbox.blame(subject_);
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) NN_CHECK(ask_next(inbox, slot));
  while (open_ > 0) {
    // Servers before 2.11 do not answer at all where the bucket does not allow direct gets: do not wait long for them.
    const bool first = out.empty();
    const Wait step = pace.step();
    const auto reply = inbox.next(first ? step.at_most(std::min<Clock::duration>(step.remaining() / 3, std::chrono::seconds(1))) : step);
    if (!reply && first && (reply.error().code == Code::deadline_exceeded || reply.error().code == Code::permission_denied)) return false;
    if (!reply) return fail(reply.error());
    NN_TRY(const bool known, take(inbox, *reply, out));
    if (!known) return false;
  }
  return true;
}

}  // namespace

// ---- read ------------------------------------------------------------------------------------------------------------------

Result<std::optional<std::vector<KvEntry>>> Kv::get_batched(std::span<const std::string> keys, std::uint64_t up_to, const Wait& wait) {
  std::vector<KvEntry> found;
  NN_TRY(const bool known, BatchedGet(*api_, stream_, read_subject(""), keys, up_to).run(wait, found));
  if (!known) return std::nullopt;
  return std::optional(std::move(found));
}

Result<std::vector<KvEntry>> Kv::get_singly(std::span<const std::string> keys, bool consistent, const Wait& wait) {
  NN_TRY(const Place* where, place(wait));  // or there is no such bucket
  const Pace pace(wait);
  std::vector<KvEntry> found;
  std::vector<const std::string*> left;  // for the leader
  if (!consistent && where->config.value("allow_direct", false)) {
    std::optional<Error> failed;
    wire::Requests requests(api_->connection(), {.window = 256});
    for (const auto& key : keys) {
      const auto done = [&](Result<wire::Message> reply) {
        if (!reply && reply.error().details.contains("no_responders")) return left.push_back(&key);
        auto entry = reply && reply->header("Nats-Sequence") ? kv_entry_of(*reply, where->reads) : Result<KvEntry>();
        if (reply && !reply->header("Nats-Sequence")) return;
        if (!reply) entry = fail(std::move(reply).error());
        if (entry)
          found.push_back(*std::move(entry));
        else
          failed = std::move(entry).error();
      };
      NN_CHECK(requests.submit(api_->subject(fmt::format("DIRECT.GET.{}.{}", stream_, read_subject(key))), "", {}, done, pace.step()));
      if (failed) break;
    }
    NN_CHECK(requests.drain(pace.step()));
    if (failed) return fail(*std::move(failed));
  } else {
    for (const auto& key : keys) left.push_back(&key);
  }
  for (const auto* key : left) {
    NN_TRY(auto entry, last_entry(*key, pace.step()));
    if (entry) found.push_back(*std::move(entry));
  }
  return found;
}

Result<std::vector<KvEntry>> Kv::get_many(std::span<const std::string> keys, const KvGetManyOptions& options, const Wait& wait) {
  NN_CHECK(check_bucket_name(bucket_));
  for (const auto& key : keys) NN_CHECK(check(key));
  if (keys.empty()) {
    NN_CHECK(place(wait));
    return std::vector<KvEntry>{};
  }
  std::optional<std::vector<KvEntry>> found;
  if (!options.consistent) {
    NN_TRY(found, get_batched(keys, options.up_to_revision, wait));
    if (found && found->size() < keys.size() && !place_) {  // absent, or a mirror, which keeps the subjects of its origin
      const auto looked = place(wait);
      if (!looked && looked.error().code != Code::permission_denied) return fail(looked.error());
      if (looked && place_->config.contains("mirror")) {
        NN_TRY(found, get_batched(keys, options.up_to_revision, wait));
      }
    }
  }
  if (!found) {
    if (options.up_to_revision > 0) NN_CHECK(api_->require_level(1, "up_to_revision", wait));
    NN_TRY(found, get_singly(keys, options.consistent, wait));
  }
  std::erase_if(*found, [](const KvEntry& entry) { return entry.is_marker(); });
  std::ranges::sort(*found, {}, &KvEntry::revision);
  // A key that was given twice is there once.
  const auto twice = std::ranges::unique(*found, {}, &KvEntry::revision);
  found->erase(twice.begin(), twice.end());
  return *std::move(found);
}

// ---- write -----------------------------------------------------------------------------------------------------------------

Result<std::vector<Result<KvPut>>> Kv::put_many(std::span<const KvWrite> writes, const KvPutOptions& options, const Wait& wait) {
  NN_CHECK(check_bucket_name(bucket_));
  std::size_t largest = 1;
  for (const auto& each : writes) {
    NN_CHECK(check(each.key));
    largest = std::max(largest, each.value.size());
  }
  NN_CHECK(place(wait));
  NN_TRY(const auto publish_options, with_ttl(writes.empty() ? "" : writes.front().key, options.ttl, true, wait));

  const Pace pace(wait);
  std::vector<Result<KvPut>> out(writes.size(), fail(Code::internal, "not answered"));
  wire::Requests requests(api_->connection(), {.window = std::clamp<std::size_t>(kBytesInFlight / largest, 1, kWritesInFlight)});
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (wait.cancelled()) return cancelled();
    const auto& each = writes[i];
    const auto subject = write_subject(each.key);
    const auto done = [this, &out, &each, subject, i](Result<wire::Message> reply) {
      auto ack = reply ? read_pub_ack(subject, reply->data()) : Result<PubAck>(fail(std::move(reply).error()));
      if (ack)
        out[i] = KvPut{ack->sequence, ack->duplicate};
      else
        out[i] = fail(named(std::move(ack).error(), each.key));
    };
    PublishOptions own = publish_options;
    own.last_subject_sequence = each.revision;
    NN_TRY(const auto headers, publish_headers({}, own));
    auto sent = requests.submit(subject, each.value, headers, done, pace.step());
    if (!sent && sent.error().code == Code::cancelled) return fail(std::move(sent).error());
    if (!sent) out[i] = fail(std::move(sent).error());
  }
  NN_CHECK(requests.drain(pace.step()));
  return out;
}

Result<void> all_written(std::span<const KvWrite> writes, std::span<const Result<KvPut>> outcomes) {
  const auto first = std::ranges::find_if(outcomes, [](const auto& each) { return !each; });
  if (first == outcomes.end()) return {};
  Error error = first->error();
  Json revisions = Json::object(), errors = Json::array();
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const std::string key(writes[i].key);
    if (outcomes[i]) {
      revisions[key] = outcomes[i]->revision;
      continue;
    }
    const Error& each = outcomes[i].error();
    errors.push_back({{"key", key}, {"code", name_of(each.code)}, {"message", each.message}, {"maybe_applied", each.maybe_applied}});
    error.maybe_applied = error.maybe_applied || each.maybe_applied;
  }
  error.message = fmt::format("{} of {} keys were not written; the first: {}", errors.size(), writes.size(), error.message);
  error.maybe_applied = error.maybe_applied || !revisions.empty();
  error.details["revisions"] = std::move(revisions);
  error.details["errors"] = std::move(errors);
  return fail(std::move(error));
}

}  // namespace noetl::nats::js
