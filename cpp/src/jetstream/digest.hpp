// The digest of objects: SHA-256 over all bytes, piece by piece.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace noetl::nats::js {

class Sha256 {
 public:
  Sha256();
  void update(std::string_view bytes);
  /// "SHA-256=<base64url with padding>": what objects carry. Ends the digest.
  [[nodiscard]] std::string finish();

 private:
  std::unique_ptr<void, void (*)(void*)> context_;
};

[[nodiscard]] std::string sha256_digest(std::string_view bytes);

}  // namespace noetl::nats::js
