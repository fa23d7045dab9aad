#include "wire/shared.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include "base/bytes.hpp"
#include "base/names.hpp"
#include "wire/status.hpp"

namespace noetl::nats::wire {
namespace {

/// So many bytes of nats.c's buffer are worth a write.
constexpr int kWorthWriting = 64 * 1024;

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

Shared::~Shared() {
  close();
  if (in_other_process()) {  // the threads of nats.c did not follow the fork: closing would crash
    for (auto& place : places) (void)place->own.release();
    return;
  }
  places.clear();
  natsConnection_Destroy(connection);
}

bool Shared::in_other_process() const { return pid != getpid(); }

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

Result<std::shared_ptr<Queue>> Shared::subscribed(const std::string& subject, const std::string& group) {
  auto queue = std::make_shared<Queue>();
  natsSubscription* raw = nullptr;
  const auto status = group.empty() ? natsConnection_SubscribeSync(&raw, connection, subject.c_str())
                                    : natsConnection_QueueSubscribeSync(&raw, connection, subject.c_str(), group.c_str());
  if (status != NATS_OK) return fail(status_error(status, fmt::format("cannot subscribe to {}", subject)));
  queue->own.reset(raw);
  natsSubscription_SetPendingLimits(raw, -1, -1);  // what we ask for is bounded by us
  queue->subscription = subject;
  return queue;
}

Result<std::shared_ptr<Queue>> Shared::subscribe(const std::string& subject, const std::string& group) {
  const std::lock_guard lock(mutex);
  if (closed) return fail(lost());
  NN_TRY(auto queue, subscribed(subject, group));
  queue->refusals_seen = refusals.size();
  return queue;
}

Result<std::shared_ptr<Queue>> Shared::open_queue() {
  const std::lock_guard lock(mutex);
  if (closed) return fail(lost());
  std::shared_ptr<Queue> queue;
  if (!places.empty()) {
    queue = std::move(places.back());
    places.pop_back();
  } else {
    if (reply_prefix.empty()) reply_prefix = options.inbox_prefix + "." + random_name() + ".";
    NN_TRY(queue, subscribed(fmt::format("{}{}.>", reply_prefix, next_place++), ""));
  }
  const std::string_view place(queue->subscription.data(), queue->subscription.size() - 1);  // without the ">"
  queue->accepts = fmt::format("{}{}", place, ++queue->uses);
  queue->awaited = 1;  // until its user says that all was answered
  queue->blame.clear();
  queue->blames_all = false;
  queue->refusals_seen = refusals.size();
  queue->link = socket.link();
  return queue;
}

void Shared::close_queue(const std::shared_ptr<Queue>& queue) {
  if (in_other_process()) {
    (void)queue->own.release();
    return;
  }
  if (queue->is_for_replies() && queue->awaited == 0 && queue->link == socket.link()) {
    const std::lock_guard lock(mutex);
    if (!closed) return places.push_back(queue);
  }
  queue->own.reset();
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
  if (Socket::buffered(connection) >= kWorthWriting) socket.write(connection);
  return {};
}

}  // namespace noetl::nats::wire
