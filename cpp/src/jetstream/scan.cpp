#include "jetstream/scan.hpp"

#include <fmt/format.h>

#include "base/bytes.hpp"

namespace noetl::nats::js {
namespace {

constexpr std::size_t kBatch = 1000;
constexpr std::int64_t kForgottenAfter = 30'000'000'000;  // ns

struct Consumer {
  std::string name;
  std::uint64_t pending = 0;
};

Result<Consumer> make_consumer(Api& api, const std::string& stream, const std::vector<std::string>& filters, const Wait& wait) {
  const std::string name = "scan-" + random_name(12);
  Json config{
      {"name", name},      {"deliver_policy", "last_per_subject"}, {"ack_policy", "none"}, {"headers_only", true}, {"mem_storage", true},
      {"num_replicas", 1}, {"inactive_threshold", kForgottenAfter}};
  if (filters.size() == 1)
    config["filter_subject"] = filters.front();
  else if (!filters.empty())
    config["filter_subjects"] = filters;
  NN_TRY(const Json info,
         api.call(fmt::format("CONSUMER.CREATE.{}.{}", stream, name), {{"stream_name", stream}, {"config", config}}, wait));
  return Consumer{name, info.value("num_pending", std::uint64_t{0})};
}

Result<void> read_all(Api& api, const std::string& stream, const Consumer& consumer, const std::function<void(const wire::Message&)>& each,
                      const Wait& wait) {
  std::uint64_t read = 0;
  for (std::uint64_t pending = consumer.pending; pending > 0;) {
    NN_TRY(const auto fetched, fetch(api, stream, consumer.name, {.batch = kBatch}, wait));
    for (const auto& [message, delivery] : fetched.messages) {
      if (delivery.consumer_sequence != ++read)
        return fail(Code::unavailable, fmt::format("messages of stream {} were lost on their way to us", stream), "try again");
      each(message);
      pending = delivery.pending;
    }
    if (fetched.stopped) return fail(*fetched.stopped);
    if (fetched.messages.empty()) {  // what was pending is gone (deleted or expired meanwhile), or late
      NN_TRY(const Json info, api.call(fmt::format("CONSUMER.INFO.{}.{}", stream, consumer.name), nullptr, wait));
      pending = info.value("num_pending", std::uint64_t{0});
    }
    if (wait.cancelled()) return cancelled();
    if (wait.expired())
      return fail(Code::deadline_exceeded,
                  fmt::format("read the subjects of {} messages of stream {} in time, {} were left", read, stream, pending),
                  "raise timeout_ms, or narrow the filter");
  }
  return {};
}

}  // namespace

Result<void> scan_last_headers(Api& api, const std::string& stream, const std::vector<std::string>& filters,
                               const std::function<void(const wire::Message&)>& each, const Wait& wait) {
  NN_TRY(const auto consumer, make_consumer(api, stream, filters, wait));
  auto done = read_all(api, stream, consumer, each, wait);
  // Nobody waits for this answer: the server forgets the consumer by itself as well.
  (void)api.connection().publish(api.subject(fmt::format("CONSUMER.DELETE.{}.{}", stream, consumer.name)), "");
  return done;
}

}  // namespace noetl::nats::js
