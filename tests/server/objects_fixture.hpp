// Buckets of objects on a real server.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "jetstream/digest.hpp"
#include "jetstream/objects.hpp"
#include "support/jetstream.hpp"

namespace noetl::nats::js {

class ObjectsServerTest : public testing::JetStreamTest {
 protected:
  explicit ObjectsServerTest(const std::string& config = "jetstream {max_mem: 256MB, max_file: 2GB}") : JetStreamTest(config) {}

  Objects bucket(const std::string& name = "B", Json more = Json::object()) {
    Json config{{"name", "OBJ_" + name}, {"subjects", {"$O." + name + ".C.>", "$O." + name + ".M.>"}},
                {"discard", "new"},      {"allow_rollup_hdrs", true},
                {"allow_direct", true},  {"storage", "memory"}};
    config.update(more);
    call("STREAM.CREATE.OBJ_" + name, config);
    return Objects(*api, name);
  }

  static Result<ObjectPut> put(Objects& objects, ObjectMeta meta, std::string_view bytes) {
    return objects.put(
        meta,
        [&](char* buffer, std::size_t size) -> Result<std::size_t> {
          const auto piece = bytes.substr(0, size);
          std::copy(piece.begin(), piece.end(), buffer);
          bytes.remove_prefix(piece.size());
          return piece.size();
        },
        soon());
  }
  static Result<std::string> read(Objects& objects, const std::string& name, bool verify = true) {
    std::string bytes;
    const ObjectSink sink{[&](const ObjectInfo&, Sha256&) -> Result<std::uint64_t> {
                            bytes.clear();
                            return 0;
                          },
                          [&](std::string_view piece) -> Result<void> {
                            bytes += piece;
                            return {};
                          }};
    NN_CHECK(objects.get(name, sink, verify, soon()));
    return bytes;
  }
  static Result<std::vector<std::string>> names(Objects& objects, bool deleted = false) {
    std::vector<std::string> warnings, out;
    NN_TRY(const auto all, objects.list(deleted, warnings, soon()));
    for (const auto& each : all) out.push_back(each.name);
    return out;
  }
  static std::string noise(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t state = 12345;
    for (auto& byte : bytes) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return bytes;
  }
  /// The record of an object as another client writes it.
  void record(const std::string& bucket_name, const std::string& name, const Json& content) {
    publish("$O." + bucket_name + ".M." + base64url_encode(name), content.dump(), {{"Nats-Rollup", "sub"}});
  }
};

}  // namespace noetl::nats::js
