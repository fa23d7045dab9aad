// TCP ports of this machine.
#pragma once

#include <string>

#include "noetl/nats/result.hpp"

namespace noetl::nats::sys {

/// Whether a server could listen there. Errors: invalid_argument (not an address of this machine), permission_denied
/// (a port below 1024).
[[nodiscard]] Result<bool> port_is_free(const std::string& host, int port);
/// A port that nobody uses now. Somebody may take it before you do: be ready to ask again.
[[nodiscard]] Result<int> free_port(const std::string& host);

}  // namespace noetl::nats::sys
