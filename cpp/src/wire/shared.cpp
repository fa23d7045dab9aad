#include "wire/shared.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/bytes.hpp"
#include "base/names.hpp"
#include "wire/status.hpp"

namespace noetl::nats::wire {
namespace {

/// Of 4096 bytes of a protocol line (max_control_line), without the words and sizes around the subjects.
constexpr std::size_t kLongestSubjects = 4096 - 64;

struct Living {
  std::mutex mutex;
  std::unordered_map<std::uint64_t, std::weak_ptr<Shared>> by_id;
  std::uint64_t next = 1;
};

Living& living() {
  static auto* all = new Living;  // never destroyed: threads of nats.c may look it up while the process exits
  static const int at_fork = pthread_atfork([] { all->mutex.lock(); }, [] { all->mutex.unlock(); }, [] { all->mutex.unlock(); });
  (void)at_fork;
  return *all;
}

Message owned(natsMsg* message) {
  return Message(Message::Handle(message, [](void* raw) { natsMsg_Destroy(static_cast<natsMsg*>(raw)); }));
}

/// `Permissions Violation for Publish to "a.b"`: the server tells it in no other form.
std::optional<Refusal> parse_refusal(const std::string& text) {
  const auto open = text.find('"');
  const auto close = text.rfind('"');
  if (open == std::string::npos || close == open) return std::nullopt;
  return Refusal{text.find("Publish") < open, text.substr(open + 1, close - open - 1)};
}

}  // namespace

std::uint64_t register_shared(const std::shared_ptr<Shared>& shared) {
  const std::lock_guard lock(living().mutex);
  const auto id = living().next++;
  living().by_id[id] = shared;
  return id;
}

void unregister_shared(std::uint64_t id) {
  const std::lock_guard lock(living().mutex);
  living().by_id.erase(id);
}

std::shared_ptr<Shared> find_shared(const void* closure) {
  const std::lock_guard lock(living().mutex);
  const auto found = living().by_id.find(reinterpret_cast<std::uintptr_t>(closure));
  return found == living().by_id.end() ? nullptr : found->second.lock();
}

Error status_error(natsStatus status, std::string_view attempted) {
  natsStatus last = NATS_OK;
  const char* detail = nats_GetLastError(&last);
  std::string text = status_text(status);
  if (last == status && detail != nullptr && *detail != '\0') {
    text = detail;
    if (text.starts_with('(') && text.find("): ") != std::string::npos) text.erase(0, text.find("): ") + 3);  // (file.c:line):
  }
  Error error{.code = code_of_status(status), .message = fmt::format("{}: {}", attempted, text)};
  error.details["nats_status"] = static_cast<int>(status);
  return error;
}

Error no_responders(std::string_view subject) {
  Error error{.code = Code::unavailable,
              .message = fmt::format("nobody answers on {}", subject),
              .hint = "no subscriber or service listens on this subject in this account"};
  error.details["no_responders"] = true;
  error.details["subject"] = subject;
  return error;
}

Shared::~Shared() { close(); }

bool Shared::in_other_process() const { return pid != getpid(); }

void Shared::close() {
  if (id != 0) unregister_shared(id);
  id = 0;
  if (connection == nullptr) return;
  if (in_other_process()) {  // the threads of nats.c did not follow the fork: closing would crash
    (void)replies.release();
    connection = nullptr;
    return;
  }
  natsConnection_Close(connection);
  replies.reset();
  {
    const std::lock_guard lock(mutex);
    closed = true;
    wake_all();
    queues.clear();
  }
  natsConnection_Destroy(std::exchange(connection, nullptr));
}

void Shared::wake_all() {
  for (const auto& [number, queue] : queues) queue->changed.notify_all();
}

void Shared::on_error(natsStatus status, const std::string& text) {
  if (status != NATS_NOT_PERMITTED) return;
  auto refusal = parse_refusal(text);
  if (!refusal) return;
  const std::lock_guard lock(mutex);
  refusals.push_back(std::move(*refusal));
  wake_all();
}

void Shared::on_closed() {
  const std::lock_guard lock(mutex);
  closed = true;
  wake_all();
}

void Shared::on_message(Queue& queue, natsMsg* message) {
  const std::lock_guard lock(mutex);
  queue.messages.push_back(owned(message));
  queue.changed.notify_one();
}

void Shared::on_reply(natsMsg* message) {
  Message received = owned(message);
  auto token = received.subject();
  if (!token.starts_with(reply_prefix)) return;
  token.remove_prefix(reply_prefix.size());
  std::uint64_t number = 0;
  std::from_chars(token.data(), token.data() + token.size(), number);
  const std::lock_guard lock(mutex);
  const auto found = queues.find(number);
  if (found == queues.end()) return;  // an answer that nobody waits for any more
  found->second->messages.push_back(std::move(received));
  found->second->changed.notify_one();
}

Error Shared::refused(const Refusal& refusal) const {
  const std::string who = !options.user.empty() ? "user " + options.user : "this user";
  Error error{.code = Code::permission_denied,
              .message = fmt::format("{} may not {} {}", who, refusal.publish ? "publish to" : "subscribe to", refusal.subject),
              .hint = refusal.subject.starts_with(options.inbox_prefix + ".")
                          ? "grant the subject, or set inbox_prefix to one that this user may subscribe to"
                          : "grant the subject to the user, or connect as somebody who may"};
  error.details["subject"] = refusal.subject;
  return error;
}

Error Shared::lost() const {
  return Error{.code = Code::unavailable,
               .message = fmt::format("the connection to {} was lost", server.url),
               .hint = "is the server still running? noetl-nats status"};
}

std::optional<Error> Shared::verdict(const Queue& queue) const {
  for (std::size_t i = queue.refusals_seen; i < refusals.size(); ++i) {
    const auto& refusal = refusals[i];
    if (refusal.publish ? queue.blame.contains(refusal.subject) : queue.subscription == refusal.subject) return refused(refusal);
  }
  if (!queue.own)  // without our reply subscription no reply ever comes
    for (const auto& refusal : refusals)
      if (!refusal.publish && refusal.subject == reply_prefix + ">") return refused(refusal);
  if (closed) return lost();
  return std::nullopt;
}

Result<Message> Shared::wait_for(Queue& queue, const Wait& wait) {
  std::unique_lock lock(mutex);
  while (true) {
    if (!queue.messages.empty()) {
      Message message = std::move(queue.messages.front());
      queue.messages.pop_front();
      return message;
    }
    if (in_other_process())
      return fail(Code::failed_precondition, "this connection belongs to the parent process", "connect again after a fork");
    if (auto error = verdict(queue)) {
      queue.refusals_seen = refusals.size();
      return fail(std::move(*error));
    }
    if (wait.expired()) return fail(Code::deadline_exceeded, fmt::format("no answer from {} in time", server.url));

    queue.changed.wait_for(lock, wait.slice());
    if (!queue.messages.empty()) continue;
    lock.unlock();  // the poll of a cancellation may want a lock of its own (Python's)
    const bool stop = wait.cancelled();
    lock.lock();
    if (stop) return cancelled();
  }
}

Result<void> Shared::subscribe_to_replies() {
  if (replies) return {};
  reply_prefix = options.inbox_prefix + "." + random_name() + ".";
  const auto on_message = [](natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
    if (const auto shared = find_shared(closure))
      shared->on_reply(message);
    else
      natsMsg_Destroy(message);
  };
  natsSubscription* subscription = nullptr;
  const auto status =
      natsConnection_Subscribe(&subscription, connection, (reply_prefix + ">").c_str(), on_message, reinterpret_cast<void*>(id));
  if (status != NATS_OK) return fail(status_error(status, "cannot subscribe to replies"));
  replies.reset(subscription);
  natsSubscription_SetPendingLimits(subscription, -1, -1);  // what we ask for is bounded by us
  return {};
}

Result<std::shared_ptr<Queue>> Shared::open_queue() {
  if (in_other_process())
    return fail(Code::failed_precondition, "this connection belongs to the parent process", "connect again after a fork");
  const std::lock_guard lock(mutex);
  if (closed || connection == nullptr) return fail(lost());
  NN_CHECK(subscribe_to_replies());
  auto queue = std::make_shared<Queue>();
  queue->id = next_queue++;
  queue->refusals_seen = refusals.size();
  queues[queue->id] = queue;
  return queue;
}

Result<std::shared_ptr<Queue>> Shared::subscribe(const std::string& subject, const std::string& group) {
  struct Target {  // what the callback gets: both may be gone when it runs
    std::weak_ptr<Shared> shared;
    std::weak_ptr<Queue> queue;
  };
  const auto on_message = [](natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
    const auto* target = static_cast<Target*>(closure);
    const auto shared = target->shared.lock();
    const auto queue = target->queue.lock();
    if (shared && queue)
      shared->on_message(*queue, message);
    else
      natsMsg_Destroy(message);
  };
  if (in_other_process())
    return fail(Code::failed_precondition, "this connection belongs to the parent process", "connect again after a fork");
  const std::lock_guard lock(mutex);
  if (closed || connection == nullptr) return fail(lost());
  auto queue = std::make_shared<Queue>();
  auto target = std::make_unique<Target>(Target{weak_from_this(), queue});
  natsSubscription* raw = nullptr;
  const auto status = group.empty()
                          ? natsConnection_Subscribe(&raw, connection, subject.c_str(), on_message, target.get())
                          : natsConnection_QueueSubscribe(&raw, connection, subject.c_str(), group.c_str(), on_message, target.get());
  if (status != NATS_OK) return fail(status_error(status, fmt::format("cannot subscribe to {}", subject)));
  natsSubscription_SetPendingLimits(raw, -1, -1);
  natsSubscription_SetOnCompleteCB(
      raw, [](void* closure) { delete static_cast<Target*>(closure); }, target.release());
  queue->own.reset(raw);
  queue->subscription = subject;
  queue->id = next_queue++;
  queue->refusals_seen = refusals.size();
  queues[queue->id] = queue;
  return queue;
}

void Shared::close_queue(Queue& queue) {
  SubscriptionHandle own;
  {
    const std::lock_guard lock(mutex);
    queues.erase(queue.id);
    own = std::move(queue.own);
  }
  if (!own) return;
  if (in_other_process()) (void)own.release();
  // else destroyed here, outside of the lock: a callback that is running wants it
}

Result<void> Shared::send(std::string_view subject, std::string_view payload, const Headers& headers, std::string_view reply) {
  if (const auto problem = check_subject(subject))
    return fail(Code::invalid_argument, fmt::format("subject {} {}", in_quotes(subject), *problem));
  if (subject.size() + reply.size() > kLongestSubjects)  // the server would close the connection
    return fail(Code::invalid_argument, fmt::format("subject {} is too long: {} bytes; a line of the protocol has at most 4096",
                                                    in_quotes(subject), subject.size()));
  for (const auto& [name, value] : headers.lines()) {
    if (const auto problem = check_header_name(name))
      return fail(Code::invalid_argument, fmt::format("header {} {}", in_quotes(name), *problem));
    if (const auto problem = check_header_value(value))
      return fail(Code::invalid_argument, fmt::format("the value of header {} {}", in_quotes(name), *problem));
  }
  if (in_other_process())
    return fail(Code::failed_precondition, "this connection belongs to the parent process", "connect again after a fork");
  if (server.max_payload > 0 && static_cast<std::int64_t>(payload.size()) > server.max_payload)
    return fail(Code::resource_exhausted,
                fmt::format("the payload for {} has {} bytes; the server takes at most {} (max_payload)", subject, payload.size(),
                            server.max_payload),
                "send less, use the object store for big values, or raise max_payload of the server");

  const std::string to(subject), back(reply);
  const int size = static_cast<int>(payload.size());
  natsStatus status = NATS_OK;
  if (headers.empty()) {
    status = back.empty() ? natsConnection_Publish(connection, to.c_str(), payload.data(), size)
                          : natsConnection_PublishRequest(connection, to.c_str(), back.c_str(), payload.data(), size);
  } else {
    natsMsg* raw = nullptr;
    status = natsMsg_Create(&raw, to.c_str(), back.empty() ? nullptr : back.c_str(), payload.data(), size);
    const MessageHandle message(raw);
    for (const auto& [name, value] : headers.lines())
      if (status == NATS_OK) status = natsMsgHeader_Add(raw, name.c_str(), value.c_str());
    if (status == NATS_OK) status = natsConnection_PublishMsg(connection, raw);
  }
  if (status == NATS_CONNECTION_CLOSED) return fail(lost());
  if (status != NATS_OK) return fail(status_error(status, fmt::format("cannot publish to {}", subject)));
  return {};
}

}  // namespace noetl::nats::wire
