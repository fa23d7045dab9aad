#include "schema/fields.hpp"

#include "support/matchers.hpp"

namespace noetl::nats::schema {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::Field;

struct Inner {
  std::string subject;
  static auto fields() { return std::tuple{field("subject", &Inner::subject, "Subject.").format("subject")}; }
};

struct In {
  std::string bucket, key;
  std::optional<std::uint64_t> revision;
  std::int64_t batch = 100;
  bool deep = false;
  Duration ttl;
  Size limit;
  Json value;
  std::vector<std::string> tags;
  std::vector<Inner> inner;
  Object config;
  Secret password;
  std::string mode = "auto";

  static auto fields() {
    return std::tuple{field("bucket", &In::bucket, "Bucket.").format("bucket-name"),
                      field("key", &In::key, "Key.").format("kv-key").alias("k"),
                      field("revision", &In::revision, "Revision."),
                      field("batch", &In::batch, "Batch.").clamp(1, 1000),
                      field("deep", &In::deep, "Deep."),
                      field("ttl", &In::ttl, "TTL.").defaulted(),
                      field("limit", &In::limit, "Limit.").defaulted(),
                      field("value", &In::value, "Value.").defaulted(),
                      field("tags", &In::tags, "Tags.").defaulted(),
                      field("inner", &In::inner, "Inner.").defaulted(),
                      field("config", &In::config, "Config.").defaulted(),
                      field("password", &In::password, "Password.").defaulted(),
                      field("mode", &In::mode, "Mode.").one_of({"auto", "fast"})};
  }
};

Json base() { return {{"bucket", "b"}, {"key", "k"}}; }

Result<In> with(const char* name, Json value) {
  Json params = base();
  params[name] = std::move(value);
  return decode<In>(params, "op");
}

TEST(Decode, AllProblemsAtOnceWithTheNearestName) {
  const auto read = decode<In>({{"bucket", "b"}, {"kye", "x"}, {"batch", "many"}}, "kv_get");
  ASSERT_THAT(read, FailsWith(Code::invalid_argument));
  const auto& problems = read.error().details["problems"];
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0]["path"], "kye");
  EXPECT_NE(problems[0]["message"].get<std::string>().find("did you mean key"), std::string::npos);
  EXPECT_EQ(problems[2]["message"], "is required");
}

TEST(Decode, TemplatesBlurTypes) {
  EXPECT_EQ(decode<In>({{"bucket", "b"}, {"key", 123}}, "op")->key, "123");
  EXPECT_EQ(with("revision", "7")->revision, 7U);
  EXPECT_EQ(with("revision", 7.0)->revision, 7U);
  EXPECT_EQ(with("deep", "true")->deep, true);
  EXPECT_EQ(with("ttl", 30)->ttl.value, std::chrono::seconds(30));
  EXPECT_EQ(with("ttl", "5m")->ttl.value, std::chrono::minutes(5));
  EXPECT_EQ(with("limit", "5Gi")->limit.bytes, 5LL << 30);
  EXPECT_THAT(with("tags", "a, b")->tags, ElementsAre("a", "b"));
  EXPECT_THAT(with("tags", "[\"a\"]")->tags, ElementsAre("a"));
  EXPECT_EQ(with("config", "{\"a\":1}")->config.value["a"], 1);
  EXPECT_EQ(with("batch", 99999)->batch, 1000);
  EXPECT_EQ(with("k", "x").error().code, Code::invalid_argument);  // key and its alias
}

TEST(Decode, WrongTypesAreNamed) {
  for (const auto& [name, value] : std::vector<std::pair<const char*, Json>>{{"revision", -1},
                                                                             {"revision", 1.5},
                                                                             {"revision", "7x"},
                                                                             {"deep", "maybe"},
                                                                             {"ttl", "soon"},
                                                                             {"ttl", -5},
                                                                             {"tags", Json::object()},
                                                                             {"config", "[1]"},
                                                                             {"mode", "fsat"},
                                                                             {"inner", {{{"subject", "a b"}}}}}) {
    const auto read = with(name, value);
    ASSERT_THAT(read, FailsWith(Code::invalid_argument)) << name << dump(value);
    EXPECT_NE(read.error().message.find(name), std::string::npos) << read.error().message;
  }
}

TEST(Decode, NullIsAbsentButForJson) {
  EXPECT_EQ(with("revision", nullptr)->revision, std::nullopt);
  EXPECT_TRUE(with("value", nullptr)->value.is_null());
  EXPECT_THAT(decode<In>({{"bucket", "b"}, {"key", nullptr}}, "op"), FailsWith(Code::invalid_argument));
}

TEST(Encode, SecretsAreMasked) {
  auto in = with("password", "s3cret");
  ASSERT_OK(in);
  EXPECT_EQ(in->password.reveal(), "s3cret");
  EXPECT_EQ(encode(*in)["password"], "***");
}

TEST(JsonSchema, SaysWhatIsRequired) {
  const Json schema = schema_of(describe<In>());
  EXPECT_EQ(schema["required"], Json({"bucket", "key"}));
  EXPECT_EQ(schema["properties"]["mode"]["enum"], Json({"auto", "fast"}));
  EXPECT_EQ(schema["properties"]["batch"]["default"], 100);
  EXPECT_EQ(schema["properties"]["inner"]["items"]["properties"]["subject"]["format"], "subject");
}

}  // namespace
}  // namespace noetl::nats::schema
