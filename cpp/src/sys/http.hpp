// Reading from HTTP endpoints (the server's monitoring), bounded in time and size.
#pragma once

#include <string>

#include "base/wait.hpp"
#include "noetl/nats/result.hpp"

namespace noetl::nats::sys {

struct HttpResponse {
  int status = 0;
  std::string body;
};

/// GET of http://host:port/path or https://...: any answer with a status is a success. Errors: invalid_argument (URL),
/// unavailable (nobody listens, connection lost), deadline_exceeded, failed_precondition (TLS), resource_exhausted
/// (over 64 MiB), cancelled.
[[nodiscard]] Result<HttpResponse> http_get(const std::string& url, const Wait& wait);

struct JsonResponse {
  int status = 0;
  Json body;
};
/// As http_get; a body that is not JSON is an error: unavailable for a failure status, else internal.
[[nodiscard]] Result<JsonResponse> http_get_json(const std::string& url, const Wait& wait);

}  // namespace noetl::nats::sys
