// NKeys: the Ed25519 keys of NATS in their text form, and creds files.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "noetl/nats/result.hpp"

namespace noetl::nats::wire {

/// The public key ("U...") of a seed ("SU..."). Error: invalid_argument; the message never shows the seed.
[[nodiscard]] Result<std::string> public_key_of(const Secret& seed);

struct Creds {
  Secret jwt;
  Secret seed;
};
/// The two blocks of a creds file ("-----BEGIN NATS USER JWT-----" ...). Error: invalid_argument.
[[nodiscard]] Result<Creds> parse_creds(const Secret& text);

}  // namespace noetl::nats::wire
