#include "engine/define.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::int64_t count = 1;
  static auto fields() { return std::tuple{field("count", &In::count, "How many round trips to measure.").min(1).max(1000)}; }
};

struct Out {
  std::string server, version;
  double rtt_ms = 0, connect_ms = 0;
  bool tls = false;
  std::string client_ip;
  static auto fields() {
    return std::tuple{field("server", &Out::server, "host:port of the server that answered."),
                      field("version", &Out::version, "Version of the server."),
                      field("rtt_ms", &Out::rtt_ms, "Median round trip of a PING, in milliseconds."),
                      field("connect_ms", &Out::connect_ms, "Time to connect and log in, in milliseconds; near 0 on a shared connection."),
                      field("tls", &Out::tls, "Whether the connection is encrypted."),
                      field("client_ip", &Out::client_ip, "Our address as the server sees it.")};
  }
};

double milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

Result<Out> run(Context& context, const In& in) {
  const auto start = Clock::now();
  NN_TRY(auto* const connection, context.nats());
  Out out;
  out.connect_ms = milliseconds(Clock::now() - start);
  std::vector<double> times;
  for (std::int64_t i = 0; i < in.count; ++i) {
    NN_TRY(const auto time, connection->round_trip(context.wait()));
    times.push_back(milliseconds(time));
  }
  std::sort(times.begin(), times.end());
  out.rtt_ms = times[times.size() / 2];
  out.server = connection->server().url;
  out.version = connection->server_version(context.wait());
  out.tls = connection->options().tls.required;
  out.client_ip = connection->server().client_ip;
  return out;
}

}  // namespace

Operation op_ping() {
  return define<In, Out>({.summary = "Connect and measure the round trip.",
                          .effect = Effect::read,
                          .examples = {{"Is the server there, and how far away?", {{"url", "nats://127.0.0.1:4222"}}}}},
                         run);
}

}  // namespace noetl::nats::ops
