// Files: whole reads, atomic writes, locks, space.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/wait.hpp"
#include "noetl/nats/result.hpp"
#include "sys/descriptor.hpp"

namespace noetl::nats::sys {

/// Errors: not_found, permission_denied, ... with the path.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path);

struct Tail {
  std::string text;
  bool whole = true;      ///< nothing in front of it
  std::int64_t size = 0;  ///< of the file when it was read
};
/// The last `limit` bytes, beginning with a whole line.
[[nodiscard]] Result<Tail> read_tail(const std::filesystem::path& path, std::int64_t limit);

/// What is in the file from `offset` on (from its beginning when it is shorter now), at most `limit` bytes.
[[nodiscard]] Result<std::string> read_after(const std::filesystem::path& path, std::int64_t offset, std::size_t limit);

/// The whole content or nothing, also when the disk is full or the process dies: written beside it, synced, renamed.
/// `Durable::no`: not synced, for files that do not outlive the process.
enum class Durable { yes, no };
[[nodiscard]] Result<void> write_file(const std::filesystem::path& path, std::string_view content, unsigned mode = 0600,
                                      Durable durable = Durable::yes);
/// With all parents that are missing.
[[nodiscard]] Result<void> make_directories(const std::filesystem::path& path, unsigned mode = 0700);
/// The file, or the directory with all that is in it (links are removed, not followed). True when something was there.
[[nodiscard]] Result<bool> remove_tree(const std::filesystem::path& path);

struct Space {
  std::int64_t free = 0;  ///< for this user
  std::int64_t total = 0;
};
[[nodiscard]] Result<Space> space_of(const std::filesystem::path& path);
/// Bytes of all files below; what vanishes meanwhile or may not be read counts 0.
[[nodiscard]] std::int64_t size_of_tree(const std::filesystem::path& path);

/// An exclusive lock between processes; the kernel lets it go when the holder dies.
class FileLock {
 public:
  /// `busy` is told once the pid of the holder (0: unknown) when somebody else has it. Errors: deadline_exceeded, cancelled,
  /// and those of opening the file. The file stays: removing it would let two holders in.
  [[nodiscard]] static Result<FileLock> take(const std::filesystem::path& path, const Wait& wait,
                                             const std::function<void(int pid)>& busy = {});

 private:
  explicit FileLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace noetl::nats::sys
