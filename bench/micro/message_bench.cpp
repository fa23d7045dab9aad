// What a received message costs beyond nats.c: the wrapper, its headers, its acknowledgement subject.
#include <benchmark/benchmark.h>
#include <nats/nats.h>

#include <memory>
#include <string>

#include "engine/message_headers.hpp"
#include "jetstream/messages.hpp"
#include "wire/message.hpp"

namespace noetl::nats {
namespace {

constexpr const char* kAck = "$JS.ACK.ORDERS.billing.1.123456789.98765432.1732489200123456789.4242";
constexpr const char* kAckV2 = "$JS.ACK.hub.Ah7kq3.ORDERS.billing.1.123456789.98765432.1732489200123456789.4242.tok";

natsMsg* made(int size, int headers) {
  const std::string data(static_cast<std::size_t>(size), 'x');
  natsMsg* message = nullptr;
  if (natsMsg_Create(&message, "orders.new", kAck, data.data(), size) != NATS_OK) return nullptr;
  for (int number = 0; number < headers; ++number) {
    const auto name = "X-Header-" + std::to_string(number);
    if (natsMsgHeader_Set(message, name.c_str(), "a value of usual length") != NATS_OK) return nullptr;
  }
  return message;
}

wire::Message wrapped(natsMsg* message) {
  return wire::Message(wire::Message::Handle(message, [](void* raw) { natsMsg_Destroy(static_cast<natsMsg*>(raw)); }));
}

/// With nats.c's own allocation of the message, to compare the next one with.
void nats_c_message(benchmark::State& state) {
  for (auto _ : state) {
    auto* message = made(100, 0);
    benchmark::DoNotOptimize(message);
    natsMsg_Destroy(message);
  }
}
BENCHMARK(nats_c_message);

void wrap_a_message(benchmark::State& state) {
  for (auto _ : state) {
    const auto message = wrapped(made(100, 0));
    benchmark::DoNotOptimize(message.data());
    benchmark::DoNotOptimize(message.subject());
    benchmark::DoNotOptimize(message.reply());
  }
}
BENCHMARK(wrap_a_message);

void status_of_a_message_without_headers(benchmark::State& state) {
  const auto message = wrapped(made(100, 0));
  for (auto _ : state) benchmark::DoNotOptimize(message.status());
}
BENCHMARK(status_of_a_message_without_headers);

void one_header(benchmark::State& state) {
  const auto message = wrapped(made(100, static_cast<int>(state.range(0))));
  for (auto _ : state) benchmark::DoNotOptimize(message.header("X-Header-0"));
}
BENCHMARK(one_header)->Arg(1)->Arg(10);

void all_headers(benchmark::State& state) {
  const auto message = wrapped(made(100, static_cast<int>(state.range(0))));
  for (auto _ : state) benchmark::DoNotOptimize(message.headers());
}
BENCHMARK(all_headers)->Arg(0)->Arg(1)->Arg(10);

void headers_as_json(benchmark::State& state) {
  const auto headers = wrapped(made(100, static_cast<int>(state.range(0)))).headers();
  for (auto _ : state) benchmark::DoNotOptimize(headers_json(headers));
}
BENCHMARK(headers_as_json)->Arg(1)->Arg(10);

void header_block_of_a_direct_get(benchmark::State& state) {
  const std::string block = "NATS/1.0\r\nX-Source: bench\r\nNats-Msg-Id: a-7\r\n\r\n";
  for (auto _ : state) benchmark::DoNotOptimize(js::parse_headers(block));
}
BENCHMARK(header_block_of_a_direct_get);

void ack_subject(benchmark::State& state, const char* subject) {
  for (auto _ : state) {
    auto delivery = js::parse_ack_subject(subject);
    if (!delivery || delivery->stream_sequence != 123456789) state.SkipWithError("read wrongly");
    benchmark::DoNotOptimize(delivery);
  }
}
BENCHMARK_CAPTURE(ack_subject, v1, kAck);
BENCHMARK_CAPTURE(ack_subject, v2, kAckV2);

}  // namespace
}  // namespace noetl::nats

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (nats_Open(-1) != NATS_OK) return 1;  // messages are freed through nats.c's own thread
  benchmark::RunSpecifiedBenchmarks();
  nats_Close();
}
