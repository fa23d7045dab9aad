#include "sys/net.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "sys/descriptor.hpp"
#include "sys/errors.hpp"

namespace noetl::nats::sys {
namespace {

struct Bound {
  int error = 0;
  int port = 0;
};

/// Binds and listens for a moment, as the server would.
Bound try_to_bind(const addrinfo& address) {
  const Descriptor socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return {errno, 0};
  const int yes = 1;  // as Go does: connections of a server that has just ended do not keep its port
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0 || listen(socket.get(), 1) != 0) return {errno, 0};
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) return {errno, 0};
  const auto port = bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                                : reinterpret_cast<const sockaddr_in&>(bound).sin_port;
  return {0, ntohs(port)};
}

Result<Bound> bind_on(const std::string& host, int port) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int problem = getaddrinfo(host.c_str(), fmt::format("{}", port).c_str(), &wanted, &found);
  if (problem != 0) return fail(Code::invalid_argument, fmt::format("host {}: {}", host, gai_strerror(problem)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  return try_to_bind(*addresses);
}

}  // namespace

Result<bool> port_is_free(const std::string& host, int port) {
  NN_TRY(const Bound bound, bind_on(host, port));
  if (bound.error == 0) return true;
  if (bound.error == EADDRINUSE) return false;
  if (bound.error == EADDRNOTAVAIL) return fail(Code::invalid_argument, fmt::format("{} is not an address of this machine", host));
  return fail_errno(bound.error, fmt::format("cannot listen on {}:{}", host, port));
}

Result<int> free_port(const std::string& host) {
  NN_TRY(const Bound bound, bind_on(host, 0));
  if (bound.error == EADDRNOTAVAIL) return fail(Code::invalid_argument, fmt::format("{} is not an address of this machine", host));
  if (bound.error != 0) return fail_errno(bound.error, fmt::format("cannot listen on {}", host));
  return bound.port;
}

}  // namespace noetl::nats::sys
