// Bytes as text: base64, UTF-8, digests' alphabet.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "noetl/nats/result.hpp"

namespace noetl::nats {

/// RFC 4648 section 4, with padding.
[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// RFC 4648 section 5 (URL and file name safe), with padding.
[[nodiscard]] std::string base64url_encode(std::string_view bytes);
/// Strict: standard alphabet, padding, nothing else. Error: invalid_argument.
[[nodiscard]] Result<std::string> base64_decode(std::string_view text);
/// Accepts the URL alphabet, with or without padding. Error: invalid_argument.
[[nodiscard]] Result<std::string> base64url_decode(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view bytes);

/// `count` random characters of [A-Za-z0-9] from the system's random source: names of inboxes, objects, run directories.
[[nodiscard]] std::string random_name(std::size_t count = 22);
/// `bytes` random bytes as lower-case hexadecimal digits.
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace noetl::nats
