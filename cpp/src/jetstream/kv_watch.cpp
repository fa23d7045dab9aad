#include "jetstream/kv_watch.hpp"

#include <fmt/format.h>

#include "jetstream/buckets.hpp"

namespace noetl::nats::js {
namespace {

/// A watch reads few messages ahead: what it has read and nobody has taken is memory.
constexpr std::size_t kBatch = 4096;

Result<void> check_options(const KvWatchOptions& options) {
  const int starts = int(options.updates_only) + int(options.include_history) + int(options.from_revision > 0);
  if (starts <= 1) return {};
  return fail(Code::invalid_argument, "updates_only, include_history and from_revision exclude each other: give one of them");
}

}  // namespace

KvWatch::KvWatch(Api& api, std::string bucket, std::string prefix, const KvWatchOptions& options, OrderedOptions ordered)
    : bucket_(std::move(bucket)),
      prefix_(std::move(prefix)),
      options_(options),
      reader_(api, bucket_stream(BucketKind::kv, bucket_), std::move(ordered)),
      last_(options.from_revision) {}

Result<std::unique_ptr<KvWatch>> KvWatch::open(Api& api, const std::string& bucket, const KvWatchOptions& options, const Wait& wait) {
  NN_CHECK(check_options(options));
  Kv kv(api, bucket);
  OrderedOptions ordered{.filters = {}, .headers_only = options.meta_only, .batch = kBatch, .heartbeat = options.heartbeat};
  NN_TRY(ordered.filters, kv.subjects_of(options.filters, wait));
  if (options.include_history) ordered.from = 1;
  if (options.from_revision > 0) ordered.from = options.from_revision + 1;
  // "new" would be counted from the moment when the server makes the consumer, and again when it has to make another one.
  if (options.updates_only) ordered.from = kv.place_->last_revision + 1;
  auto watch = std::unique_ptr<KvWatch>(new KvWatch(api, bucket, kv.place_->reads, options, std::move(ordered)));
  NN_CHECK(watch->reader_.open(wait));
  return watch;
}

Result<KvEntry> KvWatch::entry_of(const Delivered& delivered) const {
  const auto& [message, delivery] = delivered;
  if (!message.subject().starts_with(prefix_))
    return fail(Code::internal, fmt::format("bucket '{}' holds a message on {}", bucket_, message.subject()));
  return KvEntry{.key = std::string(message.subject().substr(prefix_.size())),
                 .value = std::string(message.data()),
                 .revision = delivery.stream_sequence,
                 .created = delivery.unix_nanos,
                 .ttl = {},
                 .operation = kv_operation_of(message)};
}

Result<std::optional<KvEntry>> KvWatch::next(const Wait& wait) {
  const bool was_current = is_current();
  while (true) {
    // Whoever waits for the end of what was there must hear of it, also when no change follows.
    if (is_current() && !was_current) return std::nullopt;
    auto delivered = reader_.next(wait);
    if (!delivered) {
      const bool gone = err_code_of(delivered.error()) == kStreamNotFound;
      return fail(gone ? no_bucket(BucketKind::kv, bucket_) : std::move(delivered).error());
    }
    if (!*delivered) return std::nullopt;
    last_ = (*delivered)->delivery.stream_sequence;
    NN_TRY(auto entry, entry_of(**delivered));
    if (options_.ignore_deletes && entry.is_marker()) continue;
    return std::optional(std::move(entry));
  }
}

}  // namespace noetl::nats::js
