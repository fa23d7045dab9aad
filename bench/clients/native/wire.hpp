// A raw NATS connection for benchmarks: one thread, one socket, one buffer of commands for each write, no JSON decoding
// beyond a scan for "error". No TLS, no reconnect: it shows what a machine and a server allow, it is not a client.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

inline double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
inline double cpu() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

inline std::map<std::string, std::string> args;
inline std::string arg(const char* k, const char* d = "") {
  auto it = args.find(k);
  return it == args.end() ? d : it->second;
}
inline long num(const char* k, long d) {
  auto it = args.find(k);
  return it == args.end() ? d : atol(it->second.c_str());
}

inline int dial(const std::string& host, int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  inet_pton(AF_INET, host.c_str(), &a.sin_addr);
  if (connect(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0) throw std::runtime_error("connect");
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

struct Msg {
  std::string_view subject, reply, header, data;
};

class Wire {
 public:
  explicit Wire(const std::string& host, int port) : fd_(dial(host, port)) {
    in_.resize(1 << 20);
    while (!memchr(in_.data(), '\n', end_)) fill();  // INFO
    beg_ = static_cast<char*>(memchr(in_.data(), '\n', end_)) - in_.data() + 1;
    out("CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true,"
        "\"lang\":\"wire\",\"version\":\"1\",\"protocol\":1}\r\n");
  }
  ~Wire() { close(fd_); }
  void out(std::string_view s) { out_.append(s); }
  void pub(std::string_view subj, std::string_view reply, std::string_view data) {
    char n[32];
    out_.append("PUB ").append(subj).append(" ");
    if (!reply.empty()) out_.append(reply).append(" ");
    int k = snprintf(n, sizeof n, "%zu\r\n", data.size());
    out_.append(n, k).append(data).append("\r\n");
  }
  void sub(std::string_view subj) { out_.append("SUB ").append(subj).append(" ").append(std::to_string(++sids_)).append("\r\n"); }
  void flush() {
    size_t p = 0;
    while (p < out_.size()) {
      ssize_t k = write(fd_, out_.data() + p, out_.size() - p);
      if (k < 0 && errno == EINTR) continue;
      if (k <= 0) throw std::runtime_error("write");
      p += k;
    }
    out_.clear();
  }
  // Send what fits now, read what is there: for windows larger than the socket buffers.
  void pump() {
    pollfd p{fd_, static_cast<short>(POLLIN | (out_.empty() ? 0 : POLLOUT)), 0};
    poll(&p, 1, 10000);
    if (p.revents & POLLOUT) {
      ssize_t k = send(fd_, out_.data() + pos_, out_.size() - pos_, MSG_DONTWAIT);
      if (k > 0) pos_ += k;
      if (pos_ == out_.size()) out_.clear(), pos_ = 0;
    }
    if (p.revents & (POLLIN | POLLHUP)) fill();
  }
  size_t queued() const { return out_.size() - pos_; }
  // Next complete message in the buffer, or false.
  bool next(Msg& m) {
    for (;;) {
      char* b = in_.data() + beg_;
      size_t left = end_ - beg_;
      char* nl = static_cast<char*>(memchr(b, '\n', left));
      if (!nl) return false;
      size_t line = nl - b + 1;
      if (b[0] == 'P') {
        if (b[1] == 'I')
          out("PONG\r\n");
        else
          pongs++;
        beg_ += line;
        continue;
      }
      if (b[0] == '+' || b[0] == 'I') {
        beg_ += line;
        continue;
      }
      if (b[0] == '-') throw std::runtime_error(std::string(b, line));
      bool h = b[0] == 'H';
      std::string_view f[6];
      int nf = 0;
      for (char* p = b + (h ? 5 : 4); p < nl - 1 && nf < 6;) {
        char* e = p;
        while (e < nl - 1 && *e != ' ') ++e;
        f[nf++] = {p, static_cast<size_t>(e - p)};
        p = e + 1;
      }
      auto ival = [](std::string_view s) {
        size_t v = 0;
        for (char c : s) v = v * 10 + (c - '0');
        return v;
      };
      size_t total = ival(f[nf - 1]);
      size_t hl = h ? ival(f[nf - 2]) : 0;
      if (left < line + total + 2) return false;
      m.subject = f[0];
      m.reply = nf == (h ? 5 : 4) ? f[2] : std::string_view();
      m.header = {nl + 1, hl};
      m.data = {nl + 1 + hl, total - hl};
      beg_ += line + total + 2;
      return true;
    }
  }
  Msg wait() {
    Msg m;
    flush();
    while (!next(m)) fill(), flushIf();
    return m;
  }
  void ping() {
    long want = pongs + 1;
    out("PING\r\n");
    flush();
    Msg m;
    while (pongs < want) {
      next(m);
      if (pongs < want) fill();
    }
  }
  void fill() {
    if (beg_ == end_) beg_ = end_ = 0;
    if (end_ == in_.size()) {
      if (beg_ > in_.size() / 2) {
        memmove(in_.data(), in_.data() + beg_, end_ - beg_);
        end_ -= beg_;
        beg_ = 0;
      } else {
        in_.resize(in_.size() * 2);
      }
    }
    ssize_t k = read(fd_, in_.data() + end_, in_.size() - end_);
    if (k <= 0) throw std::runtime_error("read: connection closed");
    end_ += k;
  }
  std::string request(std::string_view subj, std::string_view data) {
    pub(subj, "_I.q", data);
    Msg m = wait();
    return std::string(m.data);
  }
  long pongs = 0;

 private:
  void flushIf() {
    if (!out_.empty()) flush();
  }
  int fd_, sids_ = 0;
  std::vector<char> in_;
  size_t beg_ = 0, end_ = 0, pos_ = 0;
  std::string out_;
};

struct Lat {
  std::vector<double> v;
  double q(double p) {
    std::sort(v.begin(), v.end());
    return v.empty() ? 0 : v[std::min(v.size() - 1, size_t(v.size() * p))] * 1e6;
  }
};
inline void report(double s, double c, long n, long bad, const std::string& extra = "") {
  printf("{\"s\":%.6f,\"cpu\":%.6f,\"n\":%ld,\"bad\":%ld%s}\n", s, c, n, bad, extra.c_str());
}
inline std::string lat(Lat& l) {
  char b[96];
  double p50 = l.q(.5), p99 = l.q(.99);
  snprintf(b, sizeof b, ",\"p50_us\":%.1f,\"p99_us\":%.1f", p50, p99);
  return b;
}

// An API error, or a status such as 404 or 503 in the first header line.
inline bool failed(const Msg& m) {
  return m.data.substr(0, 60).find("\"error\"") != m.data.npos || m.header.substr(0, 10) == "NATS/1.0 4" ||
         m.header.substr(0, 10) == "NATS/1.0 5";
}
