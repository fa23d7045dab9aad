// Objects that are damaged, half written, or written by two at once: nothing wrong is given out, and nothing is left behind.
#include "server/objects_fixture.hpp"

namespace noetl::nats::js {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::Holds;

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

}  // namespace
}  // namespace noetl::nats::js
