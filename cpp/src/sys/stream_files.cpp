#include "sys/stream_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.hpp"
#include "sys/errors.hpp"

namespace noetl::nats::sys {
namespace {

constexpr std::size_t kSyncEvery = 4 * 1024 * 1024;

tl::unexpected<Error> cannot(const char* what, const std::filesystem::path& path) {
  return fail_errno(errno, fmt::format("cannot {} {}", what, path.string()));
}

}  // namespace

Result<FileReader> FileReader::open(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return cannot("read", path);
  struct stat known {};
  if (fstat(file.get(), &known) == 0 && S_ISDIR(known.st_mode))
    return fail(Code::invalid_argument, fmt::format("cannot read {}: it is a directory", path.string()));
  return FileReader(std::move(file), path);
}

Result<std::size_t> FileReader::read(char* buffer, std::size_t size) {
  std::size_t filled = 0;
  while (filled < size) {
    const auto got = ::read(file_.get(), buffer + filled, size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("read", path_);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

std::optional<std::uint64_t> FileReader::size() const {
  struct stat known {};
  if (fstat(file_.get(), &known) != 0 || !S_ISREG(known.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(known.st_size);
}

Result<std::size_t> FileReader::read_some(char* buffer, std::size_t size, const Wait& wait) {
  while (true) {
    if (wait.cancelled()) return cancelled();
    pollfd ready{file_.get(), POLLIN, 0};
    const auto count = poll(&ready, 1, static_cast<int>(kWaitSlice.count()));
    if (count < 0 && errno != EINTR) return cannot("read", path_);
    if (count <= 0) continue;
    const auto got = ::read(file_.get(), buffer, size);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return cannot("read", path_);
  }
}

bool FileReader::would_wait() const {
  pollfd ready{file_.get(), POLLIN, 0};
  return poll(&ready, 1, 0) == 0;
}

bool LineReader::would_wait() const { return !at_end_ && buffer_.find('\n', begin_) == std::string::npos && file_.would_wait(); }

Result<std::optional<std::string_view>> LineReader::next(const Wait& wait) {
  constexpr std::size_t kPiece = 64 * 1024, kLongest = 64 * 1024 * 1024;
  std::size_t searched = begin_;
  while (true) {
    const auto end = buffer_.find('\n', searched);
    const bool last = end == std::string::npos;
    if (!last || (at_end_ && begin_ < buffer_.size())) {
      const auto line = std::string_view(buffer_).substr(begin_, (last ? buffer_.size() : end) - begin_);
      begin_ = last ? buffer_.size() : end + 1;
      ++number_;
      return line;
    }
    if (at_end_) return std::nullopt;
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched = buffer_.size();
    if (searched > kLongest)
      return fail(Code::resource_exhausted, fmt::format("line {} of {} is longer than 64 MiB", number_ + 1, file_.path().string()));
    buffer_.resize(searched + kPiece);
    auto got = file_.read_some(buffer_.data() + searched, kPiece, wait);
    buffer_.resize(searched + got.value_or(0));
    if (!got) return fail(std::move(got).error());
    at_end_ = *got == 0;
  }
}

Result<void> FileReader::rewind() {
  if (lseek(file_.get(), 0, SEEK_SET) < 0) return cannot("read twice from", path_);
  return {};
}

Result<FileWriter> FileWriter::create(const std::filesystem::path& path) {
  const auto beside = path.parent_path() / fmt::format(".{}.{}", path.filename().string(), random_name(8));
  Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file) return cannot("write", path);
  return FileWriter(std::move(file), path, beside, false);
}

Result<FileWriter> FileWriter::resume(const std::filesystem::path& path, std::string_view tag) {
  const auto beside = path.parent_path() / fmt::format(".{}.{}.part", path.filename().string(), tag);
  Descriptor file(::open(beside.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file) return cannot("write", path);
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Code::failed_precondition, fmt::format("somebody else is writing {}", path.string()), "wait until that has ended");
  return FileWriter(std::move(file), path, beside, true);
}

Result<std::uint64_t> FileWriter::keep(std::uint64_t unit, const std::function<void(std::string_view)>& each) {
  const auto end = lseek(file_.get(), 0, SEEK_END);
  if (end < 0) return cannot("read", beside_);
  const auto whole = static_cast<std::uint64_t>(end) / unit * unit;
  if (ftruncate(file_.get(), static_cast<off_t>(whole)) != 0 || lseek(file_.get(), 0, SEEK_SET) < 0) return cannot("write", beside_);
  std::string buffer(256 * 1024, '\0');
  for (std::uint64_t at = 0; at < whole;) {
    const auto got = ::read(file_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return cannot("read", beside_);
    each(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    at += static_cast<std::uint64_t>(got);
  }
  return whole;
}

FileWriter::~FileWriter() {
  if (file_ && !stays_) unlink(beside_.c_str());
}

Result<void> FileWriter::write(std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(file_.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return cannot("write", path_);
    content.remove_prefix(static_cast<std::size_t>(written));
    unsynced_ += static_cast<std::size_t>(written);
  }
#ifdef __linux__
  if (unsynced_ >= kSyncEvery) {  // the disk begins now, so that the sync at the end has little to wait for
    (void)sync_file_range(file_.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    unsynced_ = 0;
  }
#endif
  return {};
}

Result<void> FileWriter::restart() {
  if (ftruncate(file_.get(), 0) != 0 || lseek(file_.get(), 0, SEEK_SET) < 0) return cannot("write", path_);
  return {};
}

Result<void> FileWriter::commit() {
  if (fsync(file_.get()) != 0 || rename(beside_.c_str(), path_.c_str()) != 0) return cannot("write", path_);
  file_.close();
  return {};
}

}  // namespace noetl::nats::sys
