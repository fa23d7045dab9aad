#include "sys/random.hpp"

#include <openssl/rand.h>
#include <sys/random.h>

#include <cerrno>

namespace noetl::nats::sys {
namespace {

int kernel_bytes(unsigned char* out, int count) {
  while (count > 0) {
    const ssize_t got = getrandom(out, static_cast<std::size_t>(count), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return 0;
    out += got;
    count -= static_cast<int>(got);
  }
  return 1;
}

int always_ready() { return 1; }

}  // namespace

// OpenSSL 3 deprecates the whole of RAND_METHOD in favour of providers, which are just what takes the time.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
void use_kernel_random() {
  static const RAND_METHOD method{nullptr, kernel_bytes, nullptr, nullptr, kernel_bytes, always_ready};
  RAND_set_rand_method(&method);
}
#pragma GCC diagnostic pop

}  // namespace noetl::nats::sys
