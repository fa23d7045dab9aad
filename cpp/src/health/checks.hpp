// The checks. Each judges what a server has said, and asks nothing itself: the questions are put by `begin_...`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/wait.hpp"
#include "health/model.hpp"
#include "health/thresholds.hpp"
#include "wire/connection.hpp"

namespace noetl::nats::health {

class Run;  // run.hpp

/// What connecting and speaking to the server was like; times in seconds.
struct ConnectionFacts {
  std::string server;
  double connect = 0;
  std::optional<double> rtt, request;
  std::optional<Error> failed;       ///< no connection
  std::optional<Error> echo_failed;  ///< a message to ourselves did not come back
  bool echo_denied = false;          ///< because we may not send to our own inbox: no sign of a fault
};
/// Round trip and echo over an open connection. Errors: cancelled; all else goes into the facts.
[[nodiscard]] Result<void> measure(wire::Connection& connection, ConnectionFacts& facts, const Wait& wait);
[[nodiscard]] Check check_connection(const ConnectionFacts& facts, const Thresholds& thresholds);

/// `varz` and `healthz` are the server's monitoring documents.
[[nodiscard]] Check check_server(const Json& varz, const Result<Json>& healthz, std::string source, const Thresholds& thresholds);

/// `info` is the answer of $JS.API.INFO.
[[nodiscard]] Check check_jetstream(const Json& info, const std::string& account, const Thresholds& thresholds);
/// JetStream did not answer.
[[nodiscard]] Check check_jetstream(const Error& error, const std::string& account);

/// `info` as STREAM.INFO and STREAM.LIST give it. `now` in Unix nanoseconds, as the server sees it.
[[nodiscard]] Check check_stream(const Json& info, const Thresholds& thresholds);
/// A KV bucket: its stream, and what would break it as a bucket.
[[nodiscard]] Check check_kv(const Json& info, const Thresholds& thresholds);

/// What a consumer's check must know of its stream.
struct StreamFacts {
  std::string name;
  std::vector<std::string> subjects;
  bool fed = false;  ///< a mirror, sources or a transform: stored subjects need not be those of the configuration
};
[[nodiscard]] StreamFacts facts_of(const Json& stream_info);

/// Whether it matters how old the oldest message is that waits (nobody pulls, perhaps).
[[nodiscard]] bool may_be_abandoned(const Json& info, const Thresholds& thresholds);
/// `oldest`: when the oldest waiting message was stored, in Unix nanoseconds, if that was found out.
[[nodiscard]] Check check_consumer(const Json& info, const StreamFacts& stream, const Thresholds& thresholds,
                                   std::optional<std::int64_t> oldest = {});

void begin_connection(Run& run);
void begin_server_early(Run& run);
void begin_server(Run& run);
void begin_jetstream(Run& run);
void begin_stream(Run& run);
void begin_consumer(Run& run);
void begin_kv(Run& run);

// ---- helpers of several checks ---------------------------------------------------------------------------------------------

/// An asset's name in a command of a hint: quoted where a shell would read it as more than a word.
[[nodiscard]] std::string shell_word(const std::string& name);
/// "1 message", "1 200 messages".
[[nodiscard]] std::string counted(std::int64_t count, std::string_view noun);
/// "0.11 ms", "1.2 s".
[[nodiscard]] std::string human_seconds(double seconds);
/// A number of a document; 0 where it is missing or of another type. Never throws.
[[nodiscard]] std::int64_t number_in(const Json& object, const char* key);
[[nodiscard]] std::string text_in(const Json& object, const char* key);
[[nodiscard]] const Json& object_in(const Json& object, const char* key);
/// A time member as Unix nanoseconds; nothing when absent, or the zero time that stands for "never".
[[nodiscard]] std::optional<std::int64_t> time_in(const Json& object, const char* key);

/// Whether a filter could match a subject that another one matches.
[[nodiscard]] bool filters_overlap(std::string_view a, std::string_view b);

/// A value against a threshold: adds perf, and a finding when it is reached. `text` is what the finding says.
void judge(Check& check, const Thresholds& thresholds, Threshold id, double value, const Perf& perf, const std::string& code,
           const std::string& text, const std::string& hint);
/// The parts of a stream's check that a bucket has too: replicas, leader, lost messages, sources.
void judge_replicas(Check& check, const Json& info, const Thresholds& thresholds);
void judge_sources(Check& check, const Json& info, const Thresholds& thresholds);

}  // namespace noetl::nats::health
