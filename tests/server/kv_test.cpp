#include "jetstream/kv.hpp"

#include <mutex>
#include <thread>

#include "support/jetstream.hpp"

namespace noetl::nats::js {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::Field;
using ::testing::HasSubstr;
using testing::Holds;
using ::testing::Optional;
using namespace std::chrono_literals;

class KvServerTest : public testing::JetStreamTest {
 protected:
  Kv bucket(const std::string& name = "B", Json more = Json::object()) {
    Json config{{"name", "KV_" + name}, {"subjects", {"$KV." + name + ".>"}}, {"max_msgs_per_subject", 1}, {"discard", "new"},
                {"deny_delete", true},  {"allow_rollup_hdrs", true},          {"allow_direct", true},      {"storage", "memory"}};
    config.update(more);
    call("STREAM.CREATE.KV_" + name, config);
    return Kv(*api, name);
  }
  template <class... Keys>
  static auto KeysAre(const Keys&... keys) {
    return Field(&KvKeys::keys, ElementsAre(keys...));
  }
  static auto value_is(const std::string& value) { return Optional(Field(&KvEntry::value, value)); }
};

TEST_F(KvServerTest, PutThenGet) {
  auto kv = bucket();
  const auto first = kv.put("a/b=c.d", std::string_view("a\0b", 3), {}, soon());
  ASSERT_THAT(first, Holds(Field(&KvPut::revision, 1U)));
  const auto entry = kv.get("a/b=c.d", false, soon());
  ASSERT_OK(entry);
  ASSERT_TRUE(entry->has_value());
  EXPECT_EQ((*entry)->key, "a/b=c.d");
  EXPECT_EQ((*entry)->value, std::string("a\0b", 3));
  EXPECT_EQ((*entry)->revision, 1U);
  EXPECT_NEAR(static_cast<double>((*entry)->created), static_cast<double>(unix_nanos_now()), 60e9);
}

TEST_F(KvServerTest, TheLeaderGivesTheSame) {
  auto kv = bucket();
  ASSERT_OK(kv.put("k", "one", {}, soon()));
  EXPECT_THAT(kv.get("k", true, soon()), Holds(value_is("one")));
}

TEST_F(KvServerTest, GetsWhereDirectGetsAreOff) {
  auto kv = bucket("B", {{"allow_direct", false}});
  ASSERT_OK(kv.put("k", "one", {}, soon()));
  EXPECT_THAT(kv.get("k", false, soon()), Holds(value_is("one")));
  EXPECT_THAT(kv.get("nope", false, soon()), Holds(std::nullopt));
}

TEST_F(KvServerTest, AbsentKeysAreNothing) {
  auto kv = bucket("B", {{"max_msgs_per_subject", 5}});
  EXPECT_THAT(kv.get("k", false, soon()), Holds(std::nullopt));
  ASSERT_OK(kv.put("k", "one", {}, soon()));
  ASSERT_OK(kv.remove("k", {}, soon()));
  EXPECT_THAT(kv.get("k", false, soon()), Holds(std::nullopt));
  ASSERT_OK(kv.put("k", "two", {}, soon()));
  ASSERT_OK(kv.purge("k", {}, soon()));
  EXPECT_THAT(kv.get("k", false, soon()), Holds(std::nullopt));
  EXPECT_THAT(kv.get("k", true, soon()), Holds(std::nullopt));
}

TEST_F(KvServerTest, AMissingBucketIsAnErrorEverywhere) {
  Kv kv(*api, "nope");
  const auto got = kv.get("k", false, soon());
  ASSERT_THAT(got, FailsWith(Code::not_found));
  EXPECT_EQ(got.error().message, "bucket 'nope' does not exist");
  EXPECT_THAT(got.error().hint, HasSubstr("kv-bucket apply nope"));
  EXPECT_THAT(kv.get("k", true, soon()), FailsWith(Code::not_found));
  EXPECT_THAT(kv.put("k", "v", {}, soon()), FailsWith(Code::not_found));
  EXPECT_THAT(kv.create("k", "v", {}, soon()), FailsWith(Code::not_found));
  EXPECT_THAT(kv.remove("k", {}, soon()), FailsWith(Code::not_found));
  EXPECT_THAT(kv.keys({}, soon()), FailsWith(Code::not_found));
  EXPECT_THAT(kv.history("k", soon()), FailsWith(Code::not_found));
}

TEST_F(KvServerTest, BadNamesAreRefusedBeforeAnythingIsSent) {
  Kv kv(*api, "B");
  EXPECT_THAT(kv.put("a b", "v", {}, soon()), FailsWith(Code::invalid_argument));
  EXPECT_THAT(kv.purge("*", {}, soon()), FailsWith(Code::invalid_argument));
  EXPECT_THAT(Kv(*api, "a.b").get("k", false, soon()), FailsWith(Code::invalid_argument));
  EXPECT_THAT(kv.keys({.filters = {"a.>.b"}}, soon()), FailsWith(Code::invalid_argument));
}

TEST_F(KvServerTest, AKeyThatNoLineHoldsIsRefusedAndTheConnectionLives) {
  auto kv = bucket();
  const auto refused = kv.put(std::string(5000, 'k'), "v", {}, soon());
  ASSERT_THAT(refused, FailsWith(Code::invalid_argument));
  EXPECT_THAT(refused.error().message, HasSubstr("too long"));
  const std::string longest(3900, 'k');
  ASSERT_OK(kv.put(longest, "v", {}, soon()));
  EXPECT_THAT(kv.get(longest, true, soon()), Holds(value_is("v")));
  EXPECT_THAT(kv.get(longest, false, soon()), Holds(value_is("v")));
  EXPECT_THAT(kv.keys({}, soon()), Holds(KeysAre(longest)));
}

TEST_F(KvServerTest, GetARevision) {
  auto kv = bucket("B", {{"max_msgs_per_subject", 5}});
  ASSERT_OK(kv.put("k", "one", {}, soon()));
  ASSERT_OK(kv.put("other", "x", {}, soon()));
  ASSERT_OK(kv.put("k", "two", {}, soon()));
  EXPECT_THAT(kv.get_revision("k", 1, soon()), Holds(value_is("one")));
  EXPECT_THAT(kv.get_revision("k", 2, soon()), Holds(std::nullopt));  // of another key
  EXPECT_THAT(kv.get_revision("k", 9, soon()), Holds(std::nullopt));
}

TEST_F(KvServerTest, CreateOnlyWhatIsNotThere) {
  auto kv = bucket();
  EXPECT_THAT(kv.create("k", "one", {}, soon()), Holds(Field(&KvPut::revision, 1U)));
  const auto again = kv.create("k", "two", {}, soon());
  ASSERT_THAT(again, FailsWith(Code::already_exists));
  EXPECT_EQ(again.error().details["current_revision"], 1);
  EXPECT_THAT(kv.get("k", true, soon()), Holds(value_is("one")));
}

TEST_F(KvServerTest, CreateSucceedsOnTopOfMarkers) {
  auto kv = bucket();
  ASSERT_OK(kv.put("k", "1", {}, soon()));
  ASSERT_OK(kv.remove("k", {}, soon()));
  EXPECT_THAT(kv.create("k", "2", {}, soon()), Holds(Field(&KvPut::revision, 3U)));
  ASSERT_OK(kv.purge("k", {}, soon()));
  EXPECT_THAT(kv.create("k", "3", {}, soon()), Holds(Field(&KvPut::revision, 5U)));
}

TEST_F(KvServerTest, UpdateOnlyAtTheRevision) {
  auto kv = bucket();
  ASSERT_OK(kv.put("k", "one", {}, soon()));
  EXPECT_THAT(kv.update("k", "two", 1, {}, soon()), Holds(Field(&KvPut::revision, 2U)));
  const auto late = kv.update("k", "three", 1, {}, soon());
  ASSERT_THAT(late, FailsWith(Code::conflict));
  EXPECT_EQ(late.error().details["current_revision"], 2);
  EXPECT_EQ(late.error().message, "key 'k' in bucket 'B' is at revision 2, not at revision 1");
  EXPECT_THAT(kv.get("k", true, soon()), Holds(value_is("two")));
  EXPECT_THAT(kv.update("nope", "x", 1, {}, soon()), FailsWith(Code::not_found));
}

TEST_F(KvServerTest, UpdateOfARemovedKeyIsAConflict) {
  auto kv = bucket();
  ASSERT_OK(kv.put("k", "one", {}, soon()));
  ASSERT_OK(kv.remove("k", {}, soon()));
  const auto late = kv.update("k", "two", 1, {}, soon());
  ASSERT_THAT(late, FailsWith(Code::conflict));
  EXPECT_EQ(late.error().details["current_revision"], 2);
}

TEST_F(KvServerTest, RemoveAtARevision) {
  auto kv = bucket();
  ASSERT_OK(kv.put("k", "one", {}, soon()));
  EXPECT_THAT(kv.remove("k", {.revision = 7}, soon()), FailsWith(Code::conflict));
  EXPECT_THAT(kv.get("k", true, soon()), Holds(value_is("one")));
  EXPECT_THAT(kv.purge("k", {.revision = 1}, soon()), Holds(2U));
}

TEST_F(KvServerTest, AMessageIdIsStoredOnce) {
  auto kv = bucket();
  ASSERT_OK(kv.put("k", "one", {.message_id = "m1"}, soon()));
  const auto again = kv.put("k", "one", {.message_id = "m1"}, soon());
  ASSERT_OK(again);
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->revision, 1U);
}

TEST_F(KvServerTest, KeysThatHaveAValueInOrder) {
  auto kv = bucket("B", {{"max_msgs_per_subject", 5}});
  EXPECT_THAT(kv.keys({}, soon()), Holds(KeysAre()));
  for (const auto* key : {"a", "a.b", "user.1", "gone", "USER.3", "purged"}) ASSERT_OK(kv.put(key, "v", {}, soon()));
  ASSERT_OK(kv.remove("gone", {}, soon()));
  ASSERT_OK(kv.purge("purged", {}, soon()));
  ASSERT_OK(kv.put("a", "again", {}, soon()));
  EXPECT_THAT(kv.keys({}, soon()), Holds(KeysAre("a.b", "user.1", "USER.3", "a")));
  EXPECT_THAT(kv.keys({.filters = {"user.*"}}, soon()), Holds(KeysAre("user.1")));
  EXPECT_THAT(kv.keys({.filters = {"user.*", "a"}}, soon()), Holds(KeysAre("user.1", "a")));
}

TEST_F(KvServerTest, KeysAreComplete) {
  auto kv = bucket();
  for (int i = 0; i < 2500; ++i) ASSERT_OK(connection->publish("$KV.B.n." + std::to_string(i), "v"));
  ASSERT_OK(connection->flush(soon()));
  ASSERT_OK(wait_until(soon(), [&] { return messages_in("KV_B") == 2500; }));
  const auto keys = kv.keys({}, soon());
  ASSERT_OK(keys);
  EXPECT_EQ(keys->keys.size(), 2500U);
  EXPECT_EQ(keys->keys.front(), "n.0");
  EXPECT_EQ(keys->keys.back(), "n.2499");
  const auto gone = wait_until(soon(), [&] { return call("STREAM.INFO.KV_B")["state"]["consumer_count"] == 0; });
  EXPECT_TRUE(gone && *gone) << "the consumer of the scan is left";
}

TEST_F(KvServerTest, HistoryWithMarkers) {
  auto kv = bucket("B", {{"max_msgs_per_subject", 5}});
  ASSERT_OK(kv.put("k", "one", {}, soon()));
  ASSERT_OK(kv.put("k.x", "not this", {}, soon()));
  ASSERT_OK(kv.put("k", "two", {}, soon()));
  ASSERT_OK(kv.remove("k", {}, soon()));
  const auto entries = kv.history("k", soon());
  ASSERT_OK(entries);
  ASSERT_EQ(entries->size(), 3U);
  EXPECT_EQ((*entries)[0].value, "one");
  EXPECT_EQ((*entries)[1].revision, 3U);
  EXPECT_EQ(name_of((*entries)[2].operation), "delete");
  EXPECT_THAT(kv.history("nope", soon()), Holds(ElementsAre()));
}

TEST_F(KvServerTest, HistoryFromTheLeaderWhereDirectGetsAreOff) {
  auto kv = bucket("B", {{"max_msgs_per_subject", 5}, {"allow_direct", false}});
  for (const auto* value : {"one", "two", "three"}) ASSERT_OK(kv.put("k", value, {}, soon()));
  const auto entries = kv.history("k", soon());
  ASSERT_OK(entries);
  ASSERT_EQ(entries->size(), 3U);
  EXPECT_EQ(entries->back().value, "three");
}

TEST_F(KvServerTest, AKeyExpiresByItsTtl) {
  auto kv = bucket("B", {{"allow_msg_ttl", true}, {"subject_delete_marker_ttl", 60'000'000'000}});
  ASSERT_OK(kv.put("k", "v", {.ttl = 1s}, soon()));
  ASSERT_OK(kv.put("stays", "v", {}, soon()));
  EXPECT_THAT(kv.get("k", true, soon()), Holds(value_is("v")));
  const auto gone = wait_until(soon(), [&] {
    const auto entry = kv.get("k", true, soon());
    return entry && !*entry;
  });
  EXPECT_THAT(gone, Holds(true));
  EXPECT_THAT(kv.keys({}, soon()), Holds(KeysAre("stays")));
  const auto last = kv.last_entry("k", soon());
  ASSERT_OK(last);
  EXPECT_THAT(*last, Optional(Field(&KvEntry::operation, KvOperation::expired)));
  EXPECT_OK(kv.create("k", "new", {}, soon()));  // on top of the server's marker
}

TEST_F(KvServerTest, ATtlThatCannotWorkIsRefused) {
  auto plain = bucket("B");
  const auto refused = plain.put("k", "v", {.ttl = 10s}, soon());
  ASSERT_THAT(refused, FailsWith(Code::failed_precondition));
  EXPECT_THAT(refused.error().message, HasSubstr("ttl"));
  EXPECT_THAT(refused.error().hint, HasSubstr("--limit-marker-ttl"));
  EXPECT_THAT(plain.get("k", true, soon()), Holds(std::nullopt));

  auto kept = bucket("H", {{"allow_msg_ttl", true}, {"max_msgs_per_subject", 3}});
  EXPECT_THAT(kept.put("k", "v", {.ttl = 10s}, soon()), FailsWith(Code::failed_precondition));
  EXPECT_OK(kept.create("k", "v", {.ttl = 10s}, soon()));
  EXPECT_OK(kept.purge("k", {.ttl = 10s}, soon()));
  EXPECT_THAT(kept.create("k", "v", {.ttl = 500ms}, soon()), FailsWith(Code::invalid_argument));
}

TEST_F(KvServerTest, AFullBucketAndALargeValue) {
  auto kv = bucket("B", {{"max_bytes", 400}, {"max_msg_size", 100}});
  EXPECT_THAT(kv.put("k", std::string(200, 'x'), {}, soon()), FailsWith(Code::resource_exhausted));
  ASSERT_OK(kv.put("a", std::string(90, 'x'), {}, soon()));
  ASSERT_OK(kv.put("b", std::string(90, 'x'), {}, soon()));
  const auto full = kv.put("c", std::string(90, 'x'), {}, soon());
  const auto fuller = full ? kv.put("d", std::string(90, 'x'), {}, soon()) : full;
  ASSERT_THAT(fuller, FailsWith(Code::resource_exhausted));
  EXPECT_THAT(fuller.error().message, HasSubstr("bucket 'B' is full"));
}

TEST_F(KvServerTest, AMirrorReadsAndWritesTheKeysOfItsOrigin) {
  auto origin = bucket("src");
  ASSERT_OK(origin.put("k", "one", {}, soon()));
  call(
      "STREAM.CREATE.KV_mir",
      {{"name", "KV_mir"}, {"mirror", {{"name", "KV_src"}}}, {"allow_direct", true}, {"mirror_direct", true}, {"max_msgs_per_subject", 1}});
  ASSERT_OK(wait_until(soon(), [&] { return messages_in("KV_mir") == 1; }));
  EXPECT_THAT(Kv(*api, "mir").get("k", false, soon()), Holds(value_is("one")));
  EXPECT_THAT(Kv(*api, "mir").get("nope", false, soon()), Holds(std::nullopt));
  EXPECT_THAT(Kv(*api, "mir").get_revision("k", 1, soon()), Holds(value_is("one")));
  EXPECT_THAT(Kv(*api, "mir").keys({}, soon()), Holds(KeysAre("k")));
  ASSERT_OK(Kv(*api, "mir").put("k", "two", {}, soon()));
  EXPECT_THAT(origin.get("k", true, soon()), Holds(value_is("two")));
}

TEST_F(KvServerTest, RacingCreatesHaveOneWinner) {
  auto kv = bucket();
  ASSERT_OK(kv.put("k", "x", {}, soon()));
  ASSERT_OK(kv.remove("k", {}, soon()));
  int won = 0;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      Api own(*connection);
      const auto created = Kv(own, "B").create("k", "v", {}, soon());
      const std::lock_guard lock(mutex);
      if (created)
        ++won;
      else
        EXPECT_THAT(created, FailsWith(Code::already_exists));
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
}

class KvPermissionsTest : public testing::JetStreamTest {
 protected:
  KvPermissionsTest()
      : JetStreamTest(R"(jetstream {max_mem: 256MB, max_file: 2GB}
accounts { A { jetstream: enabled, users: [
  {user: admin, password: a},
  {user: app, password: b, permissions: {publish: {deny: ["$KV.B.secret", "$JS.API.STREAM.INFO.>"]}}} ] } }
no_auth_user: admin)") {}
};

TEST_F(KvPermissionsTest, ARefusedWriteIsNotATimeout) {
  call("STREAM.CREATE.KV_B", {{"name", "KV_B"}, {"subjects", {"$KV.B.>"}}, {"allow_direct", true}});
  auto options = server.options();
  options.user = "app";
  options.password = Secret("b");
  const auto opened = wire::Connection::open(options, soon());
  ASSERT_OK(opened);
  Api limited(**opened);
  Kv kv(limited, "B");
  const auto refused = kv.put("secret", "v", {}, soon());
  ASSERT_THAT(refused, FailsWith(Code::permission_denied));
  EXPECT_THAT(refused.error().message, HasSubstr("$KV.B.secret"));
  EXPECT_THAT(kv.get("nope", false, soon()), Holds(std::nullopt));  // without the right to look at the stream
}

TEST(KvOperationOf, ReadsAllMarkers) {
  EXPECT_EQ(kv_operation_of(std::nullopt, std::nullopt), KvOperation::put);
  EXPECT_EQ(kv_operation_of("DEL", std::nullopt), KvOperation::remove);
  EXPECT_EQ(kv_operation_of("PURGE", std::nullopt), KvOperation::purge);
  EXPECT_EQ(kv_operation_of(std::nullopt, "MaxAge"), KvOperation::expired);
  EXPECT_EQ(kv_operation_of(std::nullopt, "Purge"), KvOperation::purge);
  EXPECT_EQ(kv_operation_of(std::nullopt, "Remove"), KvOperation::remove);
}

}  // namespace
}  // namespace noetl::nats::js
