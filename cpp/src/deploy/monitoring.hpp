// Where the monitoring of a server is, when nobody has said.
#pragma once

#include <string>

#include "base/environment.hpp"
#include "noetl/nats/result.hpp"

namespace noetl::nats::deploy {

/// `given`, or the monitoring URL in the record of the instance, if the connection goes to that instance: `server` is where
/// it goes (host:port, without login; empty: does not matter). Empty: not known.
[[nodiscard]] Result<std::string> monitor_url_of(const std::string& given, const std::string& instance, const Environment& environment,
                                                 const std::string& server);

}  // namespace noetl::nats::deploy
