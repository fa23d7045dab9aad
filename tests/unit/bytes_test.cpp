#include "base/bytes.hpp"

#include "support/matchers.hpp"

namespace noetl::nats {
namespace {

using testing::FailsWith;
using testing::Holds;

TEST(Base64, RoundTripsEveryLength) {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    EXPECT_THAT(base64_decode(base64_encode(bytes)), Holds(bytes));
    EXPECT_THAT(base64url_decode(base64url_encode(bytes)), Holds(bytes));
    bytes += static_cast<char>(i * 37);
  }
  EXPECT_EQ(base64_encode("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
}

TEST(Base64, IsStrict) {
  for (const auto* text : {"YQ", "YQ=", "Y Q=", "YQ==\n", "Y===", "====", "YR==", "Yf-_"})
    EXPECT_THAT(base64_decode(text), FailsWith(Code::invalid_argument)) << text;
  EXPECT_THAT(base64url_decode("YQ"), Holds("a"));
  EXPECT_THAT(base64_decode(""), Holds(""));
}

TEST(Utf8, RefusesOverlongSurrogatesAndCutSequences) {
  EXPECT_TRUE(is_utf8("héllo 😀"));
  EXPECT_TRUE(is_utf8(std::string_view("a\0b", 3)));
  for (const auto* bytes : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80", "\xf0\x80\x80\x80"})
    EXPECT_FALSE(is_utf8(bytes)) << bytes;
}

TEST(Names, AreRandom) {
  EXPECT_EQ(random_name().size(), 22U);
  EXPECT_NE(random_name(), random_name());
  EXPECT_EQ(random_hex(16).size(), 32U);
}

}  // namespace
}  // namespace noetl::nats
