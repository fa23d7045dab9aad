#include "jetstream/messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.hpp"
#include "base/names.hpp"
#include "wire/requests.hpp"
#include "wire/status.hpp"

namespace noetl::nats::js {
namespace {

/// Headers that a server below the level stores without obeying them.
struct GatedHeader {
  const char* name;
  int level;
};
constexpr std::array kGatedHeaders{
    GatedHeader{"Nats-TTL", 1},      GatedHeader{"Nats-Expected-Last-Subject-Sequence-Subject", 1},
    GatedHeader{"Nats-Incr", 2},     GatedHeader{"Nats-Schedule", 2},
    GatedHeader{"Nats-Batch-Id", 2},
};

constexpr std::array kDirectHeaders{"Nats-Stream",     "Nats-Subject",       "Nats-Sequence",
                                    "Nats-Time-Stamp", "Nats-Last-Sequence", "Nats-Num-Pending"};

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string described(std::string_view stream, const MessageQuery& query) {
  if (!query.next_by.empty())
    return fmt::format("no message at or after sequence {} on {} in stream {}", query.sequence.value_or(1), query.next_by, stream);
  if (query.sequence) return fmt::format("no message with sequence {} in stream {}", *query.sequence, stream);
  return fmt::format("no message on {} in stream {}", query.last_by, stream);
}

Json body_of(const MessageQuery& query) {
  Json body = Json::object();
  if (query.sequence) body["seq"] = *query.sequence;
  if (!query.next_by.empty()) body["next_by_subj"] = query.next_by;
  if (!query.last_by.empty()) body["last_by_subj"] = query.last_by;
  return body;
}

tl::unexpected<Error> no_stream_takes(Api& api, std::string_view subject, const PublishOptions& options, const Wait& wait) {
  // Nobody answered: no stream has the subject, or there is no JetStream at all. The account tells which.
  if (auto account = api.account(wait); !account && account.error().code == Code::failed_precondition)
    return fail(std::move(account).error());
  Error error{.code = Code::not_found, .message = fmt::format("no stream takes the subject {}", subject)};
  error.hint = options.stream.empty() ? "noetl-nats stream list shows the streams and their subjects"
                                      : fmt::format("noetl-nats stream info {} shows its subjects", options.stream);
  error.details["subject"] = subject;
  return fail(std::move(error));
}

}  // namespace

Result<wire::Headers> publish_headers(wire::Headers headers, const PublishOptions& options) {
  std::optional<Error> problem;
  const auto set = [&](const char* name, std::string value) {
    const auto given = headers.get(name);
    if (!given) return headers.add(name, std::move(value));
    if (*given != value)
      problem = Error{.code = Code::invalid_argument, .message = fmt::format("header {} is given as {} and as {}", name, *given, value)};
  };
  if (!options.message_id.empty()) set("Nats-Msg-Id", options.message_id);
  if (!options.stream.empty()) set("Nats-Expected-Stream", options.stream);
  if (options.last_sequence) set("Nats-Expected-Last-Sequence", std::to_string(*options.last_sequence));
  if (options.last_subject_sequence) set("Nats-Expected-Last-Subject-Sequence", std::to_string(*options.last_subject_sequence));
  if (!options.last_subject.empty()) set("Nats-Expected-Last-Subject-Sequence-Subject", options.last_subject);
  if (options.ttl) {
    if (*options.ttl < std::chrono::seconds(1) || *options.ttl % std::chrono::seconds(1) != Nanos(0))
      return fail(Code::invalid_argument, fmt::format("ttl must be whole seconds, at least 1, not {}", format_duration(*options.ttl)));
    set("Nats-TTL", std::to_string(std::chrono::duration_cast<std::chrono::seconds>(*options.ttl).count()));
  }
  if (problem) return fail(std::move(*problem));
  return headers;
}

Result<void> check_headers(Api& api, const wire::Headers& headers, const Wait& wait) {
  for (const auto& gated : kGatedHeaders)
    if (headers.has(gated.name)) NN_CHECK(api.require_level(gated.level, fmt::format("the header {}", gated.name), wait));
  return {};
}

Result<PubAck> read_pub_ack(std::string_view subject, std::string_view answer) {
  const Json ack = Json::parse(answer, nullptr, false);
  if (!ack.is_object() || (!ack.contains("error") && !ack.contains("stream"))) {
    Error error{.code = Code::failed_precondition,
                .message = fmt::format("{} was answered, but not by a stream", subject),
                .hint = "another client answers requests on this subject, and it may have taken the message"};
    error.details["subject"] = subject;
    error.maybe_applied = true;
    return fail(std::move(error));
  }
  const std::string stream = ack.value("stream", std::string());
  if (ack.contains("error")) {
    Error error = wire::api_error(ack["error"]);
    error.message = fmt::format("stream {} refused the message on {}: {}", stream.empty() ? "?" : stream, subject, error.message);
    error.details["subject"] = subject;
    error.details["stream"] = stream;
    return fail(std::move(error));
  }
  return PubAck{stream, ack.value("seq", std::uint64_t{0}), ack.value("duplicate", false), ack.value("domain", std::string())};
}

Result<PubAck> publish(Api& api, std::string_view subject, std::string_view payload, const wire::Headers& headers,
                       const PublishOptions& options, const Wait& wait) {
  NN_TRY(const auto all, publish_headers(headers, options));
  NN_CHECK(check_headers(api, all, wait));
  auto reply = api.connection().request(subject, payload, all, wait);
  if (reply) return read_pub_ack(subject, reply->data());
  Error error = std::move(reply).error();
  if (error.details.contains("no_responders")) return no_stream_takes(api, subject, options, wait);
  if (error.code == Code::deadline_exceeded || error.code == Code::unavailable) {
    error.maybe_applied = true;
    if (all.has("Nats-Msg-Id")) error.hint = "publish it again with the same msg_id: the stream stores it once";
  }
  return fail(std::move(error));
}

// ---- stored messages -------------------------------------------------------------------------------------------------------

wire::Headers parse_headers(std::string_view block) {
  wire::Headers out;
  std::size_t start = block.find("\r\n");  // after the version line
  while (start != std::string_view::npos) {
    start += 2;
    const auto end = block.find("\r\n", start);
    const auto line = block.substr(start, end == std::string_view::npos ? end : end - start);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) {
      auto value = line.substr(colon + 1);
      while (value.starts_with(' ')) value.remove_prefix(1);
      out.add(std::string(line.substr(0, colon)), std::string(value));
    }
    start = end;
  }
  return out;
}

Result<StoredMessage> get_message(Api& api, std::string_view stream, const MessageQuery& query, const Wait& wait) {
  auto answer = api.call(fmt::format("STREAM.MSG.GET.{}", stream), body_of(query), wait);
  if (!answer) {
    Error error = std::move(answer).error();
    if (err_code_of(error) == kMessageNotFound) error.message = described(stream, query);
    if (err_code_of(error) == kStreamNotFound) error.message = fmt::format("stream {} does not exist", stream);
    return fail(std::move(error));
  }
  const Json& message = (*answer)["message"];
  StoredMessage out{
      message.value("subject", std::string()), message.value("seq", std::uint64_t{0}), message.value("time", std::string()), {}, {}};
  NN_TRY(out.data, base64_decode(message.value("data", std::string())));
  NN_TRY(const auto block, base64_decode(message.value("hdrs", std::string())));
  out.headers = parse_headers(block);
  return out;
}

StoredMessage stored_message(const wire::Message& direct_reply) {
  StoredMessage out{direct_reply.header("Nats-Subject").value_or(""),
                    number(direct_reply.header("Nats-Sequence").value_or("")),
                    direct_reply.header("Nats-Time-Stamp").value_or(""),
                    {},
                    std::string(direct_reply.data())};
  const auto headers = direct_reply.headers();
  for (const auto& [name, value] : headers.lines())
    if (std::find(kDirectHeaders.begin(), kDirectHeaders.end(), name) == kDirectHeaders.end()) out.headers.add(name, value);
  return out;
}

Result<StoredMessage> get_message_direct(Api& api, std::string_view stream, const MessageQuery& query, const Wait& wait) {
  // Servers before 2.11 do not answer at all where the stream does not allow direct gets: do not wait long for them.
  const auto patience = std::min<Clock::duration>(wait.remaining() / 3, std::chrono::seconds(1));
  // The last message of a subject is asked for in the subject of the request: permissions for single keys hang on it.
  const bool by_subject = !query.last_by.empty() && !query.sequence && !check_subject(query.last_by);
  const auto subject = by_subject ? fmt::format("DIRECT.GET.{}.{}", stream, query.last_by) : fmt::format("DIRECT.GET.{}", stream);
  const auto reply = api.connection().request(api.subject(subject), by_subject ? "" : dump(body_of(query)), {}, wait.at_most(patience));
  if (!reply) {
    const bool ask_leader = reply.error().details.contains("no_responders") || reply.error().code == Code::deadline_exceeded;
    if (ask_leader) return get_message(api, stream, query, wait);
    return fail(reply.error());
  }
  if (!reply->header("Nats-Sequence")) {
    if (reply->status() == 404) return fail(Code::not_found, described(stream, query));
    return get_message(api, stream, query, wait);  // 408: the leader says what is wrong with the request
  }
  return stored_message(*reply);
}

// ---- settle ----------------------------------------------------------------------------------------------------------------

std::string nak_verb(std::optional<Nanos> delay) { return delay ? fmt::format(R"(-NAK {{"delay":{}}})", delay->count()) : "-NAK"; }

std::string term_verb(std::string_view reason) { return reason.empty() ? "+TERM" : fmt::format("+TERM {}", reason); }

Result<Settled> settle(wire::Connection& connection, std::span<const std::string_view> reply_subjects, std::string_view verb,
                       const Wait& wait) {
  Settled out;
  wire::Requests requests(connection, {});
  const auto missed = [&](std::size_t at, Error error) {
    out.errors.push_back(std::move(error));
    out.unconfirmed.push_back(at);
  };
  const auto ended = [&](std::size_t at, Result<wire::Message> reply) {
    if (reply) {
      ++out.confirmed;
      return;
    }
    Error error = std::move(reply).error();
    if (error.details.contains("no_responders"))
      error.code = Code::not_found, error.message = "the consumer that delivered the message is gone";
    missed(at, std::move(error));
  };
  for (std::size_t at = 0; at < reply_subjects.size(); ++at) {
    auto sent = requests.submit(
        reply_subjects[at], verb, {}, [&ended, at](Result<wire::Message> reply) { ended(at, std::move(reply)); }, wait);
    if (sent) continue;
    if (sent.error().code == Code::cancelled) return fail(std::move(sent).error());
    missed(at, std::move(sent).error());
  }
  NN_CHECK(requests.drain(wait));
  return out;
}

}  // namespace noetl::nats::js
