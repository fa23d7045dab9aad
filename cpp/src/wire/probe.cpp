#include "wire/probe.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

namespace noetl::nats::wire {
namespace {

constexpr std::size_t kLongestInfo = 64 * 1024;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

/// Waits until the socket can be read or written, in slices, so that a caller can stop it.
Result<bool> ready(int fd, short events, const Wait& wait) {
  while (true) {
    pollfd entry{fd, events, 0};
    const auto slice = std::chrono::duration_cast<std::chrono::milliseconds>(wait.slice()).count();
    if (poll(&entry, 1, static_cast<int>(slice)) > 0) return true;
    if (wait.cancelled()) return cancelled();
    if (wait.expired()) return false;
  }
}

tl::unexpected<Error> unreachable(const ServerUrl& url, int problem) {
  if (problem == ECONNREFUSED)
    return fail(Code::unavailable, fmt::format("nothing listens on {}", url.address()),
                "noetl-nats deploy starts a local server, or give the url of a running one");
  return fail(Code::unavailable, fmt::format("cannot reach {}: {}", url.address(), std::strerror(problem)));
}

tl::unexpected<Error> silent(const ServerUrl& url, const char* what) {
  return fail(Code::unavailable, fmt::format("{} accepts connections but {}", url.address(), what),
              "is this the client port of a NATS server (default 4222)?");
}

Result<Json> read_info(const ServerUrl& url, int fd, const Wait& wait) {
  std::string text;
  while (text.find('\n') == std::string::npos && text.size() < kLongestInfo) {
    NN_TRY(const bool readable, ready(fd, POLLIN, wait));
    if (!readable) return silent(url, "sends no NATS greeting");
    char buffer[4096];
    const auto got = recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) return silent(url, "closes them at once");
    text.append(buffer, static_cast<std::size_t>(got));
    if (!text.starts_with("INFO ") && text.size() >= 5) return silent(url, "does not speak NATS");
  }
  Json info = Json::parse(text.substr(5, text.find('\n') - 5), nullptr, false);
  if (!info.is_object()) return silent(url, "does not speak NATS");
  return info;
}

}  // namespace

Result<Json> probe(const ServerUrl& url, const Wait& wait) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found) != 0)
    return fail(Code::unavailable, fmt::format("unknown host {}", url.host), "check the spelling of the url, or the name service");
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);

  int problem = EHOSTUNREACH;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const Socket socket_(socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol));
    if (socket_.fd() < 0) continue;
    if (connect(socket_.fd(), at->ai_addr, at->ai_addrlen) != 0 && errno != EINPROGRESS) {
      problem = errno;
      continue;
    }
    NN_TRY(const bool writable, ready(socket_.fd(), POLLOUT, wait));
    if (!writable)
      return fail(Code::unavailable, fmt::format("no answer from {}", url.address()), "is the address right, and no firewall between?");
    socklen_t size = sizeof problem;
    getsockopt(socket_.fd(), SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem == 0) return read_info(url, socket_.fd(), wait);
  }
  return unreachable(url, problem);
}

}  // namespace noetl::nats::wire
