// connection: can we connect, how far away is the server, and does a message come back?
#include <fmt/format.h>

#include "base/bytes.hpp"
#include "health/checks.hpp"

namespace noetl::nats::health {
namespace {

double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

const char* code_of_failure(Code code) {
  switch (code) {
    case Code::unauthenticated:
      return "connection_login_refused";
    case Code::permission_denied:
      return "connection_not_permitted";
    case Code::failed_precondition:
      return "connection_tls";
    case Code::deadline_exceeded:
      return "connection_timeout";
    default:
      return "connection_failed";
  }
}

/// Sends a text to an inbox of our own and waits for it.
Result<double> echo(wire::Connection& connection, ConnectionFacts& facts, const Wait& wait) {
  NN_TRY(auto inbox, connection.inbox());
  const std::string text = random_name();
  const std::string& to = inbox.subject();
  inbox.blame(to);
  const auto start = Clock::now();
  NN_CHECK(connection.publish(to, text));
  auto reply = inbox.next(wait);
  if (!reply) {
    facts.echo_denied = reply.error().code == Code::permission_denied && reply.error().details.value("subject", "") == to;
    return fail(std::move(reply).error());
  }
  if (reply->data() != text)
    return fail(Code::data_loss, "a message to ourselves came back with other bytes", "what stands between us and the server?");
  return seconds(Clock::now() - start);
}

}  // namespace

Result<void> measure(wire::Connection& connection, ConnectionFacts& facts, const Wait& wait) {
  auto trip = connection.round_trip(wait);
  if (!trip) {
    if (trip.error().code == Code::cancelled) return fail(std::move(trip).error());
    facts.failed = std::move(trip).error();
    return {};
  }
  facts.rtt = std::chrono::duration<double>(*trip).count();
  auto back = echo(connection, facts, wait);
  if (back)
    facts.request = *back;
  else if (back.error().code == Code::cancelled)
    return fail(std::move(back).error());
  else
    facts.echo_failed = std::move(back).error();
  return {};
}

Check check_connection(const ConnectionFacts& facts, const Thresholds& thresholds) {
  Check check{.check = "connection", .name = facts.server, .source = "core"};
  if (facts.failed) {
    Json evidence{{"error", noetl::nats::name_of(facts.failed->code)}};
    if (!facts.failed->details.empty()) evidence["details"] = facts.failed->details;
    check.add(Level::critical, code_of_failure(facts.failed->code), facts.failed->message, evidence, facts.failed->hint);
    return check;
  }
  judge(check, thresholds, Threshold::connect, facts.connect, {.name = "connect_time", .value = facts.connect, .unit = "s"},
        "connection_slow_connect", fmt::format("connecting took {}", human_seconds(facts.connect)),
        "is the server overloaded, or DNS slow? noetl-nats ping measures again");
  if (facts.rtt)
    judge(check, thresholds, Threshold::rtt, *facts.rtt, {.name = "rtt", .value = *facts.rtt, .unit = "s"}, "connection_slow_rtt",
          fmt::format("a round trip takes {}", human_seconds(*facts.rtt)),
          "is this server near? noetl-nats ping --count 20 measures more often");
  if (facts.request)
    judge(check, thresholds, Threshold::request, *facts.request, {.name = "request_time", .value = *facts.request, .unit = "s"},
          "connection_slow_request", fmt::format("a message to ourselves takes {}", human_seconds(*facts.request)),
          "a fast PING with slow messages points to a busy server: noetl-nats health --checks server");
  if (facts.echo_failed && facts.echo_denied) {
    check.add(Level::ok, "connection_echo_denied", "this user may not send to its own inbox, so a message's way was not measured",
              {{"error", noetl::nats::name_of(facts.echo_failed->code)}});
  } else if (facts.echo_failed) {
    check.add(Level::critical, "connection_no_echo", facts.echo_failed->message, {{"error", noetl::nats::name_of(facts.echo_failed->code)}},
              facts.echo_failed->hint);
  }
  if (check.level() == Level::ok && facts.rtt)
    check.add(Level::ok, "connection_ok",
              fmt::format("rtt {}{}", human_seconds(*facts.rtt),
                          facts.request ? fmt::format(", request {}", human_seconds(*facts.request)) : std::string()),
              {{"rtt_ms", *facts.rtt * 1000}});
  return check;
}

}  // namespace noetl::nats::health
