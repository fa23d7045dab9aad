// Many keys at once, and what happens to them: get_many, put_many, keys, watch.
#include <algorithm>
#include <set>
#include <thread>

#include "jetstream/kv_watch.hpp"
#include "support/jetstream.hpp"

namespace noetl::nats::js {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kBeat{200};

class KvManyTest : public testing::JetStreamTest {
 protected:
  void bucket(Json more = Json::object(), const std::string& name = "B") {
    Json config{{"name", "KV_" + name}, {"subjects", {"$KV." + name + ".>"}}, {"max_msgs_per_subject", 1}, {"discard", "new"},
                {"deny_delete", true},  {"allow_rollup_hdrs", true},          {"allow_direct", true},      {"storage", "file"}};
    config.update(more);
    call("STREAM.CREATE.KV_" + name, config);
  }
  void put(const std::string& key, const std::string& value) { ASSERT_OK(Kv(*api, "B").put(key, value, {}, soon())); }
  void remove(const std::string& key) { ASSERT_OK(Kv(*api, "B").remove(key, {}, soon())); }
  std::string read(const std::vector<std::string>& keys, const KvGetManyOptions& options = {}, const std::string& from = "B") {
    const auto found = Kv(*api, from).get_many(keys, options, soon());
    if (!found) return found.error().message;
    std::string text;
    for (const auto& each : *found) text += each.key + "=" + each.value + " ";
    return text;
  }
  std::unique_ptr<KvWatch> watch(KvWatchOptions options = {}) {
    options.heartbeat = kBeat;
    auto opened = KvWatch::open(*api, "B", options, soon());
    if (!opened) throw std::runtime_error(opened.error().message);
    return *std::move(opened);
  }
  /// Everything up to the moment when it is current, or (n > 0) the next n entries.
  static std::string seen(KvWatch& watch, int n = 0) {
    std::string text;
    while (n > 0 || !watch.is_current()) {
      const auto entry = watch.next(soon());
      if (!entry) return text + entry.error().message;
      if (!*entry && watch.is_current()) break;
      if (!*entry) return text + "(nothing came)";
      text += (*entry)->key + mark_of(**entry) + (*entry)->value + " ";
      if (n > 0 && --n == 0) break;
    }
    return text;
  }
  static std::string mark_of(const KvEntry& entry) { return entry.is_marker() ? "-" + std::string(name_of(entry.operation)) : ":"; }
  std::int64_t consumers() { return call("STREAM.INFO.KV_B")["state"].value("consumer_count", std::int64_t{-1}); }
};

TEST_F(KvManyTest, GetManyLeavesOutWhatIsNotThere) {
  bucket({{"max_msgs_per_subject", 5}});
  for (const auto* key : {"a", "b", "c"}) put(key, std::string("value of ") + key);
  put("a", "again");
  remove("c");
  EXPECT_EQ(read({"a", "b", "c", "nope", "a"}), "b=value of b a=again ");
  EXPECT_EQ(read({"nope"}), "");
  EXPECT_EQ(read({}), "");
  EXPECT_EQ(read({"a", "c"}, {.up_to_revision = 3}), "a=value of a c=value of c ");
  EXPECT_EQ(read({"a", "b"}, {.consistent = true}), "b=value of b a=again ");
  EXPECT_THAT(read({"a"}, {}, "missing"), HasSubstr("bucket 'missing' does not exist"));
  EXPECT_THAT(read({"a", "a b"}), HasSubstr("key 'a b'"));
}

TEST_F(KvManyTest, GetManyAsksAsOftenAsItMust) {
  bucket();
  std::vector<std::string> keys;
  std::vector<KvWrite> writes;
  const std::string value(9000, 'v');  // 5000 of them: more than one answer of the server may hold
  for (int i = 0; i < 5000; ++i) keys.push_back("n." + std::to_string(i));
  for (const auto& key : keys) writes.push_back({key, value});
  const auto written = Kv(*api, "B").put_many(writes, {}, soon());
  ASSERT_OK(written);
  const auto found = Kv(*api, "B").get_many(keys, {}, soon());
  ASSERT_OK(found);
  ASSERT_EQ(found->size(), 5000U);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    ASSERT_EQ((*found)[i].key, keys[i]);
    ASSERT_EQ((*found)[i].value, value);
    ASSERT_TRUE((*written)[i]);
    ASSERT_EQ((*found)[i].revision, (*written)[i]->revision);
  }
}

TEST_F(KvManyTest, GetManyWhereDirectGetsAreOff) {
  bucket({{"allow_direct", false}});
  put("a", "one");
  put("b", "two");
  EXPECT_EQ(read({"a", "b", "nope"}), "a=one b=two ");
}

TEST_F(KvManyTest, GetManyOfAMirror) {
  bucket();
  put("a", "one");
  call("STREAM.CREATE.KV_mir",
       {{"name", "KV_mir"}, {"mirror", {{"name", "KV_B"}}}, {"mirror_direct", true}, {"allow_direct", true}, {"max_msgs_per_subject", 1}});
  ASSERT_OK(wait_until(soon(), [&] { return messages_in("KV_mir") == 1; }));
  EXPECT_EQ(read({"a", "nope"}, {}, "mir"), "a=one ");
}

TEST_F(KvManyTest, PutManySaysWhichFailed) {
  bucket({{"max_msg_size", 64}});
  put("there", "x");
  const std::string large(500, 'x');
  const std::vector<KvWrite> writes{{"a", "one"}, {"large", large}, {"there", "new", 0}, {"b", "two", 0}};
  const auto written = Kv(*api, "B").put_many(writes, {}, soon());
  ASSERT_OK(written);
  EXPECT_TRUE((*written)[0]);
  EXPECT_THAT((*written)[1], FailsWith(Code::resource_exhausted));
  EXPECT_THAT((*written)[1].error().message, HasSubstr("key 'large' in bucket 'B'"));
  EXPECT_THAT((*written)[2], FailsWith(Code::conflict));
  EXPECT_TRUE((*written)[3]);
  EXPECT_EQ(read({"a", "b", "there", "large"}), "there=x a=one b=two ");
}

TEST_F(KvManyTest, PutManySendsNothingWhenAKeyIsWrong) {
  bucket();
  const std::vector<KvWrite> writes{{"a", "one"}, {"b c", "two"}};
  EXPECT_THAT(Kv(*api, "B").put_many(writes, {}, soon()), FailsWith(Code::invalid_argument));
  EXPECT_THAT(Kv(*api, "missing").put_many(std::span(writes).first(1), {}, soon()), FailsWith(Code::not_found));
  EXPECT_THAT(Kv(*api, "B").put_many(std::span(writes).first(1), {.ttl = 5s}, soon()), FailsWith(Code::failed_precondition));
  EXPECT_EQ(messages_in("KV_B"), 0U);
}

TEST_F(KvManyTest, PutManyWhenTheServerDies) {
  bucket();
  std::vector<std::string> keys;
  std::vector<KvWrite> writes;
  for (int i = 0; i < 100'000; ++i) keys.push_back("n." + std::to_string(i));
  for (const auto& key : keys) writes.push_back({key, "v"});
  std::thread killer([&] {
    ASSERT_OK(wait_until(
        soon(), [&] { return messages_in("KV_B") > 20'000; }, 1ms));  // far more than are in flight: some are acknowledged
    server.kill();
  });
  const auto written = Kv(*api, "B").put_many(writes, {}, Wait::for_duration(1s));
  killer.join();
  ASSERT_OK(written);
  const auto failed = std::ranges::count_if(*written, [](const auto& each) { return !each; });
  EXPECT_LT(failed, 100'000);
  server.start_again();
  const auto again = wire::Connection::open(server.options(), soon());
  ASSERT_OK(again);
  Api fresh(**again);
  const auto found = Kv(fresh, "B").keys({}, soon());
  ASSERT_OK(found);
  const std::set<std::string> there(found->keys.begin(), found->keys.end());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool acknowledged = (*written)[i].has_value();
    ASSERT_TRUE(!acknowledged || there.contains(keys[i])) << keys[i] << " was acknowledged and is not there";
  }
}

TEST_F(KvManyTest, KeysStopAtTheLimit) {
  bucket();
  for (const auto* key : {"a", "b", "c", "gone", "d"}) put(key, "x");
  remove("gone");
  const auto three = Kv(*api, "B").keys({.limit = 3}, soon());
  ASSERT_OK(three);
  EXPECT_THAT(three->keys, ElementsAre("a", "b", "c"));
  EXPECT_TRUE(three->truncated);
  const auto four = Kv(*api, "B").keys({.limit = 4}, soon());
  ASSERT_OK(four);
  EXPECT_THAT(four->keys, ElementsAre("a", "b", "c", "d"));
  EXPECT_FALSE(four->truncated);
  const auto some = Kv(*api, "B").keys({.accepts = [](const std::string& key) { return key > "b"; }, .limit = 1}, soon());
  ASSERT_OK(some);
  EXPECT_THAT(some->keys, ElementsAre("c"));
  EXPECT_TRUE(some->truncated);
}

TEST_F(KvManyTest, AWatchGivesWhatIsThereAndThenEachChange) {
  bucket({{"max_msgs_per_subject", 5}});
  put("a", "1");
  put("a", "2");
  put("b", "1");
  remove("b");
  auto last = watch();
  EXPECT_EQ(seen(*last), "a:2 b-delete ");
  auto all = watch({.include_history = true});
  EXPECT_EQ(seen(*all), "a:1 a:2 b:1 b-delete ");
  auto updates = watch({.updates_only = true});
  EXPECT_TRUE(updates->is_current());
  auto keys = watch({.filters = {"a.>", "c"}, .ignore_deletes = true, .meta_only = true});
  EXPECT_EQ(seen(*keys), "");
  put("c", "3");
  remove("c");
  ASSERT_OK(Kv(*api, "B").purge("a", {}, soon()));
  put("a.x", "4");
  for (auto* each : {last.get(), all.get(), updates.get()}) EXPECT_EQ(seen(*each, 4), "c:3 c-delete a-purge a.x:4 ");
  EXPECT_EQ(seen(*keys, 2), "c: a.x: ");
  EXPECT_EQ(last->last_revision(), 8U);
  auto later = watch({.from_revision = 6});
  EXPECT_EQ(seen(*later), "a-purge a.x:4 ");
  last.reset(), all.reset(), updates.reset(), keys.reset(), later.reset();
  const auto gone = wait_until(soon(), [&] { return consumers() == 0; });
  EXPECT_TRUE(gone && *gone) << "a consumer is left";
}

TEST_F(KvManyTest, AnEmptyBucketIsCurrentAtOnce) {
  bucket();
  auto opened = watch();
  EXPECT_TRUE(opened->is_current());
  const auto nothing = opened->next(Wait::for_duration(20ms));
  ASSERT_OK(nothing);
  EXPECT_FALSE(nothing->has_value());
}

TEST_F(KvManyTest, OptionsOfAWatchThatExcludeEachOther) {
  bucket();
  EXPECT_THAT(KvWatch::open(*api, "B", {.updates_only = true, .include_history = true}, soon()), FailsWith(Code::invalid_argument));
  EXPECT_THAT(KvWatch::open(*api, "B", {.filters = {"a..b"}}, soon()), FailsWith(Code::invalid_argument));
  EXPECT_THAT(KvWatch::open(*api, "missing", {}, soon()), FailsWith(Code::not_found));
}

TEST_F(KvManyTest, AWatchOfABucketThatIsDeletedEnds) {
  bucket();
  auto opened = watch();
  call("STREAM.DELETE.KV_B");
  EXPECT_THAT(opened->next(soon()), FailsWith(Code::not_found));
}

TEST_F(KvManyTest, AWatchGoesOnWhenItsConsumerIsLost) {
  bucket();
  auto opened = watch({.updates_only = true});
  put("a", "1");
  EXPECT_EQ(seen(*opened, 1), "a:1 ");
  for (const auto& name : call("CONSUMER.NAMES.KV_B")["consumers"]) call("CONSUMER.DELETE.KV_B." + name.get<std::string>());
  put("b", "2");
  put("c", "3");
  EXPECT_EQ(seen(*opened, 2), "b:2 c:3 ");
}

TEST_F(KvManyTest, AWatchLosesNothingWhenTheServerRestarts) {
  bucket();
  auto options = server.options();
  options.reconnect = true;
  const auto lasting = wire::Connection::open(options, soon());
  ASSERT_OK(lasting);
  Api lasting_api(**lasting);
  auto opened = KvWatch::open(lasting_api, "B", {.updates_only = true, .heartbeat = kBeat}, soon());
  ASSERT_OK(opened);
  put("a", "1");
  EXPECT_EQ(seen(**opened, 1), "a:1 ");
  server.kill();
  server.start_again();
  const auto again = wire::Connection::open(server.options(), soon());
  ASSERT_OK(again);
  Api fresh(**again);
  for (int i = 0; i < 3; ++i) ASSERT_OK(Kv(fresh, "B").put("k" + std::to_string(i), "x", {}, soon()));
  EXPECT_EQ(seen(**opened, 3), "k0:x k1:x k2:x ");
}

TEST_F(KvManyTest, AWatchOfManyWithASlowReaderIsComplete) {
  bucket();
  auto opened = watch({.updates_only = true});
  for (int i = 0; i < 20'000; ++i) ASSERT_OK(connection->publish("$KV.B.n." + std::to_string(i), std::string(200, 'x')));
  ASSERT_OK(connection->flush(soon()));
  for (int i = 0; i < 20'000; ++i) {
    const auto entry = opened->next(soon());
    ASSERT_OK(entry);
    ASSERT_TRUE(entry->has_value());
    ASSERT_EQ((*entry)->key, "n." + std::to_string(i));
  }
}

}  // namespace
}  // namespace noetl::nats::js
