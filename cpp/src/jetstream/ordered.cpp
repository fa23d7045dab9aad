#include "jetstream/ordered.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/bytes.hpp"

namespace noetl::nats::js {
namespace {

using namespace std::chrono_literals;

constexpr Nanos kPullExpires = 30s;
constexpr Nanos kForgottenAfter = 60s;
constexpr Clock::duration kGrace = 500ms;  ///< a beat may be late
constexpr Clock::duration kLongestPause = 1s;
constexpr std::int64_t kRoomForHeaders = 64 * 1024;

std::uint64_t number(const wire::Message& message, const char* header) {
  const auto text = message.header(header).value_or("");
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The server, its leader or the way to it is gone for the moment.
bool passes(const Error& error) { return error.code == Code::unavailable || error.code == Code::deadline_exceeded; }

Result<void> check_filters(const Json& info, const std::vector<std::string>& filters) {
  if (filters.size() < 2 || info["config"].contains("filter_subjects")) return {};
  return fail(Code::unimplemented, "more than one filter needs server 2.10", "give one filter, or call once for each");
}

}  // namespace

OrderedReader::OrderedReader(Api& api, std::string stream, OrderedOptions options)
    : api_(&api), stream_(std::move(stream)), options_(std::move(options)), last_(options_.from > 0 ? options_.from - 1 : 0) {
  options_.max_bytes = std::max(options_.max_bytes, api.connection().server().max_payload + kRoomForHeaders);
}

OrderedReader::~OrderedReader() { lose(); }

Clock::duration OrderedReader::patience() const { return 2 * options_.heartbeat + kGrace; }

Result<void> OrderedReader::open(const Wait& wait) {
  lose();
  NN_TRY(auto inbox, api_->connection().inbox());
  consumer_ = "ordered-" + random_name(12);
  pull_subject_ = api_->subject(fmt::format("CONSUMER.MSG.NEXT.{}.{}", stream_, consumer_));
  Json config{{"name", consumer_}, {"ack_policy", "none"}, {"mem_storage", true}, {"num_replicas", 1}};
  config["inactive_threshold"] = kForgottenAfter.count();
  if (options_.headers_only) config["headers_only"] = true;
  if (options_.filters.size() == 1)
    config["filter_subject"] = options_.filters.front();
  else if (!options_.filters.empty())
    config["filter_subjects"] = options_.filters;
  const bool from_the_beginning = options_.from == 0 && last_ == 0;
  config["deliver_policy"] = from_the_beginning ? "last_per_subject" : "by_start_sequence";
  if (!from_the_beginning) config["opt_start_seq"] = last_ + 1;
  const auto subject = fmt::format("CONSUMER.CREATE.{}.{}", stream_, consumer_);
  NN_TRY(const Json info, api_->call(subject, {{"stream_name", stream_}, {"config", config}}, wait));
  inbox_.emplace(std::move(inbox));
  inbox_->blame(pull_subject_);
  received_ = credit_ = 0;
  last_heard_ = Clock::now();
  if (info.value("num_pending", std::uint64_t{0}) == 0) caught_up_ = true;
  NN_CHECK(check_filters(info, options_.filters));
  return ask();
}

Result<void> OrderedReader::ask() {
  if (credit_ > options_.batch / 2) return {};
  const std::size_t more = options_.batch - credit_;
  const Json body{{"batch", more},
                  {"expires", kPullExpires.count()},
                  {"max_bytes", options_.max_bytes},
                  {"idle_heartbeat", std::chrono::duration_cast<Nanos>(options_.heartbeat).count()}};
  NN_CHECK(api_->connection().publish(pull_subject_, dump(body), {}, inbox_->subject()));
  credit_ += more;
  return {};
}

void OrderedReader::lose() {
  if (!inbox_) return;
  inbox_.reset();
  ++losses_;
  // Nobody waits for this answer: the server forgets the consumer by itself as well.
  (void)api_->connection().publish(api_->subject(fmt::format("CONSUMER.DELETE.{}.{}", stream_, consumer_)), "");
}

Result<bool> OrderedReader::reopen(const Wait& wait) {
  if (losses_ > 1) {  // once: at once
    const auto pause = std::min<Clock::duration>(kLongestPause, 50ms * (1 << std::min(losses_, 5)));
    NN_CHECK(wait_until(wait.at_most(pause), [] { return false; }));
  }
  if (wait.expired()) return false;
  auto opened = open(wait.at_most(2s));
  if (opened) return true;
  ++losses_;
  if (!passes(opened.error()) || !api_->connection().is_open()) return fail(std::move(opened).error());
  return false;
}

Result<void> OrderedReader::read_status(const wire::Message& message, int status) {
  const auto text = message.description();
  if (status == 100) {
    losses_ = 0;
    if (number(message, "Nats-Last-Consumer") != received_)
      lose();  // what came before the beat did not reach us
    else
      caught_up_ = true;  // a beat comes only when nothing is there to send
  } else if (status == 404 || status == 408 || (status == 409 && text.starts_with("Message Size"))) {
    // The request is over; what it did not serve is asked for again. Several may end together, each with its rest.
    const auto rest = message.header("Nats-Pending-Messages") ? number(message, "Nats-Pending-Messages") : credit_;
    credit_ -= std::min<std::size_t>(credit_, rest);
  } else if (status == 400) {
    return fail(Code::internal, fmt::format("the server refused to read stream {}: {}", stream_, text));
  } else {
    lose();  // consumer or leader is gone
  }
  return {};
}

Result<std::optional<Delivered>> OrderedReader::next(const Wait& wait) {
  // Beats that came while nobody asked wait in the inbox: only the time in here counts.
  last_heard_ = std::max(last_heard_, Clock::now());
  const bool had_caught_up = caught_up_;
  while (true) {
    if (caught_up_ && !had_caught_up) return std::nullopt;  // what was announced is gone: nothing follows that could say so
    if (!inbox_) {
      NN_TRY(const bool opened, reopen(wait));
      if (!opened && wait.expired()) return std::nullopt;
      if (!opened) continue;
    }
    if (auto asked = ask(); !asked && !passes(asked.error())) return fail(std::move(asked).error());
    const auto overdue = last_heard_ + patience();
    auto message = inbox_->next({std::min(wait.deadline, overdue), wait.cancel});
    if (!message) {
      const Code code = message.error().code;
      if (!passes(message.error()) || (code == Code::unavailable && !api_->connection().is_open())) return fail(std::move(message).error());
      if (code == Code::deadline_exceeded && Clock::now() < overdue) return std::nullopt;
      lose();
      continue;
    }
    last_heard_ = Clock::now();
    if (const auto status = message->reply().empty() ? message->status() : std::nullopt) {
      NN_CHECK(read_status(*message, *status));
      continue;
    }
    auto delivery = parse_ack_subject(message->reply());
    if (!delivery || delivery->consumer_sequence != received_ + 1) {
      lose();
      continue;
    }
    ++received_;
    last_ = delivery->stream_sequence;
    if (credit_ > 0) --credit_;
    losses_ = 0;
    if (delivery->pending == 0) caught_up_ = true;
    return std::optional(Delivered{*std::move(message), *std::move(delivery)});
  }
}

}  // namespace noetl::nats::js
