#include "jetstream/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>

#include "base/bytes.hpp"

namespace noetl::nats::js {
namespace {

EVP_MD_CTX* raw(const std::unique_ptr<void, void (*)(void*)>& context) { return static_cast<EVP_MD_CTX*>(context.get()); }

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new(), [](void* context) { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context)); }) {
  if (!context_ || EVP_DigestInit_ex(raw(context_), EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
}

void Sha256::update(std::string_view bytes) { EVP_DigestUpdate(raw(context_), bytes.data(), bytes.size()); }

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  EVP_DigestFinal_ex(raw(context_), hash.data(), &length);
  return "SHA-256=" + base64url_encode({reinterpret_cast<const char*>(hash.data()), length});
}

std::string sha256_digest(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.finish();
}

}  // namespace noetl::nats::js
