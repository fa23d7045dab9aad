// The chunks of an object, several ranges of them on their way at once.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "jetstream/messages.hpp"
#include "jetstream/pace.hpp"

namespace noetl::nats::js {

/// Reads the messages on one subject in order by batched direct gets (server 2.11). Where the next range begins is guessed:
/// the chunks of one object mostly stand side by side in the stream. When others stand between them, the guess lies before
/// the place where the range has to begin and never behind it; what comes twice is dropped. Memory: kRanges * kBytesInRange.
/// One thread at a time.
class ChunkReader {
 public:
  /// The chunks have at most `chunk_size` bytes; reading begins behind sequence `after`.
  ChunkReader(Api& api, const std::string& stream, std::string subject, std::uint64_t chunk_size, std::uint64_t after = 0);

  /// The next chunk, or nothing at the end. Lost answers are asked for again while `pace` allows it. Errors: unimplemented
  /// (a server before 2.11, or direct gets are off), permission_denied, unavailable, deadline_exceeded, cancelled.
  [[nodiscard]] Result<std::optional<wire::Message>> next(const Pace& pace);
  [[nodiscard]] std::uint64_t last_sequence() const { return last_; }
  /// How many chunks stand behind the last one that was given out.
  [[nodiscard]] std::uint64_t behind() const { return behind_; }

 private:
  struct Range {
    std::uint64_t number = 0, from = 0, asked = 0;
    std::uint64_t left = 0;  ///< chunks asked for and not yet here
    std::deque<wire::Message> messages = {};
    bool ended = false;
    std::uint64_t cut_at = 0;  ///< the answer was cut behind this sequence
  };
  [[nodiscard]] Result<void> ask(std::uint64_t from, std::uint64_t count, bool in_front);
  [[nodiscard]] Result<void> ask_more();
  [[nodiscard]] Result<void> receive(const Pace& pace);
  [[nodiscard]] Result<void> place(wire::Message message);
  void begin_again();

  Api* api_;
  std::string request_, subject_;
  std::uint64_t in_range_;
  std::optional<wire::Inbox> inbox_;
  std::deque<Range> ranges_;
  std::uint64_t next_number_ = 0;
  std::uint64_t last_;        ///< sequence of the last chunk given out
  std::uint64_t behind_ = 1;  ///< chunks behind that one
  std::uint64_t guess_ = 0;   ///< where the next range begins; 0: nothing is known yet
  std::uint64_t to_ask_ = 0;  ///< chunks that no range was asked for
  bool known_ = false;        ///< the server answers such requests
};

}  // namespace noetl::nats::js
