#include "jetstream/kv.hpp"

#include <fmt/format.h>

#include <charconv>
#include <unordered_map>

#include "base/names.hpp"
#include "jetstream/buckets.hpp"
#include "jetstream/range.hpp"
#include "jetstream/scan.hpp"

namespace noetl::nats::js {
namespace {

constexpr const char* kOperationHeader = "KV-Operation";
constexpr const char* kMarkerReasonHeader = "Nats-Marker-Reason";
constexpr const char* kDefaultPrefix = "$JS.API";

// err_codes of the server that a bucket explains better than its stream.
constexpr int kStreamIsFull = 10077;  // on publish: max_bytes or max_msgs with discard new
constexpr int kMessageTooLarge = 10054;

bool missing_message(const Error& error) { return error.code == Code::not_found && err_code_of(error) != kStreamNotFound; }
bool missing_stream(const Error& error) { return err_code_of(error) == kStreamNotFound; }

std::string described(std::string_view key, std::string_view bucket) { return fmt::format("key '{}' in bucket '{}'", key, bucket); }

/// "$KV.src." of a mirror of KV_src, or what its first subject transform makes of it.
std::string mirrored_subjects(const Json& mirror) {
  const auto transforms = mirror.value("subject_transforms", Json::array());
  if (!transforms.empty()) {
    auto dest = transforms.front().value("dest", std::string());
    if (dest.ends_with('>')) return dest.substr(0, dest.size() - 1);
  }
  std::string_view origin = mirror["name"].get_ref<const std::string&>();
  if (origin.starts_with("KV_")) origin.remove_prefix(3);
  return fmt::format("$KV.{}.", origin);
}

}  // namespace

std::string_view name_of(KvOperation operation) {
  switch (operation) {
    case KvOperation::put:
      return "put";
    case KvOperation::remove:
      return "delete";
    case KvOperation::purge:
      return "purge";
    case KvOperation::expired:
      return "expired";
  }
  return "put";
}

KvOperation kv_operation_of(std::optional<std::string_view> operation, std::optional<std::string_view> marker_reason) {
  if (operation == "DEL") return KvOperation::remove;
  if (operation == "PURGE") return KvOperation::purge;
  if (marker_reason == "MaxAge") return KvOperation::expired;
  if (marker_reason == "Purge") return KvOperation::purge;
  if (marker_reason == "Remove") return KvOperation::remove;
  return KvOperation::put;
}

namespace {

std::optional<Nanos> ttl_of(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  const auto read = parse_duration(*text);  // "never" is none
  return read ? std::optional(*read) : std::nullopt;
}

}  // namespace

KvOperation kv_operation_of(const wire::Message& message) {
  return kv_operation_of(message.header(kOperationHeader), message.header(kMarkerReasonHeader));
}

Result<KvEntry> kv_entry_of(const wire::Message& direct_reply, std::string_view prefix) {
  auto key = direct_reply.header("Nats-Subject").value_or("");
  if (!key.starts_with(prefix)) return fail(Code::internal, fmt::format("a message on {}, not below {}", key, prefix));
  key.erase(0, prefix.size());
  const auto sequence = direct_reply.header("Nats-Sequence").value_or("");
  std::uint64_t revision = 0;
  std::from_chars(sequence.data(), sequence.data() + sequence.size(), revision);
  NN_TRY(const auto created, parse_time(direct_reply.header("Nats-Time-Stamp").value_or("")));
  const auto ttl = ttl_of(direct_reply.header("Nats-TTL"));
  return KvEntry{std::move(key), std::string(direct_reply.data()), revision, created, ttl, kv_operation_of(direct_reply)};
}

std::chrono::seconds whole_seconds(Nanos ttl) { return std::chrono::ceil<std::chrono::seconds>(ttl); }

Kv::Kv(Api& api, std::string bucket) : api_(&api), bucket_(std::move(bucket)), stream_(bucket_stream(BucketKind::kv, bucket_)) {}

Result<void> Kv::check(std::string_view key) const {
  NN_CHECK(check_bucket_name(bucket_));
  if (const auto problem = check_kv_key(key)) return fail(Code::invalid_argument, fmt::format("key {} {}", in_quotes(key), *problem));
  return {};
}

Result<const Kv::Place*> Kv::place(const Wait& wait) {
  if (place_) return &*place_;
  NN_CHECK(check_bucket_name(bucket_));
  NN_TRY(const auto info, api_->find("STREAM.INFO." + stream_, nullptr, wait));
  if (!info) return fail(no_bucket(BucketKind::kv, bucket_));
  Place found{(*info)["config"], (*info)["state"].value("last_seq", std::uint64_t{0}), read_subject(""), write_subject("")};
  if (found.config.contains("mirror") && found.config["mirror"].is_object()) {
    const Json& mirror = found.config["mirror"];
    found.reads = found.writes = mirrored_subjects(mirror);
    const auto external = mirror.value("external", Json::object()).value("api", std::string());
    if (!external.empty()) found.writes = external + "." + found.writes;
  }
  place_ = std::move(found);
  return &*place_;
}

std::string Kv::read_subject(std::string_view key) const {
  return place_ ? place_->reads + std::string(key) : fmt::format("$KV.{}.{}", bucket_, key);
}

std::string Kv::write_subject(std::string_view key) const {
  if (place_) return place_->writes + std::string(key);
  // The server maps <prefix>.$KV.> of a domain to the bucket there; a bare $KV.> would stay in our own domain.
  const std::string domain = api_->prefix() == kDefaultPrefix ? "" : api_->prefix() + ".";
  return fmt::format("{}$KV.{}.{}", domain, bucket_, key);
}

Error Kv::named(Error error, std::string_view key) const {
  if (missing_stream(error)) return no_bucket(BucketKind::kv, bucket_);
  const int err_code = err_code_of(error);
  if (err_code == 0) return error;
  const auto text = error.details["nats"].value("description", error.message);
  error.message = fmt::format("{}: {}", described(key, bucket_), text);
  if (err_code == kStreamIsFull) {
    error.message = fmt::format("bucket '{}' is full: {}", bucket_, text);
    error.hint = fmt::format("noetl-nats kv-bucket apply {} --max-bytes SIZE raises the limit; kv purge makes room", bucket_);
  } else if (err_code == kMessageTooLarge) {
    error.message = fmt::format("{}: the value is over the bucket's max_value_size", described(key, bucket_));
  }
  return error;
}

Error Kv::already_exists(const KvEntry& present) const {
  Error error{.code = Code::already_exists,
              .message = fmt::format("{} exists already, at revision {}", described(present.key, bucket_), present.revision),
              .hint = "kv_put overwrites it; kv_update does so only at a revision that you name"};
  error.details["current_revision"] = present.revision;
  return error;
}

Error Kv::conflict(std::string_view key, std::uint64_t expected, const KvEntry& present) const {
  const std::string state = present.is_marker()
                                ? fmt::format("was removed ({}) at revision {}", name_of(present.operation), present.revision)
                                : fmt::format("is at revision {}", present.revision);
  Error error{.code = Code::conflict,
              .message = fmt::format("{} {}, not at revision {}", described(key, bucket_), state, expected),
              .hint = "somebody was faster: read the key again and use its revision"};
  error.details["current_revision"] = present.revision;
  return error;
}

Error Kv::lost_race(std::string_view key, std::uint64_t expected, const Wait& wait) {
  const auto present = last_entry(key, wait);
  if (!present) return present.error();
  if (*present) return conflict(key, expected, **present);
  return {.code = Code::not_found,
          .message = described(key, bucket_) + " does not exist",
          .hint = "kv_create writes a key that is not there yet"};
}

// ---- read ------------------------------------------------------------------------------------------------------------------

Result<KvEntry> Kv::entry_of(StoredMessage message) const {
  const auto prefix = read_subject("");
  if (!message.subject.starts_with(prefix))
    return fail(Code::internal, fmt::format("bucket '{}' holds a message on {}", bucket_, message.subject));
  NN_TRY(const auto created, parse_time(message.time));
  return KvEntry{message.subject.substr(prefix.size()),
                 std::move(message.data),
                 message.sequence,
                 created,
                 ttl_of(message.headers.get("Nats-TTL")),
                 kv_operation_of(message.headers.get(kOperationHeader), message.headers.get(kMarkerReasonHeader))};
}

template <class Find>
Result<std::optional<KvEntry>> Kv::find_entry(const Find& find, const Wait& wait) {
  auto message = find();
  if (!message && missing_message(message.error()) && !place_) {
    const auto looked = place(wait);
    if (!looked && looked.error().code != Code::permission_denied) return fail(looked.error());
    if (looked && place_->config.contains("mirror")) message = find();
  }
  if (message) {
    NN_TRY(auto entry, entry_of(*std::move(message)));
    return std::optional(std::move(entry));
  }
  if (missing_message(message.error())) return std::nullopt;
  return fail(missing_stream(message.error()) ? no_bucket(BucketKind::kv, bucket_) : std::move(message).error());
}

Result<std::optional<KvEntry>> Kv::get(std::string_view key, bool consistent, const Wait& wait) {
  NN_CHECK(check(key));
  NN_TRY(auto entry, find_entry(
                         [&] {
                           const MessageQuery query{.last_by = read_subject(key)};
                           return consistent ? get_message(*api_, stream_, query, wait) : get_message_direct(*api_, stream_, query, wait);
                         },
                         wait));
  if (entry && entry->is_marker()) return std::nullopt;
  return entry;
}

Result<std::optional<KvEntry>> Kv::get_revision(std::string_view key, std::uint64_t revision, const Wait& wait) {
  NN_CHECK(check(key));
  auto message = get_message_direct(*api_, stream_, {.sequence = revision}, wait);
  if (!message && missing_message(message.error())) return std::nullopt;
  if (!message) return fail(missing_stream(message.error()) ? no_bucket(BucketKind::kv, bucket_) : std::move(message).error());
  if (message->subject != read_subject(key) && !place_) NN_CHECK(place(wait));  // a mirror keeps the subjects of its origin
  if (message->subject != read_subject(key)) return std::nullopt;
  NN_TRY(auto entry, entry_of(*std::move(message)));
  if (entry.is_marker()) return std::nullopt;
  return std::optional(std::move(entry));
}

Result<std::optional<KvEntry>> Kv::last_entry(std::string_view key, const Wait& wait) {
  NN_CHECK(check(key));
  return find_entry([&] { return get_message(*api_, stream_, {.last_by = read_subject(key)}, wait); }, wait);
}

Result<std::vector<std::string>> Kv::subjects_of(const std::vector<std::string>& filters, const Wait& wait) {
  for (const auto& filter : filters)
    if (const auto problem = check_kv_filter(filter))
      return fail(Code::invalid_argument, fmt::format("filter {} {}", in_quotes(filter), *problem));
  NN_TRY(const Place* where, place(wait));
  std::vector<std::string> subjects;
  for (const auto& filter : filters) subjects.push_back(where->reads + filter);
  if (subjects.empty()) subjects.push_back(where->reads + ">");
  return subjects;
}

Result<KvKeys> Kv::keys(const KvKeysOptions& options, const Wait& wait) {
  NN_TRY(const auto subjects, subjects_of(options.filters, wait));
  const std::size_t prefix = read_subject("").size();
  struct Seen {
    std::uint64_t order;
    bool gone;
  };
  std::unordered_map<std::string, Seen> seen;
  std::uint64_t order = 0, alive = 0;
  const auto take = [&](const wire::Message& message) {
    const bool gone = kv_operation_of(message) != KvOperation::put;
    std::string key(message.subject().substr(prefix));
    if (options.accepts && !options.accepts(key)) return true;
    const auto [place, is_new] = seen.try_emplace(std::move(key), Seen{0, true});
    if (place->second.gone != gone) alive += gone ? std::uint64_t(-1) : 1;
    place->second = {order++, gone};
    return alive <= options.limit;  // one more says that there are more
  };
  NN_CHECK(scan_last_headers(*api_, stream_, subjects, take, wait));
  KvKeys out;
  out.keys.resize(order);
  while (!seen.empty()) {
    auto node = seen.extract(seen.begin());
    if (!node.mapped().gone) out.keys[node.mapped().order] = std::move(node.key());
  }
  std::erase(out.keys, "");
  out.truncated = out.keys.size() > options.limit;
  if (out.truncated) out.keys.resize(options.limit);
  return out;
}

Result<std::vector<KvEntry>> Kv::history_now(const std::string& subject, const Wait& wait) {
  RangeReader reader(*api_, stream_, subject);
  std::vector<KvEntry> entries;
  while (true) {
    auto message = reader.next(wait);
    if (!message) return fail(missing_stream(message.error()) ? no_bucket(BucketKind::kv, bucket_) : std::move(message).error());
    if (!*message) return entries;
    NN_TRY(auto entry, entry_of(**std::move(message)));
    entries.push_back(std::move(entry));
  }
}

Result<std::vector<KvEntry>> Kv::history(std::string_view key, const Wait& wait) {
  NN_CHECK(check(key));
  NN_TRY(auto entries, history_now(read_subject(key), wait));
  if (!entries.empty() || place_) return entries;
  NN_TRY(const Place* where, place(wait));  // nothing there, or a mirror, which keeps the subjects of its origin
  return where->config.contains("mirror") ? history_now(read_subject(key), wait) : std::move(entries);
}

// ---- write -----------------------------------------------------------------------------------------------------------------

Result<PublishOptions> Kv::with_ttl(std::string_view key, std::optional<Nanos> ttl, bool needs_no_history, const Wait& wait) {
  if (!ttl) return PublishOptions{};
  if (*ttl < std::chrono::seconds(1))
    return fail(Code::invalid_argument, fmt::format("ttl must be at least 1s, not {}", format_duration(*ttl)));
  NN_CHECK(api_->require_level(1, "ttl", wait));
  NN_TRY(const Place* where, place(wait));
  if (!where->config.value("allow_msg_ttl", false))
    return fail(Code::failed_precondition, fmt::format("ttl: bucket '{}' does not expire single keys", bucket_),
                fmt::format("noetl-nats kv-bucket apply {} --limit-marker-ttl 1m allows it; or give no ttl", bucket_));
  const auto history = where->config.value("max_msgs_per_subject", std::int64_t{1});
  if (needs_no_history && history != 1)
    return fail(Code::failed_precondition,
                fmt::format("ttl: {} would show an older value once this one has expired, because the bucket has history {}",
                            described(key, bucket_), history),
                "use a bucket with history 1; kv_create takes a ttl with any history");
  return PublishOptions{.ttl = whole_seconds(*ttl)};
}

Result<KvPut> Kv::write(std::string_view key, std::string_view value, const wire::Headers& headers, const PublishOptions& options,
                        const Wait& wait) {
  auto ack = publish(*api_, write_subject(key), value, headers, options, wait);
  if (!ack && ack.error().code == Code::not_found && !place_) {  // no stream has the subject: no such bucket, or a mirror
    NN_CHECK(place(wait));
    if (place_->config.contains("mirror")) ack = publish(*api_, write_subject(key), value, headers, options, wait);
  }
  if (!ack) return fail(named(std::move(ack).error(), key));
  return KvPut{ack->sequence, ack->duplicate};
}

Result<KvPut> Kv::put(std::string_view key, std::string_view value, const KvPutOptions& options, const Wait& wait) {
  NN_CHECK(check(key));
  NN_TRY(auto publish_options, with_ttl(key, options.ttl, true, wait));
  publish_options.message_id = options.message_id;
  return write(key, value, {}, publish_options, wait);
}

Result<KvPut> Kv::create(std::string_view key, std::string_view value, const KvPutOptions& options, const Wait& wait) {
  NN_CHECK(check(key));
  NN_TRY(auto expecting, with_ttl(key, options.ttl, false, wait));
  expecting.message_id = options.message_id;
  expecting.last_subject_sequence = 0;
  auto written = write(key, value, {}, expecting, wait);
  if (written || written.error().code != Code::conflict) return written;

  // Something is there. A marker counts as absent (ADR-8), so try once more on top of it.
  NN_TRY(const auto last, last_entry(key, wait));
  if (last && !last->is_marker()) return fail(already_exists(*last));
  expecting.last_subject_sequence = last ? last->revision : 0;
  written = write(key, value, {}, expecting, wait);
  if (written || written.error().code != Code::conflict) return written;
  NN_TRY(const auto winner, last_entry(key, wait));
  if (winner && !winner->is_marker()) return fail(already_exists(*winner));
  return fail(lost_race(key, *expecting.last_subject_sequence, wait));
}

Result<KvPut> Kv::update(std::string_view key, std::string_view value, std::uint64_t revision, const KvPutOptions& options,
                         const Wait& wait) {
  NN_CHECK(check(key));
  NN_TRY(auto expecting, with_ttl(key, options.ttl, true, wait));
  expecting.message_id = options.message_id;
  expecting.last_subject_sequence = revision;
  auto written = write(key, value, {}, expecting, wait);
  if (written || written.error().code != Code::conflict) return written;
  return fail(lost_race(key, revision, wait));
}

Result<std::uint64_t> Kv::mark(std::string_view key, wire::Headers headers, const KvRemoveOptions& options, const Wait& wait) {
  NN_CHECK(check(key));
  NN_TRY(auto expecting, with_ttl(key, options.ttl, false, wait));
  expecting.last_subject_sequence = options.revision;
  auto written = write(key, "", headers, expecting, wait);
  if (written) return written->revision;
  if (written.error().code == Code::conflict && options.revision) return fail(lost_race(key, *options.revision, wait));
  return fail(std::move(written).error());
}

Result<std::uint64_t> Kv::remove(std::string_view key, const KvRemoveOptions& options, const Wait& wait) {
  return mark(key, {{kOperationHeader, "DEL"}}, options, wait);
}

Result<std::uint64_t> Kv::purge(std::string_view key, const KvRemoveOptions& options, const Wait& wait) {
  return mark(key, {{kOperationHeader, "PURGE"}, {"Nats-Rollup", "sub"}}, options, wait);
}

}  // namespace noetl::nats::js
