// The pages of a server's HTTP monitoring.
#pragma once

#include <optional>
#include <string>

#include "base/wait.hpp"
#include "noetl/nats/result.hpp"

namespace noetl::nats::health {

/// What is wrong with the name of a page ("varz", "connz?subs=1"), or nothing.
[[nodiscard]] std::optional<std::string> check_page(const std::string& page);
/// One page as the server has it; healthz also when it says that the server is not healthy. Errors: not_found (the server has
/// nothing to show there), as sys::http_get_json.
[[nodiscard]] Result<Json> read_page(const std::string& monitor_url, const std::string& page, const Wait& wait);
/// Every number of the pages as a gauge in Prometheus' text format: gnatsd_<page>_<member>{server_id="..."}.
[[nodiscard]] std::string metrics_of(const Json& pages);

}  // namespace noetl::nats::health
