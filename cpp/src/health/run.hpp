// Looks at a server: all checks at once, over one connection, under one deadline.
//
//   examine -> begin of each check (queues its questions) -> the questions travel together -> answers become Checks
//
// A check is a file check_<name>.cpp and a row in the table of run.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/wait.hpp"
#include "health/model.hpp"
#include "health/thresholds.hpp"
#include "jetstream/api.hpp"
#include "wire/requests.hpp"

namespace noetl::nats::health {

/// What to look at.
struct Request {
  std::vector<std::string> checks;  ///< names of check_table()
  /// Names, or patterns with `*`; empty: all.
  std::string stream, consumer, bucket;
  Thresholds thresholds;
};

/// Where to look.
struct Target {
  std::function<Result<wire::Connection*>(const Wait&)> connect;
  std::string server;       ///< host:port, for texts
  std::string api_prefix;   ///< of JetStream
  std::string monitor_url;  ///< the server's monitoring; empty: none known
};

class Run;
struct CheckInfo {
  const char* name;
  const char* summary;
  void (*begin)(Run&);        ///< with a connection; null: there is nothing to ask over it
  void (*begin_early)(Run&);  ///< before connecting; null: nothing
};
[[nodiscard]] const std::vector<CheckInfo>& check_table();
[[nodiscard]] std::vector<std::string> check_names();
/// What is checked when nothing is said: `server` only where its monitoring is known.
[[nodiscard]] std::vector<std::string> default_checks(bool monitoring_known);

/// Errors: cancelled, invalid_argument (a server URL or login that cannot be one). All else is a finding.
[[nodiscard]] Result<Report> examine(const Target& target, const Request& request, const Wait& wait);

/// Examines again and again, with pauses of 100 ms to 2 s, until nothing is critical or unknown, or `until` is over; gives
/// the last report. One examination takes at most `each`. `progress` hears what is waited for, whenever that changes.
[[nodiscard]] Result<Report> examine_until_well(const Target& target, const Request& request, Clock::duration each, const Wait& until,
                                                const std::function<void(std::string_view)>& progress);

/// One examination, as the checks see it.
class Run {
 public:
  Run(const Target& target, const Request& request, const Wait& wait);

  using Answer = std::function<void(Result<Json>)>;
  /// Asks the JetStream API; `then` runs when the answer is there, and may ask more.
  void ask(std::string_view subject, Json body, Answer then);
  /// Asks any other subject that answers with JSON.
  void ask_plain(std::string subject, Answer then);
  /// Every stream that the request's patterns leave, with its configuration and state, as it arrives.
  void each_stream(std::function<void(const Json& stream)> look);
  /// After all streams: `error` is set when they could not be listed.
  void after_streams(std::function<void(const Error* error)> done);
  /// Runs after all questions are answered, and may wait.
  void finally(std::function<Result<void>()> last);
  void add(Check check);
  [[nodiscard]] bool wants(std::string_view check) const;

  [[nodiscard]] const Target& target() const { return *target_; }
  [[nodiscard]] const Request& request() const { return *request_; }
  [[nodiscard]] const Thresholds& thresholds() const { return request_->thresholds; }
  [[nodiscard]] const Wait& wait() const { return wait_; }
  [[nodiscard]] Clock::time_point started() const { return start_; }
  [[nodiscard]] wire::Connection& connection() const { return *connection_; }

 private:
  friend Result<Report> examine(const Target& target, const Request& request, const Wait& wait);

  struct Question {
    std::string subject;  ///< whole
    Json body;
    bool api;
    Answer then;
  };

  Result<void> look();
  Result<void> ask_all();
  void list_streams();
  void take_page(const Result<Json>& page, std::size_t offset);
  void saw_stream(const Json& stream);
  void end_streams(const Error* error);
  void cannot_look(const Error& why);

  const Target* target_;
  const Request* request_;
  Wait wait_;
  Clock::time_point start_ = Clock::now();
  wire::Connection* connection_ = nullptr;
  std::string api_prefix_;
  std::vector<Question> questions_;
  std::vector<std::function<void(const Json&)>> stream_lookers_;
  std::vector<std::function<void(const Error*)>> after_streams_;
  std::vector<std::function<Result<void>()>> finally_;
  std::size_t pages_open_ = 0;
  std::optional<Error> list_error_;
  std::vector<Check> checks_;
};

}  // namespace noetl::nats::health
