// Payloads as text: what a KV value or a message costs on its way into a result document, per byte.
#include <benchmark/benchmark.h>

#include <string>

#include "base/bytes.hpp"
#include "engine/payload.hpp"

namespace noetl::nats {
namespace {

std::string ascii(std::int64_t size) { return std::string(static_cast<std::size_t>(size), 'x'); }

std::string umlauts(std::int64_t size) {
  std::string text;
  while (std::ssize(text) < size) text += "\u00fc\u20ac";  // two and three bytes
  return text;
}

void done(benchmark::State& state, const std::string& bytes) { state.SetBytesProcessed(state.iterations() * std::ssize(bytes)); }

void utf8_check_of_ascii(benchmark::State& state) {
  const auto text = ascii(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(is_utf8(text));
  done(state, text);
}
BENCHMARK(utf8_check_of_ascii)->Arg(100)->Arg(1024)->Arg(1 << 20);

void utf8_check_of_umlauts(benchmark::State& state) {
  const auto text = umlauts(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(is_utf8(text));
  done(state, text);
}
BENCHMARK(utf8_check_of_umlauts)->Arg(100)->Arg(1 << 20);

void encode_base64(benchmark::State& state) {
  const auto bytes = ascii(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(base64_encode(bytes));
  done(state, bytes);
}
BENCHMARK(encode_base64)->Arg(100)->Arg(1 << 20);

void decode_base64(benchmark::State& state) {
  const auto text = base64_encode(ascii(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(base64_decode(text));
  done(state, text);
}
BENCHMARK(decode_base64)->Arg(100)->Arg(1 << 20);

void payload_of_text(benchmark::State& state) {
  const auto text = ascii(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(payload_value(text));
  done(state, text);
}
BENCHMARK(payload_of_text)->Arg(100)->Arg(1 << 20);

void payload_of_json(benchmark::State& state) {
  const std::string text = R"({"user": "alice", "active": true, "roles": ["admin", "user"], "visits": 12345})";
  for (auto _ : state) benchmark::DoNotOptimize(payload_value(text));
  done(state, text);
}
BENCHMARK(payload_of_json);

}  // namespace
}  // namespace noetl::nats
