#include "wire/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/names.hpp"

namespace noetl::nats::wire {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() + 0 &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Result<bool> is_tls(std::string_view scheme, std::string_view shown) {
  if (scheme == "nats") return false;
  if (scheme == "tls") return true;
  if (scheme == "ws" || scheme == "wss")
    return fail(Code::unimplemented, fmt::format("{}: WebSocket connections are not supported", shown),
                "use nats:// or tls:// and the server's client port");
  return fail(Code::invalid_argument, fmt::format("{}: a server URL starts with nats:// or tls://, not {}://", shown, scheme));
}

void take_login(std::string_view userinfo, ServerUrl& url) {
  url.has_login = true;
  const auto colon = userinfo.find(':');
  if (colon == std::string_view::npos) {  // nats://token@host, as all NATS clients read it
    url.password = Secret(percent_decoded(userinfo));
    return;
  }
  url.user = percent_decoded(userinfo.substr(0, colon));
  url.password = Secret(percent_decoded(userinfo.substr(colon + 1)));
}

}  // namespace

std::string ServerUrl::address() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<ServerUrl> parse_url(std::string_view text) {
  ServerUrl url;
  std::string_view rest = text;
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  while (!rest.empty() && rest.back() == ' ') rest.remove_suffix(1);
  std::string scheme = "nats";
  if (const auto mark = rest.find("://"); mark != std::string_view::npos) {
    scheme = lower(rest.substr(0, mark));
    rest.remove_prefix(mark + 3);
  }
  if (const auto slash = rest.find('/'); slash != std::string_view::npos && rest.find('@', slash) == std::string_view::npos)
    rest = rest.substr(0, slash);  // a path has no meaning
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    take_login(rest.substr(0, at), url);
    rest.remove_prefix(at + 1);
  }
  const std::string shown = fmt::format("{}://{}", scheme, rest);
  NN_TRY(url.tls, is_tls(scheme, shown));

  std::string_view port;
  if (rest.starts_with('[')) {
    const auto close = rest.find(']');
    if (close == std::string_view::npos)
      return fail(Code::invalid_argument, fmt::format("{}: the bracket of the IPv6 address is not closed", shown));
    url.host = rest.substr(1, close - 1);
    if (close + 1 < rest.size() && rest[close + 1] == ':') port = rest.substr(close + 2);
  } else if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    url.host = rest.substr(0, colon);
    port = rest.substr(colon + 1);
  } else {
    url.host = rest;
  }
  if (url.host.empty()) return fail(Code::invalid_argument, fmt::format("the server URL {} names no host", in_quotes(shown)));
  if (check_queue(url.host))
    return fail(Code::invalid_argument, fmt::format("the server URL {} has a blank or control character", in_quotes(shown)));
  if (!port.empty()) {
    const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (problem != std::errc{} || end != port.data() + port.size() || url.port < 1 || url.port > 65535)
      return fail(Code::invalid_argument, fmt::format("the server URL {} has no valid port (1 to 65535)", in_quotes(shown)));
  }
  return url;
}

}  // namespace noetl::nats::wire
