#include "base/names.hpp"

#include "support/matchers.hpp"

namespace noetl::nats {
namespace {

TEST(Subjects, RefuseWhatTheServerWouldReadAsProtocol) {
  EXPECT_TRUE(check_subject("a b"));
  EXPECT_TRUE(check_subject("a\r\nPUB x 1"));
  EXPECT_TRUE(check_subject(""));
  EXPECT_TRUE(check_subject("a..b"));
  EXPECT_TRUE(check_subject(".a"));
  EXPECT_TRUE(check_subject("a.*"));
  EXPECT_TRUE(check_subject(std::string_view("a\0b", 3)));
  EXPECT_FALSE(check_subject("orders.new-1_2"));
  EXPECT_FALSE(check_filter("orders.*.>"));
  EXPECT_TRUE(check_filter("orders.>.x"));
}

TEST(Keys, FollowAdr8) {
  EXPECT_FALSE(check_kv_key("a/b=c.d_e-F"));
  EXPECT_TRUE(check_kv_key("a b"));
  EXPECT_TRUE(check_kv_key(".a"));
  EXPECT_TRUE(check_kv_key("a."));
  EXPECT_TRUE(check_kv_key("a..b"));
  EXPECT_TRUE(check_kv_key("é"));
}

TEST(Nearest, FindsTheMisspeltName) {
  EXPECT_EQ(nearest("kye", {"bucket", "key", "revision"}), "key");
  EXPECT_EQ(nearest("max_agee", {"max_age", "max_msgs"}), "max_age");
  EXPECT_EQ(nearest("zzzzz", {"bucket", "key"}), std::nullopt);
}

TEST(SubjectMatches, Wildcards) {
  EXPECT_TRUE(subject_matches("a.*.c", "a.b.c"));
  EXPECT_TRUE(subject_matches("a.>", "a.b.c"));
  EXPECT_FALSE(subject_matches("a.>", "a"));
  EXPECT_FALSE(subject_matches("a.*", "a.b.c"));
  EXPECT_TRUE(subject_matches(">", "a"));
}

TEST(GlobMatches, StarIsAnyRun) {
  EXPECT_TRUE(glob_matches("user.*", "user.a.b"));
  EXPECT_TRUE(glob_matches("*x*", "axb"));
  EXPECT_FALSE(glob_matches("a*", "ba"));
  EXPECT_FALSE(glob_matches("", "a"));
}

}  // namespace
}  // namespace noetl::nats
