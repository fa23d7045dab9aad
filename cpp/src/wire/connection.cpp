#include "wire/connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/bytes.hpp"
#include "base/names.hpp"
#include "base/suspend.hpp"
#include "wire/probe.hpp"
#include "wire/shared.hpp"

namespace noetl::nats::wire {
namespace {

/// So much may wait in nats.c's buffer while more is added.
constexpr int kMuch = 1024 * 1024;

/// Drives the connection as long as it lives, for calls of nats.c that wait by themselves.
class Pump {
 public:
  explicit Pump(Shared& shared)
      : shared_(shared), thread_([this] {
          while (!done_) shared_.take_turn(nobody_, kWaitSlice);
          nats_ReleaseThreadMemory();
        }) {}
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;
  ~Pump() {
    done_ = true;
    shared_.wake(nobody_);
    thread_.join();
  }

 private:
  Shared& shared_;
  Queue nobody_;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

}  // namespace

Inbox::Inbox(std::shared_ptr<Shared> shared, std::shared_ptr<Queue> queue, std::string subject)
    : shared_(std::move(shared)), queue_(std::move(queue)), subject_(std::move(subject)) {}
Inbox::Inbox(Inbox&&) noexcept = default;
Inbox& Inbox::operator=(Inbox&& other) noexcept {
  if (this != &other) {
    if (queue_) shared_->close_queue(queue_);
    shared_ = std::move(other.shared_);
    queue_ = std::move(other.queue_);
    subject_ = std::move(other.subject_);
  }
  return *this;
}
Inbox::~Inbox() {
  if (queue_) shared_->close_queue(queue_);
}

Result<Message> Inbox::next(const Wait& wait) { return shared_->wait_for(*queue_, wait); }

void Inbox::blame(std::string subject) {
  const std::lock_guard lock(shared_->mutex);
  queue_->blame.insert(std::move(subject));
}

Connection::Connection(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
Connection::~Connection() { shared_->close(); }

Result<std::shared_ptr<Connection>> Connection::open(const Options& options, const Wait& wait) {
  NN_TRY(auto shared, connect(options, wait));
  return std::make_shared<Connection>(std::move(shared));
}

Result<void> Connection::publish(std::string_view subject, std::string_view payload, const Headers& headers, std::string_view reply) {
  if (!shared_->in_other_process()) shared_->look_around();
  NN_CHECK(publish_later(subject, payload, headers, reply));
  return send_now();
}

Result<void> Connection::publish_later(std::string_view subject, std::string_view payload, const Headers& headers, std::string_view reply) {
  if (shared_->in_other_process())
    return fail(Code::failed_precondition, "this connection belongs to the parent process", "connect again after a fork");
  if (!reply.empty())
    if (const auto problem = check_subject(reply))
      return fail(Code::invalid_argument, fmt::format("reply subject {} {}", in_quotes(reply), *problem));
  NN_CHECK(shared_->send(subject, payload, headers, reply));
  if (Socket::buffered(shared_->connection) > kMuch) NN_CHECK(send_now());
  constexpr std::size_t kRemembered = 256;
  const std::lock_guard lock(shared_->mutex);
  if (shared_->published.size() < kRemembered && !shared_->published.contains(subject)) shared_->published.emplace(subject);
  return {};
}

Result<void> Connection::send_now() { return shared_->push(Wait::for_duration(options().connect_timeout)); }

Result<Message> Connection::request(std::string_view subject, std::string_view payload, const Headers& headers, const Wait& wait) {
  NN_TRY(auto replies, reply_inbox());
  replies.blame(std::string(subject));
  NN_CHECK(shared_->send(subject, payload, headers, replies.subject()));
  replies.queue_->awaited = 1;
  auto reply = replies.next(wait);
  if (!reply) {
    Error error = std::move(reply).error();
    if (error.code == Code::deadline_exceeded) {
      error.message = fmt::format("no answer on {} from {} in time", subject, server().url);
      error.maybe_applied = true;
    }
    if (!error.details.contains("subject")) error.details["subject"] = subject;
    return fail(std::move(error));
  }
  replies.queue_->awaited = 0;
  if (reply->status() == 503) return fail(no_responders(subject));
  return reply;
}

Result<void> Connection::flush(const Wait& wait) {
  if (shared_->in_other_process()) return fail(Code::failed_precondition, "this connection belongs to the parent process");
  if (Suspender::current() != nullptr) return echo(wait);
  const Pump pump(*shared_);
  while (true) {
    const auto slice = std::chrono::duration_cast<std::chrono::milliseconds>(wait.slice()).count();
    const auto status = natsConnection_FlushTimeout(shared_->connection, std::max<std::int64_t>(1, slice));
    if (status == NATS_OK) break;
    if (status != NATS_TIMEOUT) return fail(shared_->closed ? shared_->lost() : status_error(status, "cannot flush"));
    if (wait.cancelled()) return cancelled();
    if (wait.expired()) return fail(Code::deadline_exceeded, fmt::format("{} does not answer a ping", server().url));
  }
  // The server answers in order: a permission error of what we published before has been read by now.
  const char* text = nullptr;
  const bool refused = natsConnection_GetLastError(shared_->connection, &text) == NATS_NOT_PERMITTED && text != nullptr;
  const std::string last = refused ? text : "";
  const std::lock_guard lock(shared_->mutex);
  const auto published = std::exchange(shared_->published, {});
  for (const auto& subject : published)
    if (last.find("Publish to \"" + subject + "\"") != std::string::npos) return fail(shared_->refused({true, subject}));
  return {};
}

/// A message to ourselves: the server reads in order, so it has read all before it. One that it refuses proves the same.
Result<void> Connection::echo(const Wait& wait) {
  NN_TRY(auto place, reply_inbox());
  place.blame(place.subject());
  NN_CHECK(shared_->send(place.subject(), "", {}, ""));
  const auto back = place.next(wait);
  if (back || back.error().code == Code::permission_denied) return {};
  return fail(back.error());
}

Result<Inbox> Connection::subscribe(std::string_view subject, std::string_view queue_name) {
  if (const auto problem = check_filter(subject))
    return fail(Code::invalid_argument, fmt::format("subject {} {}", in_quotes(subject), *problem));
  if (!queue_name.empty())
    if (const auto problem = check_queue(queue_name))
      return fail(Code::invalid_argument, fmt::format("queue {} {}", in_quotes(queue_name), *problem));
  const std::string to(subject);
  if (shared_->in_other_process())
    return fail(Code::failed_precondition, "this connection belongs to the parent process", "connect again after a fork");
  shared_->look_around();
  NN_TRY(auto queue, shared_->subscribe(to, std::string(queue_name)));
  return Inbox(shared_, std::move(queue), to);
}

Result<Inbox> Connection::inbox() { return subscribe(options().inbox_prefix + "." + random_name()); }

Result<Inbox> Connection::reply_inbox() {
  if (shared_->in_other_process())
    return fail(Code::failed_precondition, "this connection belongs to the parent process", "connect again after a fork");
  shared_->look_around();
  NN_TRY(auto queue, shared_->open_queue());
  auto subject = queue->accepts;
  return Inbox(shared_, std::move(queue), std::move(subject));
}

const ServerInfo& Connection::server() const { return shared_->server; }
const Options& Connection::options() const { return shared_->options; }

const Json& Connection::info(const Wait& wait) {
  const std::lock_guard lock(shared_->info_mutex);
  if (!shared_->info) {
    const auto url = parse_url(shared_->server.url);
    auto found = url ? probe(*url, wait.at_most(std::chrono::seconds(1))) : Result<Json>(Json::object());
    shared_->info = found ? std::move(*found) : Json::object();
  }
  return *shared_->info;
}

std::string Connection::server_version(const Wait& wait) { return info(wait).value("version", std::string("unknown")); }

bool Connection::is_open() const {
  const std::lock_guard lock(shared_->mutex);
  return !shared_->closed && !shared_->in_other_process();
}

Result<std::chrono::nanoseconds> Connection::round_trip(const Wait& wait) {
  const auto start = Clock::now();
  NN_CHECK(flush(wait));
  return Clock::now() - start;
}

void Connection::close() { shared_->close(); }

void Connection::adopt_by_loop() {
  shared_->stop_caretaker();
  shared_->in_loop = true;
}
void Connection::write_out() { shared_->socket.write(shared_->connection); }
void Connection::pump() { shared_->pump(); }
bool Connection::has_output() const { return Socket::buffered(shared_->connection) > 0; }
int Connection::wake_descriptor() const { return shared_->socket.wake_descriptor(); }
std::uint64_t Connection::link() const { return shared_->socket.changes(); }

int Connection::duplicate_socket() const {
  const int descriptor = shared_->socket.descriptor();
  return descriptor < 0 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
}

}  // namespace noetl::nats::wire
