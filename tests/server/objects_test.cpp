#include "jetstream/objects.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "jetstream/digest.hpp"
#include "support/jetstream.hpp"

namespace noetl::nats::js {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::Holds;

class ObjectsServerTest : public testing::JetStreamTest {
 protected:
  explicit ObjectsServerTest(const std::string& config = "jetstream {max_mem: 256MB, max_file: 2GB}") : JetStreamTest(config) {}

  Objects bucket(const std::string& name = "B", Json more = Json::object()) {
    Json config{{"name", "OBJ_" + name}, {"subjects", {"$O." + name + ".C.>", "$O." + name + ".M.>"}},
                {"discard", "new"},      {"allow_rollup_hdrs", true},
                {"allow_direct", true},  {"storage", "memory"}};
    config.update(more);
    call("STREAM.CREATE.OBJ_" + name, config);
    return Objects(*api, name);
  }

  static Result<ObjectPut> put(Objects& objects, ObjectMeta meta, std::string_view bytes) {
    return objects.put(
        meta,
        [&](char* buffer, std::size_t size) -> Result<std::size_t> {
          const auto piece = bytes.substr(0, size);
          std::copy(piece.begin(), piece.end(), buffer);
          bytes.remove_prefix(piece.size());
          return piece.size();
        },
        soon());
  }
  static Result<std::string> read(Objects& objects, const std::string& name, bool verify = true) {
    std::string bytes;
    const ObjectSink sink{[&](const ObjectInfo&, Sha256&) -> Result<std::uint64_t> {
                            bytes.clear();
                            return 0;
                          },
                          [&](std::string_view piece) -> Result<void> {
                            bytes += piece;
                            return {};
                          }};
    NN_CHECK(objects.get(name, sink, verify, soon()));
    return bytes;
  }
  static Result<std::vector<std::string>> names(Objects& objects, bool deleted = false) {
    std::vector<std::string> warnings, out;
    NN_TRY(const auto all, objects.list(deleted, warnings, soon()));
    for (const auto& each : all) out.push_back(each.name);
    return out;
  }
  static std::string noise(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t state = 12345;
    for (auto& byte : bytes) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return bytes;
  }
  /// The record of an object as another client writes it.
  void record(const std::string& bucket_name, const std::string& name, const Json& content) {
    publish("$O." + bucket_name + ".M." + base64url_encode(name), content.dump(), {{"Nats-Rollup", "sub"}});
  }
};

TEST_F(ObjectsServerTest, PutThenGet) {
  auto objects = bucket();
  const auto stored = put(objects, {.name = "a/b ü.txt", .description = "d", .metadata = {{"k", "v"}}}, "hello");
  ASSERT_OK(stored);
  EXPECT_EQ(stored->info.size, 5U);
  EXPECT_EQ(stored->info.chunks, 1U);
  EXPECT_EQ(stored->info.digest, "SHA-256=LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
  EXPECT_THAT(read(objects, "a/b ü.txt"), Holds("hello"));
  const auto info = objects.info("a/b ü.txt", soon());
  ASSERT_OK(info);
  EXPECT_EQ(info->description, "d");
  EXPECT_EQ(info->metadata, (Json{{"k", "v"}}));
  EXPECT_NEAR(static_cast<double>(info->mtime), static_cast<double>(unix_nanos_now()), 60e9);
}

TEST_F(ObjectsServerTest, ManyChunks) {
  auto objects = bucket();
  const auto bytes = noise(5'000'001);
  const auto stored = put(objects, {.name = "o", .chunk_size = 10'000}, bytes);
  ASSERT_OK(stored);
  EXPECT_EQ(stored->info.chunks, 501U);
  EXPECT_EQ(stored->info.digest, sha256_digest(bytes));
  const auto got = read(objects, "o");
  ASSERT_OK(got);
  EXPECT_TRUE(*got == bytes);
}

TEST_F(ObjectsServerTest, TheLastChunkMayBeFull) {
  auto objects = bucket();
  const auto stored = put(objects, {.name = "o", .chunk_size = 4}, "12345678");
  ASSERT_OK(stored);
  EXPECT_EQ(stored->info.chunks, 2U);
  EXPECT_THAT(read(objects, "o"), Holds("12345678"));
}

TEST_F(ObjectsServerTest, AnEmptyObjectHasNoChunks) {
  auto objects = bucket();
  ASSERT_OK(put(objects, {.name = "o"}, ""));
  EXPECT_EQ(messages_in("OBJ_B"), 1U);
  EXPECT_THAT(read(objects, "o"), Holds(""));
}

TEST_F(ObjectsServerTest, WhereDirectGetsAreOff) {
  auto objects = bucket("B", {{"allow_direct", false}});
  ASSERT_OK(put(objects, {.name = "o", .chunk_size = 2}, "hello"));
  EXPECT_THAT(read(objects, "o"), Holds("hello"));
  EXPECT_THAT(names(objects), Holds(ElementsAre("o")));
}

TEST_F(ObjectsServerTest, ReadingMakesNoConsumer) {
  auto objects = bucket("B", {{"max_consumers", 1}});
  ASSERT_OK(put(objects, {.name = "o"}, "hello"));
  call("CONSUMER.CREATE.OBJ_B.C", {{"stream_name", "OBJ_B"}, {"config", {{"durable_name", "C"}}}});
  EXPECT_THAT(read(objects, "o"), Holds("hello"));
}

TEST_F(ObjectsServerTest, MissingObjectsAndBuckets) {
  auto objects = bucket();
  EXPECT_THAT(objects.find("o", soon()), Holds(::testing::Eq(std::nullopt)));
  EXPECT_THAT(objects.info("o", soon()), FailsWith(Code::not_found));
  EXPECT_THAT(read(objects, "o"), FailsWith(Code::not_found));
  EXPECT_THAT(objects.remove("o", soon()), FailsWith(Code::not_found));
  Objects nowhere(*api, "nope");
  const auto missing = nowhere.info("o", soon());
  ASSERT_THAT(missing, FailsWith(Code::not_found));
  EXPECT_EQ(missing.error().message, "bucket 'nope' does not exist");
  EXPECT_THAT(put(nowhere, {.name = "o"}, "x"), FailsWith(Code::not_found));
  EXPECT_THAT(names(nowhere), FailsWith(Code::not_found));
  EXPECT_THAT(nowhere.remove("o", soon()), FailsWith(Code::not_found));
  EXPECT_THAT(put(objects, {.name = ""}, "x"), FailsWith(Code::invalid_argument));
  EXPECT_THAT(put(objects, {.name = std::string(3000, 'n')}, "x"), FailsWith(Code::invalid_argument));
}

TEST_F(ObjectsServerTest, ANewObjectReplacesTheOldOne) {
  auto objects = bucket();
  ASSERT_OK(put(objects, {.name = "o", .chunk_size = 2}, "old and long"));
  ASSERT_OK(put(objects, {.name = "o"}, "new"));
  EXPECT_THAT(read(objects, "o"), Holds("new"));
  EXPECT_EQ(messages_in("OBJ_B"), 2U) << "chunks of the old object are left";
}

TEST_F(ObjectsServerTest, DeletedIsNotFound) {
  auto objects = bucket();
  ASSERT_OK(put(objects, {.name = "o"}, "hello"));
  ASSERT_OK(objects.remove("o", soon()));
  EXPECT_EQ(messages_in("OBJ_B"), 1U);
  EXPECT_THAT(objects.info("o", soon()), FailsWith(Code::not_found));
  EXPECT_THAT(read(objects, "o"), FailsWith(Code::not_found));
  EXPECT_THAT(objects.remove("o", soon()), FailsWith(Code::not_found));
  EXPECT_THAT(names(objects), Holds(ElementsAre()));
  EXPECT_THAT(names(objects, true), Holds(ElementsAre("o")));
  ASSERT_OK(put(objects, {.name = "o"}, "again"));
  EXPECT_THAT(read(objects, "o"), Holds("again"));
}

TEST_F(ObjectsServerTest, MarkersOfOtherClients) {
  auto objects = bucket();
  for (const Json& mtime : {Json("0001-01-01T00:00:00Z"), Json("2026-01-02T03:04:05Z"), Json(""), Json(nullptr)}) {
    record(
        "B", "o",
        {{"name", "o"}, {"bucket", "B"}, {"nuid", "X"}, {"size", 0}, {"chunks", 0}, {"digest", ""}, {"deleted", true}, {"mtime", mtime}});
    EXPECT_THAT(objects.info("o", soon()), FailsWith(Code::not_found)) << mtime;
    EXPECT_THAT(objects.remove("o", soon()), FailsWith(Code::not_found)) << mtime;
  }
  EXPECT_OK(put(objects, {.name = "o"}, "x"));
}

TEST_F(ObjectsServerTest, ARecordThatNobodyCanRead) {
  auto objects = bucket();
  ASSERT_OK(put(objects, {.name = "good"}, "x"));
  publish("$O.B.M.bad", "not json");
  std::vector<std::string> warnings;
  const auto all = objects.list(false, warnings, soon());
  ASSERT_OK(all);
  EXPECT_EQ(all->size(), 1U);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("$O.B.M.bad")));
}

TEST_F(ObjectsServerTest, ChunksWithOthersBetweenThem) {
  auto objects = bucket();
  const auto mine = noise(300'000), other = noise(1000);
  std::size_t at = 0;
  const auto source = [&](char* buffer, std::size_t size) -> Result<std::size_t> {
    // Now and then another object is written, so that the chunks do not stand side by side.
    if (at % 7 == 0) {
      Objects second(*api, "B");
      NN_CHECK(put(second, {.name = "other", .chunk_size = 10}, other));
    }
    const auto piece = std::string_view(mine).substr(at, size);
    std::copy(piece.begin(), piece.end(), buffer);
    at += piece.size();
    return piece.size();
  };
  ASSERT_OK(objects.put({.name = "o", .chunk_size = 100}, source, soon()));
  EXPECT_THAT(read(objects, "o"), Holds(mine));
  EXPECT_THAT(read(objects, "other"), Holds(other));
}

TEST_F(ObjectsServerTest, ManyLostChunksInTheMiddle) {
  auto objects = bucket();
  ASSERT_OK(put(objects, {.name = "o", .chunk_size = 1}, noise(3000)));
  for (int sequence = 300; sequence < 1500; ++sequence) call("STREAM.MSG.DELETE.OBJ_B", {{"seq", sequence}, {"no_erase", true}});
  const auto lost = read(objects, "o");
  ASSERT_THAT(lost, FailsWith(Code::data_loss));
  EXPECT_THAT(lost.error().message, HasSubstr("1200 of 3000 chunks are missing"));
}

TEST_F(ObjectsServerTest, AGetGoesOnWhereAnEarlierOneEnded) {
  auto objects = bucket();
  const auto bytes = noise(50'000);
  ASSERT_OK(put(objects, {.name = "before", .chunk_size = 100}, noise(5000)));
  ASSERT_OK(put(objects, {.name = "o", .chunk_size = 100}, bytes));
  for (const std::size_t there : {std::size_t{100}, std::size_t{20'000}, std::size_t{49'900}, std::size_t{50'000}}) {
    std::string rest;
    const ObjectSink sink{[&](const ObjectInfo&, Sha256& digest) -> Result<std::uint64_t> {
                            digest.update(std::string_view(bytes).substr(0, there));
                            return there;
                          },
                          [&](std::string_view piece) -> Result<void> {
                            rest += piece;
                            return {};
                          }};
    ASSERT_OK(objects.get("o", sink, true, soon()));
    EXPECT_EQ(rest, bytes.substr(there));
  }
}

TEST_F(ObjectsServerTest, LostChunksAreDataLoss) {
  auto objects = bucket();
  ASSERT_OK(put(objects, {.name = "o", .chunk_size = 4}, "aaaabbbbcccc"));
  call("STREAM.MSG.DELETE.OBJ_B", {{"seq", 2}});
  const auto lost = read(objects, "o");
  ASSERT_THAT(lost, FailsWith(Code::data_loss));
  EXPECT_THAT(lost.error().message, HasSubstr("1 of 3 chunks are missing"));
  const auto info = objects.info("o", soon());
  ASSERT_OK(info);
  call("STREAM.PURGE.OBJ_B", {{"filter", "$O.B.C." + info->nuid}});
  EXPECT_THAT(read(objects, "o"), FailsWith(Code::data_loss));
}

TEST_F(ObjectsServerTest, ChangedBytesAreDataLoss) {
  auto objects = bucket();
  const auto chunk = [&](const char* bytes) { publish("$O.B.C.N", bytes); };
  const auto write = [&](const std::string& digest) {
    record("B", "o",
           {{"name", "o"},
            {"bucket", "B"},
            {"nuid", "N"},
            {"size", 8},
            {"chunks", 2},
            {"digest", digest},
            {"options", {{"max_chunk_size", 4}}}});
  };
  chunk("aaaa");
  chunk("bbbb");
  write(sha256_digest("aaaaBBBB"));
  EXPECT_THAT(read(objects, "o"), FailsWith(Code::data_loss));
  EXPECT_THAT(read(objects, "o", false), Holds("aaaabbbb"));
  auto digest = sha256_digest("aaaabbbb");
  digest.erase(digest.find_last_not_of('=') + 1);  // some clients leave the padding out
  write(digest);
  EXPECT_THAT(read(objects, "o"), Holds("aaaabbbb"));
}

TEST_F(ObjectsServerTest, LinksAreFollowedOnce) {
  auto objects = bucket();
  auto other = bucket("other");
  ASSERT_OK(put(other, {.name = "target"}, "hello"));
  const auto link = [&](const std::string& name, const std::string& to_bucket, const std::string& to_name) {
    Json link_to{{"bucket", to_bucket}};
    if (!to_name.empty()) link_to["name"] = to_name;
    record("B", name, {{"name", name}, {"bucket", "B"}, {"nuid", "L"}, {"size", 0}, {"chunks", 0}, {"options", {{"link", link_to}}}});
  };
  link("one", "other", "target");
  link("two", "B", "one");
  link("all", "other", "");
  EXPECT_THAT(read(objects, "one"), Holds("hello"));
  EXPECT_THAT(read(objects, "two"), FailsWith(Code::failed_precondition));
  EXPECT_THAT(read(objects, "all"), FailsWith(Code::failed_precondition));
  const auto info = objects.info("one", soon());
  ASSERT_OK(info);
  EXPECT_EQ(info->link->name, "target");
}

TEST_F(ObjectsServerTest, AFullBucketKeepsTheOldObjectAndNoChunks) {
  auto objects = bucket("B", {{"max_bytes", 6000}});
  ASSERT_OK(put(objects, {.name = "o"}, "old"));
  const auto full = put(objects, {.name = "o", .chunk_size = 1000}, std::string(20'000, 'x'));
  ASSERT_THAT(full, FailsWith(Code::resource_exhausted));
  EXPECT_THAT(full.error().message, HasSubstr("bucket 'B' is full"));
  EXPECT_EQ(messages_in("OBJ_B"), 2U);
  EXPECT_THAT(read(objects, "o"), Holds("old"));
}

TEST_F(ObjectsServerTest, ASourceThatFailsLeavesNothing) {
  auto objects = bucket();
  int calls = 0;
  const auto failed = objects.put(
      {.name = "o", .chunk_size = 4},
      [&](char* buffer, std::size_t size) -> Result<std::size_t> {
        if (++calls > 3) return fail(Code::unavailable, "the disk is gone");
        std::fill_n(buffer, size, 'x');
        return size;
      },
      soon());
  ASSERT_THAT(failed, FailsWith(Code::unavailable));
  EXPECT_EQ(failed.error().message, "the disk is gone");
  EXPECT_EQ(messages_in("OBJ_B"), 0U);
}

TEST_F(ObjectsServerTest, ACancelledPutLeavesNothing) {
  auto objects = bucket();
  Cancel cancel;
  int calls = 0;
  const auto stopped = objects.put(
      {.name = "o", .chunk_size = 4},
      [&](char* buffer, std::size_t size) -> Result<std::size_t> {
        if (++calls == 3) cancel.request();
        if (calls > 100'000) return std::size_t{0};
        std::fill_n(buffer, size, 'x');
        return size;
      },
      Wait::for_duration(std::chrono::seconds(10), &cancel));
  ASSERT_THAT(stopped, FailsWith(Code::cancelled));
  EXPECT_EQ(messages_in("OBJ_B"), 0U);
}

TEST_F(ObjectsServerTest, AnObjectThatIsReplacedWhileItIsRead) {
  auto objects = bucket();
  ASSERT_OK(put(objects, {.name = "o", .chunk_size = 4}, "old bytes of the object"));
  std::string bytes;
  int begun = 0;
  const ObjectSink sink{[&](const ObjectInfo&, Sha256&) -> Result<std::uint64_t> {
                          bytes.clear();
                          if (++begun > 1) return 0;
                          Objects writer(*api, "B");  // the record was read, its chunks were not
                          NN_CHECK(put(writer, {.name = "o"}, "new"));
                          return 0;
                        },
                        [&](std::string_view piece) -> Result<void> {
                          bytes += piece;
                          return {};
                        }};
  ASSERT_OK(objects.get("o", sink, true, soon()));
  EXPECT_EQ(bytes, "new");
  EXPECT_EQ(begun, 2);
}

TEST_F(ObjectsServerTest, TwoWritersLeaveNoOrphans) {
  auto objects = bucket();
  bool nested = false;
  std::string_view rest = "outer";
  // While the outer put sends its chunks, another one writes the same object.
  const auto outer = objects.put(
      {.name = "o", .chunk_size = 2},
      [&](char* buffer, std::size_t size) -> Result<std::size_t> {
        if (!std::exchange(nested, true)) {
          Objects writer(*api, "B");
          NN_CHECK(put(writer, {.name = "o"}, "inner"));
        }
        const auto piece = rest.substr(0, size);
        std::copy(piece.begin(), piece.end(), buffer);
        rest.remove_prefix(piece.size());
        return piece.size();
      },
      soon());
  ASSERT_OK(outer);
  EXPECT_THAT(read(objects, "o"), Holds("outer"));
  EXPECT_EQ(messages_in("OBJ_B"), 4U);
}

TEST_F(ObjectsServerTest, ASealedBucket) {
  auto objects = bucket();
  ASSERT_OK(put(objects, {.name = "o"}, "x"));
  Json config = call("STREAM.INFO.OBJ_B")["config"];
  config["sealed"] = true;
  call("STREAM.UPDATE.OBJ_B", config);
  const auto refused = put(objects, {.name = "p"}, "y");
  ASSERT_THAT(refused, FailsWith(Code::failed_precondition));
  EXPECT_THAT(refused.error().message, HasSubstr("sealed"));
  EXPECT_THAT(objects.remove("o", soon()), FailsWith(Code::failed_precondition));
  EXPECT_THAT(read(objects, "o"), Holds("x"));
}

class SmallPayloadTest : public ObjectsServerTest {
 protected:
  SmallPayloadTest() : ObjectsServerTest("jetstream {max_mem: 256MB, max_file: 2GB}\nmax_payload: 4096") {}
};

TEST_F(SmallPayloadTest, ChunksFitWhatTheServerTakes) {
  auto objects = bucket();
  const auto bytes = noise(20'000);
  const auto stored = put(objects, {.name = "o"}, bytes);
  ASSERT_OK(stored);
  EXPECT_EQ(stored->info.chunks, 5U);
  EXPECT_THAT(read(objects, "o"), Holds(bytes));
}

TEST(Sha256, KnownDigests) {
  EXPECT_EQ(sha256_digest(""), "SHA-256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=");
  Sha256 pieces;
  pieces.update("hel");
  pieces.update("lo");
  EXPECT_EQ(pieces.finish(), "SHA-256=LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
}

}  // namespace
}  // namespace noetl::nats::js
