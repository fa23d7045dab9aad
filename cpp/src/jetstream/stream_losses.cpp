// What a change of a stream's configuration would destroy, counted on the stream itself.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/units.hpp"
#include "jetstream/messages.hpp"
#include "jetstream/streams.hpp"

namespace noetl::nats::js {
namespace {

struct Change {
  Api& api;
  const ConfigChange& what;
  const Json& info;
  const Json& after;
  const Wait& wait;

  [[nodiscard]] std::uint64_t state(const char* name) const { return info["state"].value(name, std::uint64_t{0}); }
  [[nodiscard]] std::string stream() const { return info["config"].value("name", std::string()); }
  [[nodiscard]] std::uint64_t to() const { return what.to.get<std::uint64_t>(); }
};
using Loss = Result<std::string>;

std::string of_messages(std::uint64_t lost, std::uint64_t all, const char* about = "") {
  if (lost == 0) return {};
  return fmt::format("{}{} of {} message{}", about, lost, all, all == 1 ? "" : "s");
}

/// With discard new, a full stream refuses new messages and keeps the old ones.
bool keeps_the_old(const Change& change) { return change.after["discard"] == "new"; }

Loss over_max_msgs(const Change& change) {
  const auto messages = change.state("messages");
  if (keeps_the_old(change) || messages <= change.to()) return std::string();
  return of_messages(messages - change.to(), messages);
}

Loss over_max_bytes(const Change& change) {
  const auto bytes = change.state("bytes");
  const auto messages = change.state("messages");
  if (keeps_the_old(change) || bytes <= change.to()) return std::string();
  const auto share = static_cast<double>(bytes - change.to()) / static_cast<double>(bytes);
  const auto lost = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(messages)));
  return of_messages(lost, messages, "about ");
}

/// The first sequence that is not older than `cutoff`: messages lie in the order of their times.
Result<std::uint64_t> first_not_older(const Change& change, std::int64_t cutoff) {
  std::uint64_t low = change.state("first_seq"), high = change.state("last_seq") + 1;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    const auto message = get_message(change.api, change.stream(), {.sequence = middle, .next_by = ">"}, change.wait);
    if (!message && message.error().code != Code::not_found) return fail(message.error());
    if (!message) {
      high = middle;
      continue;
    }
    NN_TRY(const auto time, parse_time(message->time));
    if (time < cutoff)
      low = message->sequence + 1;
    else
      high = middle;
  }
  return low;
}

Loss over_max_age(const Change& change) {
  const auto messages = change.state("messages");
  if (messages == 0) return std::string();
  const auto now = change.info.contains("ts") ? parse_time(change.info["ts"].get<std::string>()) : Result<std::int64_t>(unix_nanos_now());
  NN_TRY(const auto first_kept, first_not_older(change, now.value_or(unix_nanos_now()) - change.what.to.get<std::int64_t>()));
  const auto older = first_kept - std::min(first_kept, change.state("first_seq"));
  const bool exact = older == 0 || change.state("num_deleted") == 0;
  return of_messages(std::min(older, messages), messages, exact ? "" : "up to ");
}

Loss over_max_msgs_per_subject(const Change& change) {
  const auto info = stream_info(change.api, change.stream(), {.subjects_filter = ">"}, change.wait);
  if (!info && info.error().code == Code::resource_exhausted)
    return std::string("an unknown number of messages (too many subjects to count)");
  if (!info) return fail(info.error());
  std::uint64_t lost = 0;
  const Json subjects = (*info)["state"].value("subjects", Json::object());
  for (const auto& [subject, count] : subjects.items())
    lost += count.get<std::uint64_t>() - std::min(count.get<std::uint64_t>(), change.to());
  return of_messages(lost, change.state("messages"));
}

Loss without_interest(const Change& change) {
  const auto messages = change.state("messages");
  return of_messages(messages, messages, change.state("consumer_count") == 0 ? "" : "up to ");
}

Loss no_mirror(const Change& change) {
  return fmt::format("the link to stream {}: nothing more is copied, and it cannot be restored",
                     change.what.from.value("name", std::string()));
}

Loss sealed(const Change&) { return std::string("every later change: a sealed stream stays read-only for good"); }

struct Measure {
  const char* field;
  Loss (*measure)(const Change&);
};
constexpr std::array kMeasures{
    Measure{"max_msgs", over_max_msgs},
    Measure{"max_bytes", over_max_bytes},
    Measure{"max_age", over_max_age},
    Measure{"max_msgs_per_subject", over_max_msgs_per_subject},
    Measure{"retention", without_interest},
    Measure{"mirror", no_mirror},
    Measure{"sealed", sealed},
};

}  // namespace

Result<std::string> measure_loss(Api& api, const ConfigChange& change, const Json& info, const Json& config_after, const Wait& wait) {
  const auto measure = std::find_if(kMeasures.begin(), kMeasures.end(), [&](const Measure& each) { return change.path == each.field; });
  if (measure == kMeasures.end()) return fmt::format("data (the field {} is marked so)", change.path);
  return measure->measure({api, change, info, config_after, wait});
}

}  // namespace noetl::nats::js
