// Objects from and to files and memory: what object_put and object_get share with the Python client.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "jetstream/objects.hpp"
#include "sys/stream_files.hpp"

namespace noetl::nats {

/// The bytes of an object to write: from memory (which must live as long as this), from a file, or from anywhere.
class ObjectInput {
 public:
  explicit ObjectInput(std::string_view bytes) : bytes_(bytes) {}
  explicit ObjectInput(js::ObjectSource source) : source_(std::move(source)) {}
  /// Errors: as FileReader::open.
  [[nodiscard]] static Result<ObjectInput> open(const std::string& path);

  /// As js::ObjectSource.
  [[nodiscard]] Result<std::size_t> read(char* buffer, std::size_t size);
  /// Reads all, and goes back to the beginning. Error: invalid_argument (a source can be read only once).
  [[nodiscard]] Result<std::string> digest();
  /// Nothing for a source, and for a file that is not a plain one.
  [[nodiscard]] std::optional<std::uint64_t> size() const;

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::optional<sys::FileReader> file_;
  js::ObjectSource source_;
};

/// Bytes so far, and of how many (0: not known).
using ObjectProgress = std::function<void(std::uint64_t done, std::uint64_t size)>;

struct ObjectWritten {
  js::ObjectInfo info;
  bool changed = true;  ///< false: these bytes were there already
  std::vector<std::string> warnings;
};

/// Writes an object; with `skip_if_same` not when it has these bytes already.
[[nodiscard]] Result<ObjectWritten> write_object(js::Objects& objects, const js::ObjectMeta& meta, ObjectInput& input, bool skip_if_same,
                                                 const ObjectProgress& progress, const Wait& wait);

struct ObjectFileOptions {
  bool verify = true;
  bool resume = false;  ///< keep what was read when it is interrupted, and go on with what an earlier try has kept
};

/// Reads an object into a file, which is replaced when all is there.
[[nodiscard]] Result<js::ObjectInfo> object_to_file(js::Objects& objects, const std::string& name, const std::string& path,
                                                    const ObjectFileOptions& options, const ObjectProgress& progress, const Wait& wait);

}  // namespace noetl::nats
