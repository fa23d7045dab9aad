// The state of a connection, shared by Connection, Inbox and Requests. Private to wire: nothing outside includes it.
#pragma once

#include <nats/nats.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "wire/connection.hpp"

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

/// Messages of one inbox, guarded by Shared::mutex.
struct Queue {
  std::deque<Message> messages;
  std::set<std::string, std::less<>> blame;  ///< subjects whose refusal ends the wait
  std::string subscription;                  ///< the subject subscribed to
  std::size_t refusals_seen = 0;             ///< refusals before this queue was made do not concern it
  std::uint64_t id = 0;                      ///< its number on this connection
  SubscriptionHandle own;                    ///< set for a subscription of its own
  std::condition_variable changed;
};

/// A permission error of the server. It comes without a request id, so it is matched by its subject.
struct Refusal {
  bool publish = true;  ///< else: subscription
  std::string subject;
};

struct Shared : std::enable_shared_from_this<Shared> {
  explicit Shared(Options given) : options(std::move(given)) {}
  ~Shared();
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  /// The one place that waits for the network: returns when `queue` has a message, or the reason why it never will.
  /// nats.c's delivery thread fills the queues (a synchronous subscription would hide which request had no responder). A
  /// later version of this function can let the waiting thread drive the socket itself without a change to its callers.
  [[nodiscard]] Result<Message> wait_for(Queue& queue, const Wait& wait);

  [[nodiscard]] Result<void> send(std::string_view subject, std::string_view payload, const Headers& headers, std::string_view reply);
  /// A queue for replies to reply_prefix + id.
  [[nodiscard]] Result<std::shared_ptr<Queue>> open_queue();
  /// A queue with a subscription of its own.
  [[nodiscard]] Result<std::shared_ptr<Queue>> subscribe(const std::string& subject, const std::string& group);
  void close_queue(Queue& queue);
  void close();

  // Called on threads of nats.c.
  void on_error(natsStatus status, const std::string& text);
  void on_closed();
  void on_message(Queue& queue, natsMsg* message);
  void on_reply(natsMsg* message);

  [[nodiscard]] Error refused(const Refusal& refusal) const;
  [[nodiscard]] Error lost() const;
  [[nodiscard]] bool in_other_process() const;

  Options options;
  ServerInfo server;
  natsConnection* connection = nullptr;
  std::uint64_t id = 0;  ///< how callbacks find us: they may run after we are gone
  pid_t pid = 0;
  std::shared_ptr<void> identity;  ///< what the callbacks of nats.c sign with, also after a reconnect

  std::mutex mutex;
  std::string reply_prefix;  ///< "_INBOX.<random>."
  SubscriptionHandle replies;
  std::unordered_map<std::uint64_t, std::shared_ptr<Queue>> queues;  ///< by number, of replies and of subscriptions
  std::uint64_t next_queue = 1;
  bool closed = false;
  std::vector<Refusal> refusals;
  std::set<std::string, std::less<>> published;  ///< subjects sent without a reply since the last flush
  std::mutex info_mutex;
  std::optional<Json> info;

 private:
  [[nodiscard]] std::optional<Error> verdict(const Queue& queue) const;
  [[nodiscard]] Result<void> subscribe_to_replies();
  void wake_all();
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
