// Objects: what goes in comes out.
#include "server/objects_fixture.hpp"

namespace noetl::nats::js {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::Holds;

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
