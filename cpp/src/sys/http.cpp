#include "sys/http.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/rfc2818_verification.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <optional>

#include "base/names.hpp"
#include "noetl/nats/version.hpp"

namespace noetl::nats::sys {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using ErrorCode = boost::system::error_code;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

constexpr std::size_t kMostBody = 64U << 20U;

struct Url {
  bool tls = false;
  std::string host = {};
  std::string port = {};
  std::string target = {};  ///< path and query
  std::string origin = {};  ///< scheme://host:port, for messages
};

Result<Url> split(const std::string& url) {
  const auto scheme_end = url.find("://");
  const auto scheme = url.substr(0, scheme_end == std::string::npos ? 0 : scheme_end);
  if (scheme != "http" && scheme != "https")
    return fail(Code::invalid_argument, fmt::format("{} is not an http:// or https:// URL", in_quotes(url)));
  const auto path = url.find_first_of("/?", scheme_end + 3);
  const std::string server = url.substr(scheme_end + 3, path == std::string::npos ? path : path - scheme_end - 3);
  if (server.empty() || server.find('@') != std::string::npos) return fail(Code::invalid_argument, "the URL has no host, or a user in it");
  Url parts{.tls = scheme == "https", .target = path == std::string::npos ? "/" : url.substr(path)};
  if (parts.target.front() == '?') parts.target.insert(0, "/");
  parts.origin = scheme + "://" + server;
  const bool bracketed = server.front() == '[';  // [::1]:8222
  const auto colon = bracketed ? server.find("]:") : server.find(':');
  const auto host_end = bracketed ? server.find(']') : colon;
  parts.host = server.substr(bracketed ? 1 : 0, host_end == std::string::npos ? host_end : host_end - (bracketed ? 1 : 0));
  parts.port = colon == std::string::npos ? (parts.tls ? "443" : "80") : server.substr(colon + (bracketed ? 2 : 1));
  if (parts.host.empty() || parts.port.empty() || parts.port.find_first_not_of("0123456789") != std::string::npos)
    return fail(Code::invalid_argument, fmt::format("{} is not a URL that can be asked", in_quotes(parts.origin)));
  return parts;
}

/// One request. Everything runs on the caller's thread, which looks at the deadline and at the wish to stop (that only it can
/// see: a signal in Python) at least every slice.
class Exchange {
 public:
  Exchange(const Url& url, const Wait& wait) : url_(url), wait_(wait) {}

  Result<HttpResponse> run() {
    if (!url_.tls) {
      beast::tcp_stream stream(io_);
      NN_CHECK(connect(stream));
      return ask(stream, stream);
    }
    asio::ssl::context context(asio::ssl::context::tls_client);
    ErrorCode error;
    context.set_default_verify_paths(error);
    context.set_verify_mode(asio::ssl::verify_peer);
    context.set_verify_callback(asio::ssl::rfc2818_verification(url_.host));
    TlsStream stream(io_, context);
    SSL_set_tlsext_host_name(stream.native_handle(), url_.host.c_str());
    auto& socket = beast::get_lowest_layer(stream);
    NN_CHECK(connect(socket));
    NN_TRY(error,
           settle([&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, std::move(done)); }, [&] { socket.close(); }));
    if (error) return fail(Code::failed_precondition, fmt::format("TLS with {} failed: {}", url_.origin, error.message()));
    return ask(stream, socket);
  }

 private:
  /// Runs one asynchronous step to its end. A step that is given up is stopped first: its handler must not outlive us.
  template <class Start, class Stop>
  Result<ErrorCode> settle(Start start, Stop stop) {
    std::optional<ErrorCode> settled;
    start([&settled](const ErrorCode& error, auto&&...) { settled = error; });
    while (!settled) {
      io_.restart();
      io_.run_for(wait_.slice());
      if (settled || !(wait_.cancelled() || wait_.expired())) continue;
      stop();
      io_.restart();
      io_.run();
      if (wait_.cancelled()) return cancelled();
      return fail(Code::deadline_exceeded, fmt::format("no answer from {} in time", url_.origin));
    }
    return *settled;
  }

  Result<void> connect(beast::tcp_stream& stream) {
    asio::ip::tcp::resolver resolver(io_);
    asio::ip::tcp::resolver::results_type addresses;
    NN_TRY(ErrorCode error, settle(
                                [&](auto done) {
                                  resolver.async_resolve(url_.host, url_.port, [&addresses, done](const ErrorCode& code, auto found) {
                                    addresses = std::move(found);
                                    done(code);
                                  });
                                },
                                [&] { resolver.cancel(); }));
    if (error) return fail(Code::unavailable, fmt::format("no address for {}: {}", url_.host, error.message()));
    NN_TRY(error, settle([&](auto done) { stream.async_connect(addresses, std::move(done)); }, [&] { stream.close(); }));
    if (error) return fail(Code::unavailable, fmt::format("nothing listens on {}", url_.origin));
    return {};
  }

  template <class Stream>
  Result<HttpResponse> ask(Stream& stream, beast::tcp_stream& socket) {
    http::request<http::empty_body> request(http::verb::get, url_.target, 11);
    request.set(http::field::host, url_.host + ":" + url_.port);
    request.set(http::field::user_agent, fmt::format("noetl-nats/{}", kVersion));
    request.set(http::field::connection, "close");
    const auto stop = [&] { socket.close(); };
    NN_TRY(ErrorCode error, settle([&](auto done) { http::async_write(stream, request, std::move(done)); }, stop));
    http::response_parser<http::string_body> parser;
    parser.body_limit(kMostBody);
    beast::flat_buffer buffer;
    if (!error) {
      NN_TRY(error, settle([&](auto done) { http::async_read(stream, buffer, parser, std::move(done)); }, stop));
    }
    if (error == http::error::body_limit)
      return fail(Code::resource_exhausted, fmt::format("the answer of {} is larger than 64 MiB", url_.origin),
                  "ask for less: limit, offset, one account");
    if (error) return fail(Code::unavailable, fmt::format("the connection to {} was lost: {}", url_.origin, error.message()));
    auto response = parser.release();
    return HttpResponse{static_cast<int>(response.result_int()), std::move(response.body())};
  }

  const Url& url_;
  const Wait& wait_;
  asio::io_context io_{1};
};

}  // namespace

Result<HttpResponse> http_get(const std::string& url, const Wait& wait) {
  NN_TRY(const Url parts, split(url));
  if (wait.cancelled()) return cancelled();
  if (wait.expired()) return fail(Code::deadline_exceeded, fmt::format("no time left to ask {}", parts.origin));
  return Exchange(parts, wait).run();
}

Result<JsonResponse> http_get_json(const std::string& url, const Wait& wait) {
  NN_TRY(const HttpResponse response, http_get(url, wait));
  Json body = Json::parse(response.body, nullptr, false);
  if (!body.is_discarded()) return JsonResponse{response.status, std::move(body)};
  const Code code = response.status >= 400 ? Code::unavailable : Code::internal;
  return fail(code, fmt::format("{} answered with status {} and no JSON", url.substr(0, url.find('?')), response.status));
}

}  // namespace noetl::nats::sys
