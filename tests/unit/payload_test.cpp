#include "engine/payload.hpp"

#include "support/matchers.hpp"

namespace noetl::nats {
namespace {

using testing::FailsWith;
using testing::Holds;

struct Case {
  const char* what;
  std::string bytes;
  Json value;
  const char* encoding;
};

TEST(PayloadValue, KeepsTheRuleOfNoetlsTools) {
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  const std::vector<Case> cases{
      {"text", "hello", "hello", "utf-8"},
      {"empty", "", "", "utf-8"},
      {"object keeps its order", R"({"b":1,"a":[1,{"z":null}]})", Json::parse(R"({"b":1,"a":[1,{"z":null}]})"), "json"},
      {"digits become a number", "123", 123, "json"},
      {"blanks around it", " 12 ", 12, "json"},
      {"leading zeros are text", "007", "007", "utf-8"},
      {"quotes disappear", "\"q\"", "q", "json"},
      {"null", "null", nullptr, "json"},
      {"largest unsigned", "18446744073709551615", 18446744073709551615U, "json"},
      {"smallest signed", "-9223372036854775808", std::numeric_limits<std::int64_t>::min(), "json"},
      {"a float", "[2.50]", Json::array({2.5}), "json"},
      {"seventeen digits", "0.30000000000000004", 0.30000000000000004, "json"},
      {"NaN", "NaN", "NaN", "utf-8"},
      {"half an object", "{\"a\":", "{\"a\":", "utf-8"},
      {"byte order mark", "\xEF\xBB\xBF{\"a\":1}", "\xEF\xBB\xBF{\"a\":1}", "utf-8"},
      {"template-like", "{{ x }}", "{{ x }}", "utf-8"},
      {"nested too deep", deep, deep, "utf-8"},
      {"brackets in text do not nest", "\"" + deep + "\"", deep, "json"},
      {"escaped quote", R"(["\"[[",1])", Json::array({"\"[[", 1}), "json"},
      {"a NUL byte", std::string("a\0b", 3), std::string("a\0b", 3), "utf-8"},
      {"not UTF-8", "\xFE\x18\x62", "/hhi", "base64"},
      {"JSON inside of text stays", "a 1", "a 1", "utf-8"},
  };
  for (const auto& each : cases) {
    const auto read = payload_value(each.bytes);
    EXPECT_EQ(read.value, each.value) << each.what;
    EXPECT_EQ(read.encoding, each.encoding) << each.what;
  }
}

TEST(PayloadValue, NumbersThatWouldLoseDigitsStayText) {
  for (const auto* text : {"12345678901234567890123", "[18446744073709551616]", "-9223372036854775809", "{\"a\":0.1234567890123456789}",
                           "1e999", "1.00000000000000000001"}) {
    const auto read = payload_value(text);
    EXPECT_EQ(read.value, text);
    EXPECT_EQ(read.encoding, "utf-8");
  }
  EXPECT_EQ(payload_value("1.50000000000000000000").value, 1.5);
  EXPECT_EQ(payload_value("1e22").value, 1e22);
}

TEST(PayloadValue, EncodingDecides) {
  EXPECT_EQ(payload_value("123", "text").value, "123");
  EXPECT_EQ(payload_value("123", "text").encoding, "utf-8");
  EXPECT_EQ(payload_value("abc", "base64").value, "YWJj");
  EXPECT_EQ(payload_value("\xFF", "text").encoding, "base64");
}

TEST(PayloadBytes, WritesAsNoetlsRustTool) {
  EXPECT_THAT(payload_bytes("value", "a\r\n\tž"), Holds("a\r\n\tž"));
  EXPECT_THAT(payload_bytes("value", "123"), Holds("123"));
  EXPECT_THAT(payload_bytes("value", R"({"b":1,  "a":2})"), Holds(R"({"b":1,  "a":2})"));
  EXPECT_THAT(payload_bytes("value", Json::parse(R"({"b":1,"a":{"z":[1,2],"y":"é"}})")), Holds(R"({"a":{"y":"é","z":[1,2]},"b":1})"));
  EXPECT_THAT(payload_bytes("value", 2.0), Holds("2.0"));
  EXPECT_THAT(payload_bytes("value", 1e22), Holds("1e+22"));
  EXPECT_THAT(payload_bytes("value", true), Holds("true"));
  EXPECT_THAT(payload_bytes("value", nullptr), Holds(""));
  EXPECT_THAT(payload_bytes("value", Json::object()), Holds("{}"));
}

TEST(PayloadBytes, WritesAsNoetlsPythonToolWhenAsked) {
  EXPECT_THAT(payload_bytes("value", Json::parse(R"({"b":1,"a":[true,null,"é"]})"), "auto", "python"),
              Holds("{\"b\": 1, \"a\": [true, null, \"\\u00e9\"]}"));
  EXPECT_THAT(payload_bytes("value", true, "auto", "python"), Holds("True"));
  EXPECT_THAT(payload_bytes("value", "é", "auto", "python"), Holds("é"));
}

TEST(PayloadBytes, EncodingDecides) {
  EXPECT_THAT(payload_bytes("data", "AP8=", "base64"), Holds(std::string("\0\xFF", 2)));
  EXPECT_THAT(payload_bytes("data", "a", "json"), Holds("\"a\""));
  EXPECT_THAT(payload_bytes("data", nullptr, "json"), Holds("null"));
  const auto bad = payload_bytes("data", "not base64!!", "base64");
  ASSERT_THAT(bad, FailsWith(Code::invalid_argument));
  EXPECT_TRUE(bad.error().message.starts_with("data: not base64")) << bad.error().message;
  EXPECT_THAT(payload_bytes("data", Json{{"a", 1}}, "base64"), FailsWith(Code::invalid_argument));
  EXPECT_THAT(payload_bytes("data", "YWI", "base64"), FailsWith(Code::invalid_argument));
}

}  // namespace
}  // namespace noetl::nats
