// fetch: a pull request over an inbox of our own, and what its status messages mean.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.hpp"
#include "jetstream/messages.hpp"

namespace noetl::nats::js {
namespace {

using namespace std::chrono_literals;

/// With no_wait and nothing to come, a consumer that is stalled at max_ack_pending answers nothing at all (2.10 to 2.15).
constexpr Clock::duration kNoWaitPatience = 500ms;
/// What a request may take on its way beyond the time that it waits at the server.
constexpr Clock::duration kGrace = 1s;

/// collect() asks again at least so often.
constexpr Nanos kLongestRound = 5s;

constexpr std::size_t kMostTokens = 16;  // of an acknowledgement subject that we know; what follows is of no use to us

struct Tokens {
  std::array<std::string_view, kMostTokens> at;
  std::size_t count = 0;
};

Tokens tokens_of(std::string_view subject) {
  Tokens out;
  for (std::size_t start = 0; start <= subject.size() && out.count < kMostTokens;) {
    const auto dot = std::min(subject.find('.', start), subject.size());
    out.at[out.count++] = subject.substr(start, dot - start);
    start = dot + 1;
  }
  return out;
}

template <class T>
bool read_number(std::string_view text, T& out) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc{} && end == text.data() + text.size();
}

/// One fetch in progress.
class Pull {
 public:
  Pull(Api& api, std::string_view stream, std::string_view consumer, const FetchOptions& options)
      : api_(api),
        stream_(stream),
        consumer_(consumer),
        options_(options),
        subject_(api.subject(fmt::format("CONSUMER.MSG.NEXT.{}.{}", stream, consumer))) {}

  Result<Fetched> run(const Wait& wait);

 private:
  enum class Step { more, again, end };

  Result<void> ask(wire::Inbox& inbox);
  Result<Step> take(wire::Message message);
  [[nodiscard]] Result<Step> read_status(int status, const std::string& text) const;
  [[nodiscard]] tl::unexpected<Error> refused(Code code, std::string_view text, std::string hint = {}) const;
  [[nodiscard]] Clock::duration patience() const;

  Api& api_;
  std::string_view stream_, consumer_;
  const FetchOptions& options_;
  std::string subject_;
  Clock::time_point until_{};
  std::chrono::nanoseconds heartbeat_{0};
  Fetched out_;
};

Result<void> Pull::ask(wire::Inbox& inbox) {
  const auto left = std::chrono::duration_cast<Nanos>(std::max(until_ - Clock::now(), Clock::duration::zero()));
  Json body{{"batch", options_.batch - out_.messages.size()}, {"no_wait", true}};
  if (options_.expires > 0ns) body["expires"] = std::max<std::int64_t>(left.count(), 1'000'000);
  // Below a second the end of the request comes soon enough; the server wants the beat below half of `expires`.
  heartbeat_ = left >= 1s ? left / 4 : 0ns;
  if (heartbeat_ > 0ns) body["idle_heartbeat"] = heartbeat_.count();
  if (options_.max_bytes > 0) body["max_bytes"] = options_.max_bytes;
  if (!options_.group.empty()) body["group"] = options_.group;
  if (!options_.pin_id.empty()) body["id"] = options_.pin_id;
  if (options_.min_pending) body["min_pending"] = *options_.min_pending;
  if (options_.min_ack_pending) body["min_ack_pending"] = *options_.min_ack_pending;
  if (options_.priority) body["priority"] = *options_.priority;
  inbox.blame(subject_);
  return api_.connection().publish(subject_, dump(body), {}, inbox.subject());
}

/// How long to wait for the next message of the server.
Clock::duration Pull::patience() const {
  if (options_.expires == 0ns) return kNoWaitPatience;
  const auto end = std::max(until_ - Clock::now(), Clock::duration::zero()) + kGrace;
  return heartbeat_ > 0ns ? std::min<Clock::duration>(end, 2 * heartbeat_ + kGrace) : end;
}

tl::unexpected<Error> Pull::refused(Code code, std::string_view text, std::string hint) const {
  Error error{.code = code, .message = fmt::format("consumer {} on stream {}: {}", consumer_, stream_, text), .hint = std::move(hint)};
  error.details["subject"] = subject_;
  return fail(std::move(error));
}

/// The texts of 409 are the protocol: the server gives no code (jetstream clients all compare them).
Result<Pull::Step> Pull::read_status(int status, const std::string& text) const {
  const auto is = [&](std::string_view start) { return text.starts_with(start); };
  switch (status) {
    case 100:
      return Step::more;
    case 404:
    case 408:
      return Step::end;
    case 400:
      return refused(Code::invalid_argument, text);
    case 423:
      return refused(Code::conflict, text, "another worker holds the pin; fetch without pin_id");
    case 503:
      return refused(Code::not_found, "does not exist", fmt::format("noetl-nats consumer list {} shows what there is", stream_));
    default:
      break;
  }
  if (is("Leadership Change") || is("Server Shutdown")) return Step::again;
  if (is("Consumer Deleted")) return refused(Code::not_found, "was deleted");
  if (is("Consumer is push based")) return refused(Code::failed_precondition, "pushes its messages, they cannot be fetched");
  if (is("Message Size Exceeds MaxBytes")) {
    if (!out_.messages.empty()) return Step::end;
    return refused(Code::resource_exhausted, fmt::format("the next message is larger than max_bytes ({})", options_.max_bytes),
                   "raise max_bytes");
  }
  if (is("Exceeded Max")) return refused(Code::resource_exhausted, text, "a limit of the consumer: noetl-nats consumer info shows it");
  return refused(Code::unavailable, text);
}

Result<Pull::Step> Pull::take(wire::Message message) {
  // A stored message may have an empty body and a header `Status` of its own; only ours come without a reply subject.
  if (message.reply().empty()) {
    if (const auto status = message.status()) return read_status(*status, message.description());
    return Step::more;
  }
  const auto delivery = parse_ack_subject(message.reply());
  if (!delivery) return refused(Code::internal, fmt::format("cannot read the reply subject {}", message.reply()));
  if (auto pin = options_.group.empty() ? std::nullopt : message.header("Nats-Pin-Id")) out_.pin_id = std::move(*pin);
  out_.messages.push_back({std::move(message), *delivery});
  return out_.messages.size() >= options_.batch ? Step::end : Step::more;
}

Result<Fetched> Pull::run(const Wait& wait) {
  until_ = std::min(wait.deadline, Clock::now() + options_.expires);
  // What a consumer delivers carries its own subject, so it needs a subscription that nothing else is routed through.
  const auto& prefix = api_.connection().options().inbox_prefix;
  NN_TRY(auto inbox, api_.connection().subscribe(fmt::format("{}.{}", prefix, random_name())));
  NN_CHECK(ask(inbox));
  while (true) {
    auto message = inbox.next(wait.at_most(patience()));
    Result<Step> step = message ? take(std::move(*message)) : Result<Step>(fail(std::move(message).error()));
    if (step && *step == Step::again) {
      auto asked = ask(inbox);
      step = asked ? Result<Step>(Step::more) : Result<Step>(fail(std::move(asked).error()));
    }
    if (step && *step == Step::more) continue;
    if (step) return std::move(out_);
    Error error = std::move(step).error();
    if (error.code == Code::deadline_exceeded) {
      if (options_.expires == 0ns) return std::move(out_);
      error =
          refused(Code::unavailable, "no sign of life from the server", "noetl-nats consumer info tells whether it has a leader").value();
    }
    if (out_.messages.empty()) return fail(std::move(error));
    out_.stopped = std::move(error);
    return std::move(out_);
  }
}

}  // namespace

std::optional<Delivery> parse_ack_subject(std::string_view subject) {
  const auto [tokens, count] = tokens_of(subject);
  if (count < 9 || count == 10 || tokens[0] != "$JS" || tokens[1] != "ACK") return std::nullopt;
  Delivery out;
  std::size_t at = 2;
  if (count > 9) {
    if (tokens[2] != "_") out.domain = tokens[2];
    at = 4;  // domain, hash of the account
  }
  out.stream = tokens[at];
  out.consumer = tokens[at + 1];
  const bool read = read_number(tokens[at + 2], out.delivered) && read_number(tokens[at + 3], out.stream_sequence) &&
                    read_number(tokens[at + 4], out.consumer_sequence) && read_number(tokens[at + 5], out.unix_nanos) &&
                    read_number(tokens[at + 6], out.pending);
  return read ? std::optional(out) : std::nullopt;
}

std::string_view name_of(End end) {
  switch (end) {
    case End::once:
      return "once";
    case End::limit:
      return "limit";
    case End::time:
      return "time";
    case End::idle:
      return "idle";
    case End::caught_up:
      return "caught_up";
  }
  return "once";
}

Result<Collected> collect(Api& api, std::string_view stream, std::string_view consumer, const CollectOptions& options, const Wait& wait) {
  Collected out;
  const auto end = Clock::now() + options.duration;
  auto last_message = Clock::now();
  FetchOptions round = options.fetch;
  while (true) {
    if (options.duration > 0ns) {
      const auto left = std::chrono::duration_cast<Nanos>(end - Clock::now());
      const auto idle_left = options.idle > 0ns ? options.idle - std::chrono::duration_cast<Nanos>(Clock::now() - last_message) : left;
      const auto patience = options.until_caught_up ? options.fetch.expires : kLongestRound;
      round.expires = std::max<Nanos>(std::min({left, idle_left, patience}), 1ms);
    }
    round.batch = options.fetch.batch - out.messages.size();
    round.pin_id = out.pin_id.empty() ? options.fetch.pin_id : out.pin_id;
    auto fetched = fetch(api, stream, consumer, round, wait);
    if (!fetched && out.messages.empty()) return fail(std::move(fetched).error());
    if (!fetched) {
      out.stopped = std::move(fetched).error();
      return out;
    }
    const bool caught_up = fetched->messages.empty() || fetched->messages.back().delivery.pending == 0;
    if (!fetched->messages.empty()) last_message = Clock::now();
    for (auto& each : fetched->messages) out.messages.push_back(std::move(each));
    if (!fetched->pin_id.empty()) out.pin_id = std::move(fetched->pin_id);
    out.stopped = std::move(fetched->stopped);
    if (out.stopped || options.duration == 0ns) return out;
    if (out.messages.size() >= options.fetch.batch)
      out.end = End::limit;
    else if (options.until_caught_up && caught_up)
      out.end = End::caught_up;
    else if (Clock::now() >= end)
      out.end = End::time;
    else if (options.idle > 0ns && Clock::now() - last_message >= options.idle)
      out.end = End::idle;
    else
      continue;
    return out;
  }
}

Result<Fetched> fetch(Api& api, std::string_view stream, std::string_view consumer, const FetchOptions& options, const Wait& wait) {
  return Pull(api, stream, consumer, options).run(wait);
}

}  // namespace noetl::nats::js
