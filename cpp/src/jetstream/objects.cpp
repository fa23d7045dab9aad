#include "jetstream/objects.hpp"

#include <fmt/format.h>

#include "base/bytes.hpp"
#include "base/names.hpp"
#include "jetstream/range.hpp"

namespace noetl::nats::js {
namespace {

// err_codes of the server that an object explains better than its stream.
constexpr int kStreamIsFull = 10077;
constexpr int kSealed = 10109;

/// The server takes protocol lines of 4096 bytes; a name is a third longer in its subject.
constexpr std::size_t kLongestName = 2700;
constexpr int kMostRaces = 5;

bool missing_stream(const Error& error) { return err_code_of(error) == kStreamNotFound; }

template <class T>
T member(const Json& object, const char* name, T fallback) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return fallback;
  if constexpr (std::is_same_v<T, std::string>)
    return found->is_string() ? found->template get<T>() : fallback;
  else if constexpr (std::is_same_v<T, bool>)
    return found->is_boolean() ? found->template get<T>() : fallback;
  else
    return found->is_number_unsigned() ? found->template get<T>() : fallback;
}

Json object_or_null(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_object() && !found->empty() ? *found : Json();
}

Json record_of(const ObjectInfo& info) {
  Json record{{"name", info.name}};
  if (info.description) record["description"] = *info.description;
  if (!info.headers.is_null()) record["headers"] = info.headers;
  if (!info.metadata.is_null()) record["metadata"] = info.metadata;
  record["bucket"] = info.bucket;
  record["nuid"] = info.nuid;
  record["size"] = info.size;
  record["chunks"] = info.chunks;
  record["digest"] = info.digest;
  if (info.deleted) record["deleted"] = true;
  if (info.chunk_size > 0) record["options"]["max_chunk_size"] = info.chunk_size;
  return record;
}

}  // namespace

Result<void> check_object_name(std::string_view name) {
  if (name.empty()) return fail(Code::invalid_argument, "name is empty");
  if (!is_utf8(name)) return fail(Code::invalid_argument, "name is not UTF-8");
  if (name.size() > kLongestName)
    return fail(Code::invalid_argument, fmt::format("name has {} bytes; at most {} fit", name.size(), kLongestName));
  return {};
}

Result<void> Objects::check(const std::string& name) const {
  NN_CHECK(check_bucket_name(bucket_));
  return check_object_name(name);
}

std::string Objects::record_subject(const std::string& name) const { return fmt::format("$O.{}.M.{}", bucket_, base64url_encode(name)); }
std::string Objects::chunk_subject(const std::string& nuid) const { return fmt::format("$O.{}.C.{}", bucket_, nuid); }

Error Objects::not_found(const std::string& name) const {
  return {.code = Code::not_found,
          .message = fmt::format("object '{}' in bucket '{}' does not exist", name, bucket_),
          .hint = fmt::format("noetl-nats object list {} shows what is there", bucket_)};
}

Error Objects::named(Error error, const std::string& name) const {
  const int err_code = err_code_of(error);
  if (missing_stream(error)) return no_bucket(BucketKind::object, bucket_);
  if (err_code == 0) return error;
  const auto text = error.details["nats"].value("description", error.message);
  error.message = fmt::format("object '{}' in bucket '{}': {}", name, bucket_, text);
  if (err_code == kStreamIsFull) {
    error.message = fmt::format("bucket '{}' is full: {}", bucket_, text);
    error.hint = fmt::format("noetl-nats object-bucket apply {} --max-bytes SIZE raises the limit; object delete makes room", bucket_);
  }
  if (err_code == kSealed) error.message = fmt::format("bucket '{}' is sealed: nothing in it can be changed", bucket_);
  return error;
}

// ---- records ---------------------------------------------------------------------------------------------------------------

Result<ObjectInfo> Objects::read_record(const StoredMessage& message) const {
  const Json record = Json::parse(message.data, nullptr, false);
  if (!record.is_object() || member(record, "name", std::string()).empty())
    return fail(Code::data_loss, fmt::format("the record on {} in bucket '{}' cannot be read", message.subject, bucket_),
                "another client wrote it, or it is damaged; put the object again");
  ObjectInfo info;
  info.bucket = bucket_;
  info.name = member(record, "name", std::string());
  info.nuid = member(record, "nuid", std::string());
  info.size = member(record, "size", std::uint64_t{0});
  info.chunks = member(record, "chunks", std::uint64_t{0});
  info.digest = member(record, "digest", std::string());
  if (auto text = member(record, "description", std::string()); !text.empty()) info.description = std::move(text);
  info.headers = object_or_null(record, "headers");
  info.metadata = object_or_null(record, "metadata");
  info.deleted = member(record, "deleted", false);
  const Json options = object_or_null(record, "options");
  info.chunk_size = member(options, "max_chunk_size", std::uint64_t{0});
  if (const Json link = object_or_null(options, "link"); !link.is_null())
    info.link = ObjectLink{member(link, "bucket", std::string()), member(link, "name", std::string())};
  // The time of the message counts; some clients store one in the record as well, or an empty one.
  NN_TRY(info.mtime, parse_time(message.time));
  info.revision = message.sequence;
  return info;
}

Result<std::optional<ObjectInfo>> Objects::record(const std::string& name, bool leader, const Wait& wait) {
  NN_CHECK(check(name));
  const MessageQuery query{.last_by = record_subject(name)};
  const auto message = leader ? get_message(*api_, stream_, query, wait) : get_message_direct(*api_, stream_, query, wait);
  if (!message && message.error().code == Code::not_found && !missing_stream(message.error())) return std::nullopt;
  if (!message) return fail(named(message.error(), name));
  NN_TRY(auto info, read_record(*message));
  return std::optional(std::move(info));
}

Result<std::uint64_t> Objects::write_record(const ObjectInfo& info, std::optional<ObjectInfo>& before, const Wait& wait) {
  for (int races = 1;; ++races) {
    const PublishOptions expecting{.last_subject_sequence = before ? before->revision : 0};
    auto ack = publish(*api_, record_subject(info.name), dump(record_of(info)), {{"Nats-Rollup", "sub"}}, expecting, wait);
    if (ack) return ack->sequence;
    const bool lost = ack.error().code == Code::conflict && races < kMostRaces;
    if (!lost && !ack.error().maybe_applied) return fail(named(std::move(ack).error(), info.name));
    NN_TRY(auto now, record(info.name, true, wait));
    if (now && now->nuid == info.nuid && now->deleted == info.deleted) return now->revision;  // it was stored, only the answer was lost
    if (!lost) return fail(std::move(ack).error());
    before = std::move(now);
  }
}

Result<void> Objects::drop_chunks(const std::string& nuid, const Wait& wait) {
  NN_CHECK(api_->call("STREAM.PURGE." + stream_, {{"filter", chunk_subject(nuid)}}, wait));
  return {};
}

Result<std::optional<ObjectInfo>> Objects::find(const std::string& name, const Wait& wait) {
  NN_TRY(auto info, record(name, false, wait));
  if (info && info->deleted) return std::nullopt;
  return info;
}

Result<ObjectInfo> Objects::info(const std::string& name, const Wait& wait) {
  NN_TRY(auto found, find(name, wait));
  if (!found) return fail(not_found(name));
  return *std::move(found);
}

Result<std::vector<ObjectInfo>> Objects::list(bool with_deleted, std::vector<std::string>& warnings, const Wait& wait) {
  NN_CHECK(check_bucket_name(bucket_));
  std::vector<ObjectInfo> all;
  RangeReader reader(*api_, stream_, fmt::format("$O.{}.M.>", bucket_));
  while (true) {
    auto message = reader.next(wait);
    if (!message) return fail(missing_stream(message.error()) ? no_bucket(BucketKind::object, bucket_) : std::move(message).error());
    if (!*message) return all;
    auto info = read_record(**message);
    if (!info)
      warnings.push_back(info.error().message);
    else if (with_deleted || !info->deleted)
      all.push_back(std::move(*info));
  }
}

Result<void> Objects::remove(const std::string& name, const Wait& wait) {
  NN_TRY(auto before, record(name, true, wait));
  if (!before || before->deleted) return fail(not_found(name));
  ObjectInfo gone = *before;
  gone.deleted = true;
  gone.size = gone.chunks = 0;
  gone.digest.clear();
  gone.link.reset();
  NN_CHECK(write_record(gone, before, wait));
  // After a race `before` is what somebody else had put meanwhile: its chunks go.
  return before && !before->nuid.empty() ? drop_chunks(before->nuid, wait) : Result<void>{};
}

}  // namespace noetl::nats::js
