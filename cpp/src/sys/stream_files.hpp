// Files that are too large to hold: read and written piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/wait.hpp"
#include "noetl/nats/result.hpp"
#include "sys/descriptor.hpp"

namespace noetl::nats::sys {

class FileReader {
 public:
  /// Errors: not_found, permission_denied, invalid_argument (a directory).
  [[nodiscard]] static Result<FileReader> open(const std::filesystem::path& path);
  /// Fills `buffer` as far as the file goes; less than `size` only at its end.
  [[nodiscard]] Result<std::size_t> read(char* buffer, std::size_t size);
  /// Nothing for what is not a plain file.
  [[nodiscard]] std::optional<std::uint64_t> size() const;
  /// What is there, at most `size`; waits only while nothing is (a pipe); 0 at the end. Errors: cancelled. `wait`'s deadline
  /// does not count: whoever fills the pipe may take his time.
  [[nodiscard]] Result<std::size_t> read_some(char* buffer, std::size_t size, const Wait& wait);
  /// `read_some` would wait.
  [[nodiscard]] bool would_wait() const;
  /// Back to the beginning.
  [[nodiscard]] Result<void> rewind();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  FileReader(Descriptor file, std::filesystem::path path) : file_(std::move(file)), path_(std::move(path)) {}
  Descriptor file_;
  std::filesystem::path path_;
};

/// Lines of a text file or a pipe, without the line feed that ends them. Holds one line, and what was read ahead (64 KiB).
class LineReader {
 public:
  explicit LineReader(FileReader file) : file_(std::move(file)) {}
  /// The next line, good until the next call; nothing at the end. Errors: resource_exhausted (a line of more than 64 MiB),
  /// cancelled.
  [[nodiscard]] Result<std::optional<std::string_view>> next(const Wait& wait);
  /// No line is there now: `next` would wait for whoever fills the pipe.
  [[nodiscard]] bool would_wait() const;
  /// Number of the line that `next` gave, from 1.
  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  FileReader file_;
  std::string buffer_;
  std::size_t begin_ = 0;  ///< of the line that comes next
  bool at_end_ = false;
  std::uint64_t number_ = 0;
};

/// Writes beside the file and renames when all is there: the file is old or new, never half. Not committed: nothing stays.
class FileWriter {
 public:
  [[nodiscard]] static Result<FileWriter> create(const std::filesystem::path& path);
  /// As create, but what is written stays beside the file under a name with `tag` when it is not committed, and is found by
  /// the next writer with the same tag. Error: failed_precondition (somebody else writes it now).
  [[nodiscard]] static Result<FileWriter> resume(const std::filesystem::path& path, std::string_view tag);
  FileWriter(FileWriter&&) = default;
  FileWriter& operator=(FileWriter&&) = delete;
  ~FileWriter();

  [[nodiscard]] Result<void> write(std::string_view content);
  /// Gives `each` what an earlier writer left, as far as it is whole pieces of `unit` bytes, and drops the rest: how many
  /// bytes are there. Writing goes on behind them.
  [[nodiscard]] Result<std::uint64_t> keep(std::uint64_t unit, const std::function<void(std::string_view)>& each);
  /// Throws away what was written so far.
  [[nodiscard]] Result<void> restart();
  /// Syncs and renames.
  [[nodiscard]] Result<void> commit();

 private:
  FileWriter(Descriptor file, std::filesystem::path path, std::filesystem::path beside, bool stays)
      : file_(std::move(file)), path_(std::move(path)), beside_(std::move(beside)), stays_(stays) {}
  Descriptor file_;
  std::filesystem::path path_, beside_;
  std::size_t unsynced_ = 0;  ///< written since the disk was last told to begin
  bool stays_;                ///< when it is not committed
};

}  // namespace noetl::nats::sys
