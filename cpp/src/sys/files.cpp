#include "sys/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <limits>

#include "base/bytes.hpp"
#include "sys/errors.hpp"

namespace noetl::nats::sys {
namespace {

namespace fs = std::filesystem;

Result<std::string> read_from(int fd, const fs::path& path, std::size_t limit = std::numeric_limits<std::size_t>::max()) {
  std::string content;
  std::array<char, 65536> block{};
  for (;;) {
    const auto got = read(fd, block.data(), std::min(block.size(), limit - content.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, fmt::format("cannot read {}", path.string()));
    if (got == 0) return content;
    content.append(block.data(), static_cast<std::size_t>(got));
  }
}

Result<void> write_to(int fd, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const auto written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, fmt::format("cannot write {}", path.string()));
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Result<std::string> read_file(const fs::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(errno, fmt::format("cannot read {}", path.string()));
  return read_from(file.get(), path);
}

Result<Tail> read_tail(const fs::path& path, std::int64_t limit) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(errno, fmt::format("cannot read {}", path.string()));
  Tail tail;
  tail.size = lseek(file.get(), 0, SEEK_END);
  const std::int64_t start = std::max<std::int64_t>(0, tail.size - limit);
  if (lseek(file.get(), start, SEEK_SET) < 0) return fail_errno(errno, fmt::format("cannot read {}", path.string()));
  NN_TRY(tail.text, read_from(file.get(), path));
  tail.whole = start == 0;
  if (!tail.whole) tail.text.erase(0, std::min(tail.text.find('\n'), tail.text.size() - 1) + 1);
  return tail;
}

Result<std::string> read_after(const fs::path& path, std::int64_t offset, std::size_t limit) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(errno, fmt::format("cannot read {}", path.string()));
  const auto start = lseek(file.get(), 0, SEEK_END) < offset ? 0 : offset;
  if (lseek(file.get(), start, SEEK_SET) < 0) return fail_errno(errno, fmt::format("cannot read {}", path.string()));
  return read_from(file.get(), path, limit);
}

Result<void> write_file(const fs::path& path, std::string_view content, unsigned mode, Durable durable) {
  const fs::path beside = path.parent_path() / fmt::format(".{}.{}", path.filename().string(), random_name(8));
  Descriptor file(open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file) return fail_errno(errno, fmt::format("cannot write {}", path.string()));
  auto written = write_to(file.get(), content, path);
  if (written && durable == Durable::yes && fsync(file.get()) != 0)
    written = fail_errno(errno, fmt::format("cannot write {}", path.string()));
  file.close();
  if (written && rename(beside.c_str(), path.c_str()) != 0) written = fail_errno(errno, fmt::format("cannot write {}", path.string()));
  if (!written) unlink(beside.c_str());
  return written;
}

Result<void> make_directories(const fs::path& path, unsigned mode) {
  struct stat known {};
  if (stat(path.c_str(), &known) == 0) {
    if (S_ISDIR(known.st_mode)) return {};
    return fail_errno(ENOTDIR, fmt::format("cannot use {}", path.string()));
  }
  if (path.has_parent_path() && path.parent_path() != path) NN_CHECK(make_directories(path.parent_path(), mode));
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
    return fail_errno(errno, fmt::format("cannot create the directory {}", path.string()));
  return {};
}

Result<bool> remove_tree(const fs::path& path) {
  std::error_code error;
  const auto removed = fs::remove_all(path, error);
  if (error) return fail_errno(error.value(), fmt::format("cannot remove {}", path.string()));
  return removed > 0;
}

Result<Space> space_of(const fs::path& path) {
  std::error_code error;
  const auto space = fs::space(path, error);
  if (error) return fail_errno(error.value(), fmt::format("cannot look at the file system of {}", path.string()));
  return Space{static_cast<std::int64_t>(space.available), static_cast<std::int64_t>(space.capacity)};
}

std::int64_t size_of_tree(const fs::path& path) {
  std::int64_t bytes = 0;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied, error);
       at != fs::recursive_directory_iterator(); at.increment(error)) {
    if (error) break;
    std::error_code gone;
    if (at->is_regular_file(gone)) {
      const auto size = at->file_size(gone);
      if (!gone) bytes += static_cast<std::int64_t>(size);
    }
  }
  return bytes;
}

Result<FileLock> FileLock::take(const fs::path& path, const Wait& wait, const std::function<void(int)>& busy) {
  Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return fail_errno(errno, fmt::format("cannot lock {}", path.string()));
  int problem = 0;
  bool told = false;
  NN_TRY(const bool ended, wait_until(wait, [&] {
           problem = flock(file.get(), LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
           if (problem == EWOULDBLOCK && !std::exchange(told, true) && busy) {
             const auto holder = read_file(path);
             busy(holder ? std::atoi(holder->c_str()) : 0);
           }
           return problem != EWOULDBLOCK && problem != EINTR;
         }));
  if (!ended)
    return fail(Code::deadline_exceeded, fmt::format("{} is still locked by another process", path.string()),
                "wait for it, or allow more time");
  if (problem != 0) return fail_errno(problem, fmt::format("cannot lock {}", path.string()));
  const std::string holder = fmt::format("{}\n", getpid());  // for the message of the next one; losing it does no harm
  if (ftruncate(file.get(), 0) == 0 && pwrite(file.get(), holder.data(), holder.size(), 0) < 0) errno = 0;
  return FileLock(std::move(file));
}

}  // namespace noetl::nats::sys
