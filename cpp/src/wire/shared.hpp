// The state of a connection, shared by Connection, Inbox and Requests. Private to wire: nothing outside includes it.
#pragma once

#include <nats/nats.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "wire/connection.hpp"
#include "wire/socket.hpp"

namespace noetl::nats::wire {

struct SubscriptionDeleter {
  void operator()(natsSubscription* subscription) const { natsSubscription_Destroy(subscription); }
};
struct OptionsDeleter {
  void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
};
struct MessageDeleter {
  void operator()(natsMsg* message) const { natsMsg_Destroy(message); }
};
using SubscriptionHandle = std::unique_ptr<natsSubscription, SubscriptionDeleter>;
using OptionsHandle = std::unique_ptr<natsOptions, OptionsDeleter>;
using MessageHandle = std::unique_ptr<natsMsg, MessageDeleter>;

/// One subscription of ours and what waits on it. nats.c keeps its messages until they are taken, by one thread at a time.
struct Queue {
  SubscriptionHandle own;
  std::string subscription;   ///< the subject subscribed to
  std::string accepts;        ///< of a place for replies: where its present user is answered; other messages are late and dropped
  std::uint64_t uses = 0;     ///< makes `accepts` unique
  std::uint64_t awaited = 0;  ///< requests without an answer yet: while there are, the place cannot have another user
  // Guarded by Shared::mutex:
  std::set<std::string, std::less<>> blame;  ///< subjects whose refusal ends the wait
  bool blames_all = false;                   ///< the refusal of any publish ends the wait
  std::size_t refusals_seen = 0;             ///< refusals before this queue was made do not concern it
  std::uint64_t link = 0;                    ///< Socket::link() when it was made
  bool called = false;                       ///< `changed` was notified
  std::condition_variable changed;

  [[nodiscard]] bool has_message() const;
  [[nodiscard]] bool is_for_replies() const { return !accepts.empty(); }
};

/// A permission error of the server. It comes without a request id, so it is matched by its subject.
struct Refusal {
  bool publish = true;  ///< else: subscription
  std::string subject;
};

/// No thread reads the socket for us: the threads that wait take turns (ADR 0006). One of them leads, writes and reads; the
/// others follow, asleep until the leader has read a message for them or leaves the lead to them. A long-lived
/// connection has a caretaker thread that leads while nobody waits, so that pings are answered.
struct Shared : std::enable_shared_from_this<Shared> {
  explicit Shared(Options given) : options(std::move(given)) {}
  ~Shared();
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  /// The one place that waits for the network: returns when `queue` has a message, or the reason why it never will.
  [[nodiscard]] Result<Message> wait_for(Queue& queue, const Wait& wait);
  /// A message that has been read already.
  [[nodiscard]] std::optional<Message> take(Queue& queue) const;
  /// Leads or follows for at most `longest`. `queue` is what the caller waits on.
  void take_turn(Queue& queue, Clock::duration longest);
  /// Ends the turn of who waits on `queue`, whether it leads or follows.
  void wake(Queue& queue);
  /// Before something is sent: notices that the connection was lost while nobody read it.
  void look_around();
  /// Reads and writes what is possible without waiting, unless somebody leads. For an event loop.
  void pump();
  /// Starts the caretaker.
  void start_caretaker();
  void stop_caretaker();

  /// Buffers. Whoever waits next writes it out; `push` does it at once.
  [[nodiscard]] Result<void> send(std::string_view subject, std::string_view payload, const Headers& headers, std::string_view reply);
  /// Writes out what is buffered, as far as the socket takes it; waits for it while more than a few MiB are left.
  [[nodiscard]] Result<void> push(const Wait& wait);
  /// Whether less than a few MiB are buffered.
  [[nodiscard]] bool has_room() const;
  /// A place for replies. Its subject is `accepts`.
  [[nodiscard]] Result<std::shared_ptr<Queue>> open_queue();
  /// A queue with a subject of its own.
  [[nodiscard]] Result<std::shared_ptr<Queue>> subscribe(const std::string& subject, const std::string& group);
  void close_queue(const std::shared_ptr<Queue>& queue);
  void close();

  // Called on threads of nats.c.
  void on_error(natsStatus status, const std::string& text);
  void on_closed();

  /// Why no message will ever come, if that is known.
  [[nodiscard]] std::optional<Error> reason_to_stop(Queue& queue);
  [[nodiscard]] Error refused(const Refusal& refusal) const;
  [[nodiscard]] Error lost() const;
  [[nodiscard]] bool in_other_process() const;

  Options options;
  ServerInfo server;
  natsConnection* connection = nullptr;  ///< set once, closed by close(), destroyed with this
  std::uint64_t id = 0;                  ///< how callbacks find us: they may run after we are gone
  pid_t pid = 0;
  std::shared_ptr<void> identity;  ///< what the callbacks of nats.c sign with, also after a reconnect
  Socket socket;
  bool in_loop = false;  ///< an event loop drives it

  std::mutex mutex;
  bool closed = false;
  std::vector<Refusal> refusals;
  std::set<std::string, std::less<>> published;  ///< subjects sent without a reply since the last flush
  std::mutex info_mutex;
  std::optional<Json> info;

 private:
  [[nodiscard]] std::optional<Error> verdict(const Queue& queue) const;
  [[nodiscard]] Result<std::shared_ptr<Queue>> subscribed(const std::string& subject, const std::string& group);
  /// Wakes the followers whose messages have come, and one to lead if nobody does. With the mutex held.
  void hand_over();
  void call(Queue& queue);
  void end_turn();
  void wake_all();
  void take_care();
  void close_connection();

  // Guarded by mutex:
  bool leading = false;
  bool caretaker_leads = false;
  bool caretaker_stops = false;
  std::uint64_t turns = 0;
  std::atomic<Clock::rep> last_turn{0};  ///< its end
  std::vector<Queue*> followers;
  std::condition_variable rest;                ///< the caretaker sleeps on it
  std::condition_variable no_leader;           ///< close() waits on it
  std::string reply_prefix;                    ///< "_INBOX.<random>."
  std::vector<std::shared_ptr<Queue>> places;  ///< for replies, free
  std::uint64_t next_place = 1;
  std::unique_ptr<std::thread> caretaker;
};

/// Connects; connect.cpp.
[[nodiscard]] Result<std::shared_ptr<Shared>> connect(const Options& options, const Wait& wait);

/// The Shared with this id while it lives: what callbacks of nats.c get as their closure.
[[nodiscard]] std::shared_ptr<Shared> find_shared(const void* closure);
[[nodiscard]] std::uint64_t register_shared(const std::shared_ptr<Shared>& shared);
void unregister_shared(std::uint64_t id);

/// natsStatus of a call that failed, as an error that says what was attempted.
[[nodiscard]] Error status_error(natsStatus status, std::string_view attempted);

/// The error for an empty message with `Status: 503`: nobody listens on the subject.
[[nodiscard]] Error no_responders(std::string_view subject);

}  // namespace noetl::nats::wire
