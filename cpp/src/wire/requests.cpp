#include "wire/requests.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <vector>

#include "wire/shared.hpp"

namespace noetl::nats::wire {

struct Requests::State {
  struct Pending {
    std::uint64_t index = 0;  ///< 0: free
    std::string subject;
    Done done;
  };

  State(Connection& on, Options given) : connection(on), options(given), slots(std::bit_ceil(2 * std::max<std::size_t>(given.window, 1))) {}

  Connection& connection;
  Options options;
  std::optional<Inbox> inbox;
  std::vector<Pending> slots;  ///< a request has the slot of the low bits of its index
  std::size_t count = 0;       ///< in flight
  std::uint64_t last = 0;      ///< index of the last request
  std::size_t abandoned = 0;   ///< requests that ended without an answer: a late one must not find another user
  std::size_t silent = 0;      ///< requests that nobody listens to: we are told that there are such, but not which
  std::string reply_to;        ///< subject of the last request's reply

  Result<void> open();
  /// Waits for one event: a reply, a refusal, or the end of the connection. Only cancellation and the deadline are errors.
  Result<void> step(const Wait& wait);
  void take(Message reply);
  void finish(Pending& each, Result<Message> outcome);
  /// In the order in which they were sent.
  [[nodiscard]] std::vector<Pending*> all();
  void fail_all(const Error& error);
  void fail_subject(const std::string& subject, const Error& error);
  [[nodiscard]] Pending& slot(std::uint64_t index) { return slots[index & (slots.size() - 1)]; }
};

void Requests::State::finish(Pending& each, Result<Message> outcome) {
  each.index = 0;
  --count;
  std::exchange(each.done, nullptr)(std::move(outcome));
}

std::vector<Requests::State::Pending*> Requests::State::all() {
  std::vector<Pending*> out;
  for (auto& each : slots)
    if (each.index != 0) out.push_back(&each);
  std::sort(out.begin(), out.end(), [](const Pending* a, const Pending* b) { return a->index < b->index; });
  return out;
}

void Requests::State::fail_all(const Error& error) {
  abandoned += count;
  silent = 0;
  for (auto* each : all()) finish(*each, tl::unexpected(error));
}

void Requests::State::fail_subject(const std::string& subject, const Error& error) {
  if (subject == inbox->queue_->subscription) return fail_all(error);  // no reply will come
  for (auto* each : all()) {
    if (each->subject != subject) continue;
    ++abandoned;
    finish(*each, tl::unexpected(error));
  }
}

/// nats.c hides whose request had no responder. Every other request has an answer, so when as many are left as had none,
/// it is those; until then nothing new is sent.
void Requests::State::take(Message reply) {
  const auto subject = reply.subject();
  if (subject == inbox->subject()) {
    ++silent;
  } else {
    const auto token = subject.substr(subject.rfind('.') + 1);
    std::uint64_t index = 0;
    std::from_chars(token.data(), token.data() + token.size(), index);
    if (auto& each = slot(index); index != 0 && each.index == index) finish(each, std::move(reply));  // else a second reply
  }
  if (silent == 0 || silent < count) return;
  silent = 0;
  for (auto* each : all()) finish(*each, tl::unexpected(no_responders(each->subject)));
}

Result<void> Requests::State::step(const Wait& wait) {
  auto reply = inbox->next(wait);
  if (reply) {
    take(std::move(*reply));
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
  inbox.reset();  // after a reconnect the next request gets a place of its own
  return {};
}

Result<void> Requests::State::open() {
  if (inbox) return {};
  NN_TRY(auto opened, connection.reply_inbox());
  inbox.emplace(std::move(opened));
  inbox->queue_->blames_all = true;
  inbox->queue_->awaited = 1;  // until we know better, at the end
  return {};
}

Requests::Requests(Connection& connection, Options options) : state_(new State(connection, options)) {}
Requests::~Requests() {
  if (state_->inbox) state_->inbox->queue_->awaited = state_->count + state_->abandoned;
}

Result<void> Requests::submit(std::string_view subject, std::string_view payload, const Headers& headers, Done done, const Wait& wait) {
  auto& state = *state_;
  while (state.count >= state.options.window || state.silent > 0) NN_CHECK(state.step(wait));
  NN_CHECK(state.open());
  while (state.slot(++state.last).index != 0) {  // of one that is slow to be answered
  }
  state.reply_to.assign(state.inbox->subject()).append(1, '.').append(std::to_string(state.last));
  NN_CHECK(state.connection.shared()->send(subject, payload, headers, state.reply_to));
  auto& slot = state.slot(state.last);
  slot.index = state.last;
  slot.subject = subject;
  slot.done = std::move(done);
  ++state.count;
  return {};
}

Result<void> Requests::wait_one(const Wait& wait) { return state_->count == 0 ? Result<void>{} : state_->step(wait); }

Result<void> Requests::drain(const Wait& wait) {
  auto& state = *state_;
  while (state.count > 0) {
    const auto stepped = state.step(wait);
    if (stepped) continue;
    if (stepped.error().code == Code::cancelled) return stepped;
    Error late = stepped.error();
    late.maybe_applied = true;
    state.fail_all(late);
  }
  return {};
}

std::size_t Requests::in_flight() const { return state_->count; }

}  // namespace noetl::nats::wire
