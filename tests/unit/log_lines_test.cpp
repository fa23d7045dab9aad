#include "deploy/log_lines.hpp"

#include <fstream>

#include "base/units.hpp"
#include "support/matchers.hpp"
#include "support/temporary_directory.hpp"

namespace noetl::nats::deploy {
namespace {

using testing::FailsWith;

constexpr const char* kLog =
    "nats-server: words before the log is open\n"
    "[10] 2026/01/02 03:00:00.000001 [INF] Starting nats-server\n"
    "[10] 2026/01/02 03:00:01.000000 [ERR] something broke [really]\n"
    "goroutine 1 [running]:\n"
    "[20] 2026/01/02 04:00:00.000000 [INF] Starting nats-server\n"
    "[20] 2026/01/02 04:00:01.000000 [WRN] careful\n"
    "[20] 2026/01/02 04:00:02.500000 [DBG] half\n";

class LogTest : public ::testing::Test {
 protected:
  LogTest() { std::ofstream(log) << kLog; }
  [[nodiscard]] std::vector<std::string> texts(const LogFilter& filter) const {
    std::vector<std::string> out;
    const auto slice = read_log(log, filter).value();
    for (const auto& line : slice.lines) out.push_back(line.text);
    return out;
  }
  testing::TemporaryDirectory folder;
  std::filesystem::path log = folder / "log";
};

TEST(LogLines, ALineHasPidTimeLevelAndText) {
  const auto line = parse_log_line("[4711] 2026/01/02 03:04:05.678901 [WRN] a [b] c");
  EXPECT_EQ(line.pid, 4711);
  EXPECT_EQ(line.level, LogLevel::warning);
  EXPECT_EQ(line.text, "a [b] c");
  ASSERT_TRUE(line.unix_nanos.has_value());
  EXPECT_EQ(format_time(*line.unix_nanos), "2026-01-02T03:04:05.678901Z");
}

TEST(LogLines, OtherLinesStayWhole) {
  for (const char* text : {"panic: boom", "[x] y", "goroutine 1 [running]:", "[", "]", "", "[1]"}) {
    const auto line = parse_log_line(text);
    EXPECT_EQ(line.level, LogLevel::unknown) << text;
    EXPECT_FALSE(line.unix_nanos.has_value()) << text;
  }
  EXPECT_EQ(parse_log_line("panic: boom").text, "panic: boom");
  EXPECT_EQ(parse_log_line("[1] [INF] without time").text, "without time");
}

TEST(LogLines, LevelsHaveSeveralNames) {
  EXPECT_EQ(log_level_from("warn"), LogLevel::warning);
  EXPECT_EQ(log_level_from("WRN"), LogLevel::warning);
  EXPECT_EQ(name_of(LogLevel::fatal), "fatal");
  EXPECT_EQ(log_level_from("loud"), std::nullopt);
}

TEST_F(LogTest, TheTailIsCutAndSaysSo) {
  LogFilter filter;
  filter.tail = 2;
  EXPECT_EQ(texts(filter), (std::vector<std::string>{"careful", "half"}));
  EXPECT_TRUE(read_log(log, filter).value().truncated);
  filter.tail = 100;
  EXPECT_FALSE(read_log(log, filter).value().truncated);
}

TEST_F(LogTest, LevelMeansThisAndAbove) {
  LogFilter filter;
  filter.level = LogLevel::warning;
  EXPECT_EQ(texts(filter), (std::vector<std::string>{"something broke [really]", "careful"}));
}

TEST_F(LogTest, SinceTakesLinesWithoutATimeAlong) {
  LogFilter filter;
  filter.since_unix_nanos = parse_time("2026-01-02T03:00:01Z").value();
  EXPECT_EQ(texts(filter).size(), 5U);
  EXPECT_EQ(texts(filter)[1], "goroutine 1 [running]:");
}

TEST_F(LogTest, GrepIsAnExtendedRegularExpression) {
  LogFilter filter;
  filter.grep = "broke|care(ful)?";
  EXPECT_EQ(texts(filter).size(), 2U);
  filter.grep = "(";
  EXPECT_THAT(read_log(log, filter), FailsWith(Code::invalid_argument));
}

TEST_F(LogTest, LinesOfEarlierProcessesCanBeTaken) {
  LogFilter filter;
  filter.not_pid = 20;
  EXPECT_EQ(texts(filter).size(), 4U);
}

TEST_F(LogTest, NewLinesAreReadOnceAndOnlyWhole) {
  const LogFilter all;
  auto end = read_log(log, all).value().end;
  std::ofstream(log, std::ios::app) << "[20] 2026/01/02 04:00:03.000000 [INF] one\n[20] 2026/01/02 04:00:04.000000 [INF] tw";
  auto fresh = read_log_after(log, end, all).value();
  ASSERT_EQ(fresh.lines.size(), 1U);
  EXPECT_EQ(fresh.lines[0].text, "one");
  std::ofstream(log, std::ios::app) << "o\n";
  fresh = read_log_after(log, fresh.end, all).value();
  ASSERT_EQ(fresh.lines.size(), 1U);
  EXPECT_EQ(fresh.lines[0].text, "two");
  EXPECT_TRUE(read_log_after(log, fresh.end, all).value().lines.empty());
  std::ofstream(log) << "[20] 2026/01/02 05:00:00.000000 [INF] after rotation\n";
  EXPECT_EQ(read_log_after(log, fresh.end, all).value().lines.size(), 1U);
}

TEST_F(LogTest, NoLogIsNotFound) { EXPECT_THAT(read_log(folder / "none", LogFilter{}), FailsWith(Code::not_found)); }

}  // namespace
}  // namespace noetl::nats::deploy
