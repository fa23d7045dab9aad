#include "jetstream/session_cache.hpp"

#include "support/matchers.hpp"

namespace noetl::nats::js {
namespace {

using testing::FailsWith;
using testing::Holds;

constexpr std::int64_t kNow = 1'800'000'000'000'000'000;  // 2027

TEST(SessionTtl, FromTheEnvironment) {
  EXPECT_THAT(session_ttl(Environment()), Holds(Nanos(std::chrono::minutes(5))));
  EXPECT_THAT(session_ttl(Environment(std::map<std::string, std::string>{{"NATS_SESSION_CACHE_TTL_SECS", "90"}})),
              Holds(Nanos(std::chrono::seconds(90))));
  for (const auto* bad : {"0", "-1", "5m", "x"}) {
    const auto refused = session_ttl(Environment(std::map<std::string, std::string>{{"NATS_SESSION_CACHE_TTL_SECS", bad}}));
    ASSERT_THAT(refused, FailsWith(Code::invalid_argument));
    EXPECT_NE(refused.error().message.find("NATS_SESSION_CACHE_TTL_SECS"), std::string::npos);
  }
}

TEST(CheckSession, NamesEveryMemberOfAnotherType) {
  EXPECT_TRUE(
      check_session({{"user_id", 7}, {"is_active", true}, {"roles", {"admin"}}, {"expires_at", "2026-01-31T12:00:00Z"}, {"more", 1}})
          .empty());
  EXPECT_TRUE(check_session(Json::object()).empty());
  const auto problems = check_session({{"user_id", "7"}, {"is_active", "yes"}, {"roles", "admin"}, {"expires_at", "soon"}});
  ASSERT_EQ(problems.size(), 4U);
  EXPECT_EQ(problems[0].member, "user_id");
  EXPECT_EQ(problems[3].member, "expires_at");
  EXPECT_EQ(check_session("text").size(), 1U);
}

TEST(StateOfSession, InactiveAndExpired) {
  EXPECT_EQ(state_of_session({{"is_active", true}}, kNow), SessionState::good);
  EXPECT_EQ(state_of_session({{"is_active", false}}, kNow), SessionState::inactive);
  EXPECT_EQ(state_of_session({{"expires_at", "2026-01-31T12:00:00Z"}}, kNow), SessionState::expired);
  EXPECT_EQ(state_of_session({{"expires_at", "2028-01-31T12:00:00Z"}}, kNow), SessionState::good);
  EXPECT_EQ(state_of_session({{"expires_at", 1'700'000'000}}, kNow), SessionState::expired);
  EXPECT_EQ(state_of_session({{"expires_at", 1'900'000'000}}, kNow), SessionState::good);
  EXPECT_EQ(state_of_session({{"expires_at", 1'900'000'000'000}}, kNow), SessionState::good);
}

}  // namespace
}  // namespace noetl::nats::js
