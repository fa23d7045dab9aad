// The parameters of one call, from JSON to the struct of its operation, and its schema.
#include <benchmark/benchmark.h>

#include <optional>
#include <string>
#include <tuple>

#include "schema/fields.hpp"

namespace noetl::nats {
namespace {

/// As large as the parameters of js_publish.
struct In {
  std::string subject;
  Json data;
  Object headers;
  std::string stream, msg_id, encoding = "auto";
  std::optional<std::uint64_t> expect_last_seq, expect_last_subject_seq;
  std::optional<Duration> ttl;
  static auto fields() {
    return std::tuple{schema::field("subject", &In::subject, "Subject.").format("subject").positional(),
                      schema::field("data", &In::data, "Message.").positional(),
                      schema::field("headers", &In::headers, "Headers.").defaulted(),
                      schema::field("stream", &In::stream, "Stream.").format("stream-name").defaulted(),
                      schema::field("msg_id", &In::msg_id, "Message id.").defaulted(),
                      schema::field("expect_last_seq", &In::expect_last_seq, "Sequence."),
                      schema::field("expect_last_subject_seq", &In::expect_last_subject_seq, "Sequence of the subject."),
                      schema::field("ttl", &In::ttl, "Time to live."),
                      schema::field("encoding", &In::encoding, "Encoding.").one_of({"auto", "utf-8", "base64"})};
  }
};

void decode(benchmark::State& state, const Json& params, bool good) {
  for (auto _ : state) {
    auto read = schema::decode<In>(params, "js_publish");
    if (read.has_value() != good) state.SkipWithError("read wrongly");
    benchmark::DoNotOptimize(read);
  }
}

void decode_two_fields(benchmark::State& state) { decode(state, {{"subject", "orders.new"}, {"data", "x"}}, true); }
BENCHMARK(decode_two_fields);

void decode_all_fields(benchmark::State& state) {
  decode(state,
         {{"subject", "orders.new"},
          {"data", {{"id", 7}}},
          {"headers", {{"X-Source", "bench"}}},
          {"stream", "ORDERS"},
          {"msg_id", "a-7"},
          {"expect_last_seq", 41},
          {"expect_last_subject_seq", "17"},
          {"ttl", "90s"},
          {"encoding", "utf-8"}},
         true);
}
BENCHMARK(decode_all_fields);

/// Problems are looked for a hint ("did you mean"), which the good way must not pay for.
void decode_a_misspelt_field(benchmark::State& state) { decode(state, {{"subject", "orders.new"}, {"dataa", "x"}}, false); }
BENCHMARK(decode_a_misspelt_field);

void encode(benchmark::State& state) {
  const auto in = schema::decode<In>({{"subject", "orders.new"}, {"data", "x"}, {"ttl", "90s"}}, "js_publish");
  for (auto _ : state) benchmark::DoNotOptimize(schema::encode(*in));
}
BENCHMARK(encode);

void json_schema(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(schema::schema_of(schema::describe<In>()));
}
BENCHMARK(json_schema);

}  // namespace
}  // namespace noetl::nats
