// Objects: the way of their bytes, in chunks, with bounded memory.
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.hpp"
#include "jetstream/chunks.hpp"
#include "jetstream/objects.hpp"
#include "jetstream/range.hpp"
#include "wire/requests.hpp"

namespace noetl::nats::js {
namespace {

using namespace std::chrono_literals;

/// Bytes on their way: enough for a fast network, little enough to get through a slow one within one wait.
constexpr std::uint64_t kBytesInFlight = 2 * 1024 * 1024;
constexpr int kMostRestarts = 3;

std::string_view without_padding(std::string_view digest) { return digest.substr(0, digest.find_last_not_of('=') + 1); }

std::string described(const ObjectInfo& info) { return fmt::format("object '{}' in bucket '{}'", info.name, info.bucket); }

tl::unexpected<Error> damaged(const ObjectInfo& info, const std::string& what) {
  return fail(Code::data_loss, fmt::format("{}: {}", described(info), what), "put it again, or restore the bucket from a backup");
}

}  // namespace

// ---- put -------------------------------------------------------------------------------------------------------------------

Result<void> Objects::write_chunks(ObjectInfo& info, const ObjectSource& source, const Wait& wait) {
  const Pace pace(wait);
  const auto subject = chunk_subject(info.nuid);
  wire::Requests requests(api_->connection(), {.window = std::clamp<std::size_t>(kBytesInFlight / info.chunk_size, 1, 256)});
  std::optional<Error> refused;
  const auto done = [&](Result<wire::Message> reply) {
    auto ack = reply ? read_pub_ack(subject, reply->data()) : Result<PubAck>(fail(std::move(reply).error()));
    if (!ack && !refused) refused = std::move(ack).error();
  };
  std::string buffer(info.chunk_size, '\0');
  Sha256 digest;
  const auto send_all = [&]() -> Result<void> {
    while (!refused) {
      if (wait.cancelled()) return cancelled();
      NN_TRY(const auto length, source(buffer.data(), buffer.size()));
      if (length == 0) break;
      const std::string_view chunk(buffer.data(), length);
      digest.update(chunk);
      info.size += length;
      ++info.chunks;
      NN_CHECK(requests.submit(subject, chunk, {}, done, pace.step()));
      if (length < buffer.size()) break;
    }
    return requests.drain(pace.step());
  };
  if (auto sent = send_all(); !sent) {
    (void)requests.drain(Wait::for_duration(2s));  // what is on its way must have arrived before it can be removed
    return sent;
  }
  if (refused) return fail(named(*std::move(refused), info.name));
  info.digest = digest.finish();
  return {};
}

Error Objects::without_chunks(Error error, const std::string& nuid) {
  // Nothing refers to the chunks, so nothing of the object is there. The time of the caller may be over: this has its own.
  error.maybe_applied = false;
  if (!drop_chunks(nuid, Wait::for_duration(2s))) error.details["chunks_left"] = chunk_subject(nuid);
  return error;
}

Result<ObjectPut> Objects::put(const ObjectMeta& meta, const ObjectSource& source, const Wait& wait) {
  const Pace pace(wait);
  NN_TRY(auto before, record(meta.name, true, pace.step()));
  const auto largest = static_cast<std::uint64_t>(std::max<std::int64_t>(1, api_->connection().server().max_payload));
  ObjectPut out;
  ObjectInfo& info = out.info;
  info.bucket = bucket_;
  info.name = meta.name;
  info.nuid = random_name();
  info.description = meta.description;
  info.headers = meta.headers;
  info.metadata = meta.metadata;
  info.chunk_size = std::clamp<std::uint64_t>(meta.chunk_size, 1, largest);

  if (auto stored = write_chunks(info, source, wait); !stored) return fail(without_chunks(std::move(stored).error(), info.nuid));
  if (auto revision = write_record(info, before, pace.step()))
    info.revision = *revision;
  else if (revision.error().maybe_applied)
    return fail(std::move(revision).error());  // the chunks may be needed
  else
    return fail(without_chunks(std::move(revision).error(), info.nuid));
  info.mtime = unix_nanos_now();
  if (before && !before->deleted && !before->nuid.empty())
    if (auto dropped = drop_chunks(before->nuid, pace.step()); !dropped)
      out.warnings.push_back(fmt::format("the chunks of the object that this one replaced are still there: {}", dropped.error().message));
  return out;
}

// ---- get -------------------------------------------------------------------------------------------------------------------

struct Objects::Progress {
  Sha256 digest = {};
  std::uint64_t chunks = 0, bytes = 0;
  std::uint64_t last = 0;  ///< sequence of the last chunk

  Result<void> take(const ObjectInfo& info, const ObjectSink& sink, std::string_view data, std::uint64_t sequence) {
    last = sequence;
    ++chunks;
    bytes += data.size();
    if (bytes > info.size) return damaged(info, fmt::format("its chunks have more than {} bytes", info.size));
    digest.update(data);
    return sink.write(data);
  }
};

Result<std::optional<std::uint64_t>> Objects::find_chunk(const ObjectInfo& info, std::uint64_t index, const Pace& pace) {
  constexpr int kMostGuesses = 64;
  std::uint64_t from = 1;
  for (int guesses = 0; guesses < kMostGuesses; ++guesses) {
    ChunkReader reader(*api_, stream_, chunk_subject(info.nuid), info.chunk_size, from - 1);
    NN_TRY(const auto chunk, reader.next(pace));
    if (!chunk || reader.behind() >= info.chunks) return std::nullopt;
    const auto found = info.chunks - 1 - reader.behind();
    if (found == index) return reader.last_sequence();
    if (found > index) return std::nullopt;
    from = reader.last_sequence() + (index - found);  // exact when they stand side by side, else too early
  }
  return std::nullopt;
}

Result<void> Objects::read_chunks(const ObjectInfo& info, const ObjectSink& sink, Progress& progress, const Pace& pace) {
  ChunkReader reader(*api_, stream_, chunk_subject(info.nuid), info.chunk_size, progress.last);
  while (progress.chunks < info.chunks) {
    if (pace.step().cancelled()) return cancelled();
    auto chunk = reader.next(pace);
    if (!chunk) return fail(std::move(chunk).error());
    if (!*chunk) return {};
    NN_CHECK(progress.take(info, sink, (*chunk)->data(), reader.last_sequence()));
  }
  return {};
}

/// From old servers, without direct gets, and what a replica that lags behind did not have: the leader has the last word.
Result<void> Objects::read_slowly(const ObjectInfo& info, const ObjectSink& sink, Progress& progress, const Pace& pace) {
  RangeOptions options{.from = progress.last + 1, .batch = 8, .leader = progress.chunks > 0};
  std::optional<RangeReader> reader(std::in_place, *api_, stream_, chunk_subject(info.nuid), options);
  while (progress.chunks < info.chunks) {
    if (pace.step().cancelled()) return cancelled();
    NN_TRY(const auto message, reader->next(pace.step()));
    if (!message && options.leader)
      return damaged(info, fmt::format("{} of {} chunks are missing", info.chunks - progress.chunks, info.chunks));
    if (!message) {
      options = {.from = progress.last + 1, .leader = true};
      reader.emplace(*api_, stream_, chunk_subject(info.nuid), options);
      continue;
    }
    NN_CHECK(progress.take(info, sink, message->data, message->sequence));
  }
  return {};
}

Result<void> Objects::read_object(const ObjectInfo& info, const ObjectSink& sink, bool verify, const Pace& pace) {
  Progress progress;
  NN_TRY(progress.bytes, sink.begin(info, progress.digest));
  if (progress.bytes > 0) {
    progress.chunks = progress.bytes / info.chunk_size;
    NN_TRY(const auto last, find_chunk(info, progress.chunks - 1, pace));
    if (!last) return damaged(info, "the chunk where an earlier try ended is not there");
    progress.last = *last;
  }
  auto read = read_chunks(info, sink, progress, pace);
  if (!read && read.error().code != Code::unimplemented) return read;
  if (progress.chunks < info.chunks) NN_CHECK(read_slowly(info, sink, progress, pace));
  if (progress.bytes != info.size) return damaged(info, fmt::format("its chunks have {} bytes, not {}", progress.bytes, info.size));
  if (!verify || info.digest.empty()) return {};
  if (!info.digest.starts_with("SHA-256="))
    return fail(Code::unimplemented, fmt::format("{}: cannot verify a digest like {}", described(info), info.digest),
                "verify: false reads it without");
  if (without_padding(info.digest) != without_padding(progress.digest.finish())) return damaged(info, "its bytes do not match its digest");
  return {};
}

Result<ObjectInfo> Objects::get(const std::string& name, const ObjectSink& sink, bool verify, const Wait& wait) {
  const Pace pace(wait);
  NN_TRY(auto info, this->info(name, pace.step()));
  if (info.link) {
    if (info.link->name.empty() || info.link->bucket.empty())
      return fail(Code::failed_precondition,
                  fmt::format("{} is a link to the bucket '{}', not to an object", described(info), info.link->bucket),
                  fmt::format("noetl-nats object list {} shows what is in it", info.link->bucket));
    Objects target(*api_, info.link->bucket);
    NN_TRY(const auto linked, target.info(info.link->name, pace.step()));
    if (linked.link) return fail(Code::failed_precondition, fmt::format("{} links to a link; one step is followed", described(info)));
    return target.get(info.link->name, sink, verify, pace.step());
  }
  for (int restarts = 0;; ++restarts) {
    auto read = read_object(info, sink, verify, pace);
    if (read) return info;
    if (read.error().code != Code::data_loss || restarts >= kMostRestarts) return fail(std::move(read).error());
    // The record may be an old one, of a replica or of a moment ago: the object was replaced, its old chunks are gone.
    NN_TRY(auto now, record(name, true, pace.step()));
    if (!now || now->deleted) return fail(not_found(name));
    if (now->nuid == info.nuid) return fail(std::move(read).error());
    info = *std::move(now);
  }
}

}  // namespace noetl::nats::js
