// Files that are too large to hold: read and written piece by piece.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "noetl/nats/result.hpp"
#include "sys/descriptor.hpp"

namespace noetl::nats::sys {

class FileReader {
 public:
  /// Errors: not_found, permission_denied, invalid_argument (a directory).
  [[nodiscard]] static Result<FileReader> open(const std::filesystem::path& path);
  /// Fills `buffer` as far as the file goes; less than `size` only at its end.
  [[nodiscard]] Result<std::size_t> read(char* buffer, std::size_t size);
  /// Back to the beginning.
  [[nodiscard]] Result<void> rewind();

 private:
  FileReader(Descriptor file, std::filesystem::path path) : file_(std::move(file)), path_(std::move(path)) {}
  Descriptor file_;
  std::filesystem::path path_;
};

/// Writes beside the file and renames when all is there: the file is old or new, never half. Not committed: nothing stays.
class FileWriter {
 public:
  [[nodiscard]] static Result<FileWriter> create(const std::filesystem::path& path);
  FileWriter(FileWriter&&) = default;
  FileWriter& operator=(FileWriter&&) = delete;
  ~FileWriter();

  [[nodiscard]] Result<void> write(std::string_view content);
  /// Throws away what was written so far.
  [[nodiscard]] Result<void> restart();
  /// Syncs and renames.
  [[nodiscard]] Result<void> commit();

 private:
  FileWriter(Descriptor file, std::filesystem::path path, std::filesystem::path beside)
      : file_(std::move(file)), path_(std::move(path)), beside_(std::move(beside)) {}
  Descriptor file_;
  std::filesystem::path path_, beside_;
};

}  // namespace noetl::nats::sys
