#include "sys/http.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <future>

#include "base/names.hpp"

namespace noetl::nats::sys {
namespace {

constexpr std::size_t kMostBody = 64U << 20U;

struct Url {
  std::string origin;  ///< scheme://host:port
  std::string target;  ///< path and query
};

Result<Url> split(const std::string& url) {
  const auto scheme_end = url.find("://");
  const auto scheme = url.substr(0, scheme_end == std::string::npos ? 0 : scheme_end);
  if (scheme != "http" && scheme != "https")
    return fail(Code::invalid_argument, fmt::format("{} is not an http:// or https:// URL", in_quotes(url)));
  const auto path = url.find_first_of("/?", scheme_end + 3);
  Url parts{url.substr(0, path), path == std::string::npos ? "/" : url.substr(path)};
  if (parts.target.front() == '?') parts.target.insert(0, "/");
  if (parts.origin.size() == scheme.size() + 3 || parts.origin.find('@') != std::string::npos)
    return fail(Code::invalid_argument, "the URL has no host, or a user in it");
  return parts;
}

tl::unexpected<Error> failure(httplib::Error error, const std::string& origin, const Wait& wait) {
  if (wait.cancelled()) return cancelled();
  if (wait.expired() || error == httplib::Error::ConnectionTimeout)
    return fail(Code::deadline_exceeded, fmt::format("no answer from {} in time", origin));
  switch (error) {
    case httplib::Error::Connection:
      return fail(Code::unavailable, fmt::format("nothing listens on {}", origin));
    case httplib::Error::SSLConnection:
    case httplib::Error::SSLLoadingCerts:
    case httplib::Error::SSLServerVerification:
      return fail(Code::failed_precondition, fmt::format("TLS with {} failed: {}", origin, httplib::to_string(error)));
    default:
      return fail(Code::unavailable, fmt::format("the connection to {} was lost: {}", origin, httplib::to_string(error)));
  }
}

/// httplib blocks until something comes, so it runs on a thread of its own. Ours looks at the deadline and at the caller's
/// wish to stop, which only the caller's thread can see (a signal in Python).
httplib::Result get_within(const Wait& wait, httplib::Client& client, const std::string& target, const httplib::ContentReceiver& receiver) {
  auto answer = std::async(std::launch::async, [&] { return client.Get(target, receiver); });
  while (answer.wait_for(wait.slice()) != std::future_status::ready) {
    if (!wait.cancelled() && !wait.expired()) continue;
    client.stop();  // again each time round: a stop before the socket is open ends nothing
    answer.wait_for(std::chrono::milliseconds(5));
  }
  return answer.get();
}

}  // namespace

Result<HttpResponse> http_get(const std::string& url, const Wait& wait) {
  NN_TRY(const Url parts, split(url));
  if (wait.cancelled()) return cancelled();
  if (wait.expired()) return fail(Code::deadline_exceeded, fmt::format("no time left to ask {}", parts.origin));
  httplib::Client client(parts.origin);
  if (!client.is_valid()) return fail(Code::invalid_argument, fmt::format("{} is not a URL that can be asked", in_quotes(parts.origin)));
  const auto remaining = std::chrono::duration_cast<std::chrono::microseconds>(wait.remaining());
  client.set_connection_timeout(remaining);
  client.set_read_timeout(remaining);  // for one read; get_within bounds the whole
  client.set_write_timeout(remaining);
  HttpResponse response;
  bool too_big = false;
  const auto result = get_within(wait, client, parts.target, [&](const char* data, std::size_t size) {
    too_big = response.body.size() + size > kMostBody;
    if (!too_big) response.body.append(data, size);
    return !too_big;
  });
  if (too_big)
    return fail(Code::resource_exhausted, fmt::format("the answer of {} is larger than 64 MiB", parts.origin),
                "ask for less: limit, offset, one account");
  if (!result) return failure(result.error(), parts.origin, wait);
  response.status = result->status;
  return response;
}

Result<JsonResponse> http_get_json(const std::string& url, const Wait& wait) {
  NN_TRY(const HttpResponse response, http_get(url, wait));
  Json body = Json::parse(response.body, nullptr, false);
  if (!body.is_discarded()) return JsonResponse{response.status, std::move(body)};
  const Code code = response.status >= 400 ? Code::unavailable : Code::internal;
  return fail(code, fmt::format("{} answered with status {} and no JSON", url.substr(0, url.find('?')), response.status));
}

}  // namespace noetl::nats::sys
