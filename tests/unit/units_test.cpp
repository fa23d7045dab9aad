#include "base/units.hpp"

#include "support/matchers.hpp"

namespace noetl::nats {
namespace {

using std::chrono::seconds;
using testing::FailsWith;
using testing::Holds;

TEST(Durations, AreReadWithUnits) {
  EXPECT_THAT(parse_duration("250ms"), Holds(Nanos(250'000'000)));
  EXPECT_THAT(parse_duration("1h30m"), Holds(seconds(5400)));
  EXPECT_THAT(parse_duration("7d"), Holds(seconds(7 * 86400)));
  EXPECT_THAT(parse_duration("1.5s"), Holds(Nanos(1'500'000'000)));
  EXPECT_THAT(parse_duration(" 30 s "), Holds(seconds(30)));
  EXPECT_THAT(parse_duration("30"), Holds(seconds(30)));
  EXPECT_THAT(parse_duration("30", Nanos(1)), Holds(Nanos(30)));
  EXPECT_THAT(parse_duration("-1s"), Holds(seconds(-1)));
}

TEST(Durations, RefuseWhatIsNone) {
  for (const auto* text : {"", "s", "5x", "5m3", "abc", "1..2s", "99999999999d", "-"})
    EXPECT_THAT(parse_duration(text), FailsWith(Code::invalid_argument)) << text;
}

TEST(Durations, AreWrittenAndReadBack) {
  for (const std::int64_t nanos :
       {0LL, 1LL, 999LL, 1'000'000LL, 90'000'000'000LL, 86'400'000'000'000LL, 93'784'005'006'007LL, -5'000'000'000LL})
    EXPECT_THAT(parse_duration(format_duration(Nanos(nanos))), Holds(Nanos(nanos))) << format_duration(Nanos(nanos));
}

TEST(Sizes, PowersOf1024And1000) {
  EXPECT_THAT(parse_size("512MiB"), Holds(512LL << 20));
  EXPECT_THAT(parse_size("5Gi"), Holds(5LL << 30));
  EXPECT_THAT(parse_size("10K"), Holds(10'000));
  EXPECT_THAT(parse_size("1.5KiB"), Holds(1536));
  EXPECT_THAT(parse_size("-1"), Holds(-1));
  for (const auto* text : {"", "KiB", "1XB", "0.3B", "99999999999TiB"})
    EXPECT_THAT(parse_size(text), FailsWith(Code::invalid_argument)) << text;
}

TEST(Times, RoundTrip) {
  EXPECT_THAT(parse_time("1970-01-01T00:00:00Z"), Holds(0));
  EXPECT_THAT(parse_time("2026-01-02T03:04:05.25+02:00"), Holds(1767315845250000000));
  EXPECT_EQ(format_time(1767315845250000000), "2026-01-02T01:04:05.25Z");
  for (const auto* text : {"", "2026-01-02", "2026-13-02T00:00:00Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05+2"})
    EXPECT_THAT(parse_time(text), FailsWith(Code::invalid_argument)) << text;
}

TEST(ForPeople, NumbersHaveUnits) {
  EXPECT_EQ(human_size(5LL << 30), "5.0 GiB");
  EXPECT_EQ(human_size(512), "512 B");
  EXPECT_EQ(human_count(1234567), "1 234 567");
  EXPECT_EQ(human_count(-1000), "-1 000");
  EXPECT_EQ(human_duration(std::chrono::minutes(3)), "3 min");
}

}  // namespace
}  // namespace noetl::nats
