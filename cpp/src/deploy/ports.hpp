// Choosing the ports of a local server.
#pragma once

#include <optional>

#include "deploy/instance.hpp"
#include "deploy/local.hpp"

namespace noetl::nats::deploy {

/// Puts the ports into `server`: those that are wanted, checked to be free unless `ours` says that our running server holds
/// them, or for `auto` those of the instance's record while they can be used, else free ones.
[[nodiscard]] Result<void> choose_ports(ServerSpec& server, const LocalSpec& spec, const std::optional<Record>& record, bool running,
                                        const Environment& environment);

/// The error for a port of the record's configuration that somebody else has, or nothing.
[[nodiscard]] std::optional<Error> find_busy_port(const Record& record, const Environment& environment);

/// failed_precondition that names the port, who listens there as far as it can be seen, and what to do.
[[nodiscard]] Error busy_port(const char* parameter, const std::string& host, int port, const Environment& environment);

}  // namespace noetl::nats::deploy
