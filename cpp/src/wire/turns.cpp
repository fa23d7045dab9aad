// Who reads the socket: threads that wait take turns, a caretaker when none does. See Shared and ADR 0006.
#include <fmt/format.h>

#include <algorithm>

#include "base/suspend.hpp"
#include "wire/graveyard.hpp"
#include "wire/shared.hpp"

namespace noetl::nats::wire {
namespace {

/// The caretaker takes over when nobody has read for so long. A server gives up on a client that does not read after 10 s.
constexpr std::chrono::milliseconds kIdle{500};
/// A connection that nobody has read for so long may have been lost without our knowing.
constexpr std::chrono::milliseconds kStale{5};
constexpr std::chrono::seconds kCaretakersTurn{5};

/// As much as nats.c may hold back before a sender has to wait, and for how long.
constexpr int kHighWater = 4 * 1024 * 1024;
constexpr std::chrono::seconds kPatienceToWrite{10};

Message owned(natsMsg* message) {
  return Message(Message::Handle(message, [](void* raw) { destroy_later(static_cast<natsMsg*>(raw)); }));
}

/// What the server sent when nobody listens. nats.c keeps the message to itself and gives a status.
std::optional<Message> status_503(const std::string& subject) {
  natsMsg* raw = nullptr;
  if (natsMsg_Create(&raw, subject.c_str(), nullptr, nullptr, 0) != NATS_OK) return std::nullopt;
  natsMsgHeader_Set(raw, "Status", "503");
  return owned(raw);
}

/// Whether a message to `subject` is for the user of a place for replies at `place`.
bool is_for(std::string_view subject, std::string_view place) {
  return subject.starts_with(place) && (subject.size() == place.size() || subject[place.size()] == '.');
}

}  // namespace

bool Queue::has_message() const {
  int messages = 0, bytes = 0;
  return own && natsSubscription_GetPending(own.get(), &messages, &bytes) == NATS_OK && messages > 0;
}

std::optional<Message> Shared::take(Queue& queue) const {
  while (queue.has_message()) {
    natsMsg* raw = nullptr;
    const auto status = natsSubscription_NextMsg(&raw, queue.own.get(), 0);
    if (status == NATS_NO_RESPONDERS) return status_503(queue.is_for_replies() ? queue.accepts : queue.subscription);
    if (status != NATS_OK) return std::nullopt;
    Message message = owned(raw);
    if (queue.is_for_replies() && !is_for(message.subject(), queue.accepts)) continue;
    return message;
  }
  return std::nullopt;
}

Result<Message> Shared::wait_for(Queue& queue, const Wait& wait) {
  while (true) {
    if (auto message = take(queue)) return std::move(*message);
    if (auto reason = reason_to_stop(queue)) {
      if (auto message = take(queue)) return std::move(*message);  // it came before the end
      return fail(std::move(*reason));
    }
    if (wait.expired()) return fail(Code::deadline_exceeded, fmt::format("no answer from {} in time", server.url));
    if (wait.cancelled()) return cancelled();
    take_turn(queue, wait.slice());
  }
}

std::optional<Error> Shared::reason_to_stop(Queue& queue) {
  if (in_other_process())
    return Error{.code = Code::failed_precondition,
                 .message = "this connection belongs to the parent process",
                 .hint = "connect again after a fork"};
  const std::lock_guard lock(mutex);
  auto error = verdict(queue);
  if (error) queue.refusals_seen = refusals.size();
  return error;
}

std::optional<Error> Shared::verdict(const Queue& queue) const {
  for (std::size_t i = queue.refusals_seen; i < refusals.size(); ++i) {
    const auto& refusal = refusals[i];
    if (refusal.publish ? queue.blames_all || queue.blame.contains(refusal.subject) : queue.subscription == refusal.subject)
      return refused(refusal);
  }
  if (closed || (queue.is_for_replies() && queue.link != socket.link())) return lost();
  return std::nullopt;
}

void Shared::take_turn(Queue& queue, Clock::duration longest) {
  if (auto* loop = Suspender::current()) {
    loop->suspend(Clock::now() + longest, {[](const void* waited) { return static_cast<const Queue*>(waited)->has_message(); }, &queue});
    return;
  }
  std::unique_lock lock(mutex);
  if (!leading) {
    leading = true;
    ++turns;
    lock.unlock();
    socket.drive(connection, longest);
    if (in_loop) socket.wake();  // for the calls whose answers we have read
    lock.lock();
    end_turn();
    return;
  }
  lock.unlock();
  socket.write(connection);  // the leader may be asleep, and knows nothing of what we have sent
  lock.lock();
  if (!leading || closed) return;
  if (caretaker_leads) socket.wake();
  followers.push_back(&queue);
  queue.called = queue.has_message();  // it came before we were in the list
  if (!queue.called) queue.changed.wait_for(lock, longest, [&] { return queue.called; });
  std::erase(followers, &queue);
  if (!leading) hand_over();  // we were called to lead perhaps, and do not come back
}

void Shared::end_turn() {
  leading = false;
  last_turn.store(Clock::now().time_since_epoch().count());
  hand_over();
}

void Shared::hand_over() {
  Queue* next = nullptr;
  for (auto* follower : followers) {
    if (follower->has_message())
      call(*follower);
    else if (next == nullptr || (next->called && !follower->called))
      next = follower;
  }
  if (next != nullptr) call(*next);
  if (closed) no_leader.notify_all();
}

void Shared::call(Queue& queue) {
  if (std::exchange(queue.called, true)) return;
  queue.changed.notify_one();
}

void Shared::wake_all() {
  for (auto* follower : followers) call(*follower);
  rest.notify_all();
  no_leader.notify_all();
  socket.wake();
}

void Shared::wake(Queue& queue) {
  const std::lock_guard lock(mutex);
  call(queue);
  socket.wake();
}

void Shared::look_around() {
  if (in_loop) return;  // it looks
  if (Clock::now().time_since_epoch().count() - last_turn.load() > Clock::duration(kStale).count()) pump();
}

void Shared::pump() {
  std::unique_lock lock(mutex);
  if (leading || closed) return;
  leading = true;
  ++turns;
  lock.unlock();
  socket.drive(connection, Clock::duration::zero());
  lock.lock();
  end_turn();
}

void Shared::take_care() {
  std::unique_lock lock(mutex);
  auto seen = turns;
  while (!caretaker_stops) {
    if (leading || turns != seen || !followers.empty()) {
      seen = turns;
      rest.wait_for(lock, kIdle);
      continue;
    }
    leading = caretaker_leads = true;
    lock.unlock();
    socket.drive(connection, kCaretakersTurn, true);
    lock.lock();
    caretaker_leads = false;
    end_turn();
  }
}

void Shared::start_caretaker() {
  caretaker = std::make_unique<std::thread>([this] {
    take_care();
    nats_ReleaseThreadMemory();
  });
}

void Shared::stop_caretaker() {
  if (!caretaker) return;
  if (in_other_process()) {  // the thread did not follow the fork, and cannot be joined
    (void)caretaker.release();
    return;
  }
  {
    const std::lock_guard lock(mutex);
    caretaker_stops = true;
    wake_all();
  }
  caretaker->join();
  caretaker.reset();
}

bool Shared::has_room() const { return Socket::buffered(connection) <= kHighWater; }

Result<void> Shared::push(const Wait& wait) {
  socket.write(connection);
  Queue nobody;
  const Wait patient = wait.at_most(kPatienceToWrite);
  while (!has_room()) {
    if (auto reason = reason_to_stop(nobody)) return fail(std::move(*reason));
    if (patient.expired()) return fail(Code::unavailable, fmt::format("{} does not read what is sent to it", server.url));
    if (patient.cancelled()) return cancelled();
    if (auto* loop = Suspender::current()) {
      loop->suspend(Clock::now() + patient.slice(), {[](const void* self) { return static_cast<const Shared*>(self)->has_room(); }, this});
      continue;
    }
    std::unique_lock lock(mutex);
    const bool other = leading;
    lock.unlock();
    if (other)
      socket.wait_writable(std::chrono::milliseconds(10)), socket.write(connection);
    else
      take_turn(nobody, patient.slice());
  }
  return {};
}

void Shared::close_connection() {
  const auto end = Clock::now() + std::chrono::seconds(2);
  while (socket.descriptor() >= 0 && Socket::buffered(connection) > 0 && Clock::now() < end) {
    socket.write(connection);
    if (Socket::buffered(connection) > 0) socket.wait_writable(std::chrono::milliseconds(50));
  }
  natsConnection_Close(connection);
}

void Shared::close() {
  if (id != 0) unregister_shared(id);
  id = 0;
  stop_caretaker();
  if (connection == nullptr || in_other_process()) return;
  {
    std::unique_lock lock(mutex);
    if (std::exchange(closed, true)) return;
    wake_all();
    no_leader.wait(lock, [&] { return !leading; });
    leading = true;  // for good
  }
  close_connection();
}

}  // namespace noetl::nats::wire
