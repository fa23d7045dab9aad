#include "wire/requests.hpp"

#include <fmt/format.h>

#include <charconv>
#include <unordered_map>

#include "wire/shared.hpp"

namespace noetl::nats::wire {

struct Requests::State {
  struct Pending {
    std::string subject;
    Done done;
  };

  Connection& connection;
  Options options;
  std::optional<Inbox> inbox;
  std::unordered_map<std::uint64_t, Pending> pending;
  std::uint64_t next = 1;

  /// Waits for one event: a reply, a refusal, or the end of the connection. Only cancellation and the deadline are errors.
  Result<void> step(const Wait& wait);
  void finish(std::uint64_t index, Result<Message> outcome);
  void fail_all(const Error& error);
  void fail_subject(const std::string& subject, const Error& error);
};

void Requests::State::finish(std::uint64_t index, Result<Message> outcome) {
  const auto found = pending.find(index);
  if (found == pending.end()) return;  // a second reply to the same request
  Done done = std::move(found->second.done);
  if (outcome && outcome->status() == 503) outcome = tl::unexpected(no_responders(found->second.subject));
  pending.erase(found);
  done(std::move(outcome));
}

void Requests::State::fail_all(const Error& error) {
  const auto all = std::exchange(pending, {});
  for (const auto& [index, each] : all) each.done(tl::unexpected(error));
}

void Requests::State::fail_subject(const std::string& subject, const Error& error) {
  std::vector<std::uint64_t> hit;
  for (const auto& [index, each] : pending)
    if (each.subject == subject) hit.push_back(index);
  if (hit.empty()) return fail_all(error);  // our reply subscription was refused
  for (const auto index : hit) finish(index, tl::unexpected(error));
}

Result<void> Requests::State::step(const Wait& wait) {
  auto reply = inbox->next(wait);
  if (reply) {
    const auto subject = reply->subject();
    const auto token = subject.substr(subject.rfind('.') + 1);
    std::uint64_t index = 0;
    std::from_chars(token.data(), token.data() + token.size(), index);
    finish(index, std::move(reply));
    return {};
  }
  const Error error = std::move(reply).error();
  if (error.code == Code::cancelled || error.code == Code::deadline_exceeded) return fail(error);
  if (error.code == Code::permission_denied) {
    fail_subject(error.details.value("subject", ""), error);
    return {};
  }
  Error unknown = error;  // the connection is gone: the server may or may not have read what was in flight
  unknown.maybe_applied = true;
  fail_all(unknown);
  return {};
}

Requests::Requests(Connection& connection, Options options) : state_(new State{connection, options, {}, {}}) {}
Requests::~Requests() = default;

Result<void> Requests::submit(std::string_view subject, std::string_view payload, const Headers& headers, Done done, const Wait& wait) {
  auto& state = *state_;
  if (!state.inbox) {
    NN_TRY(auto inbox, state.connection.reply_inbox());
    state.inbox.emplace(std::move(inbox));
  }
  while (state.pending.size() >= state.options.window) NN_CHECK(state.step(wait));
  const auto index = state.next++;
  state.inbox->blame(std::string(subject));
  NN_CHECK(state.connection.shared()->send(subject, payload, headers, fmt::format("{}.{}", state.inbox->subject(), index)));
  state.pending.emplace(index, State::Pending{std::string(subject), std::move(done)});
  return {};
}

Result<void> Requests::drain(const Wait& wait) {
  auto& state = *state_;
  while (!state.pending.empty()) {
    const auto stepped = state.step(wait);
    if (stepped) continue;
    if (stepped.error().code == Code::cancelled) return stepped;
    Error late = stepped.error();
    late.maybe_applied = true;
    state.fail_all(late);
  }
  return {};
}

std::size_t Requests::in_flight() const { return state_->pending.size(); }

}  // namespace noetl::nats::wire
