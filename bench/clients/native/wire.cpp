// The raw client as a program: the upper bound of what any client can reach on a machine.
//
//   wire OP key=value ...    prints one JSON object on stdout
#include <sys/wait.h>

#include <csignal>

#include "transfers.hpp"

namespace {

void echo() {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
  socklen_t al = sizeof a;
  if (bind(s, reinterpret_cast<sockaddr*>(&a), sizeof a) || listen(s, 1)) throw std::runtime_error("bind");
  getsockname(s, reinterpret_cast<sockaddr*>(&a), &al);
  long n = num("n", 20000), size = num("size", 16);
  pid_t pid = fork();
  if (pid == 0) {
    int c = accept(s, nullptr, nullptr);
    int one = 1;
    setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    std::vector<char> b(1 << 20);
    ssize_t k;
    while ((k = read(c, b.data(), b.size())) > 0)
      if (write(c, b.data(), k) != k) break;
    _exit(0);
  }
  int fd = dial("127.0.0.1", ntohs(a.sin_port));
  std::vector<char> b(size);
  Lat l;
  double c0 = cpu(), t0 = now();
  for (long i = 0; i < n; ++i) {
    double t = now();
    if (write(fd, b.data(), size) != size) throw std::runtime_error("w");
    for (long g = 0; g < size;) {
      ssize_t k = read(fd, b.data(), size - g);
      if (k <= 0) throw std::runtime_error("r");
      g += k;
    }
    l.v.push_back(now() - t);
  }
  report(now() - t0, cpu() - c0, n, 0, lat(l));
  close(fd);
  waitpid(pid, nullptr, 0);
}

int run(const std::string& op) {
  if (op == "echo") return echo(), 0;
  if (op == "nothing") return 0;
  std::string host = arg("host", "127.0.0.1");
  int port = num("port", 4222);
  Wire w(host, port);
  long n = num("n", 20000), window = num("window", 1);
  std::string bucket = arg("bucket", "bench"), subj = arg("subject", "bench.a");
  std::string data(num("size", 100), 'x'), s;
  Lat l;
  char key[64];
  if (op == "connect_ping") return w.ping(), 0;
  if (op == "serve") {  // echo responder until the connection or parent ends
    w.sub(subj);
    w.ping();
    puts("ready");
    fflush(stdout);
    for (;;) {
      Msg m = w.wait();
      w.pub(m.reply, "", m.data);
    }
  }
  w.sub("_I.*");
  w.sub("_D");  // a deliver subject needs a literal subscription
  if (op == "ping") {
    w.ping();
    double c0 = cpu(), t0 = now();
    for (long i = 0; i < n; ++i) {
      double a = now();
      w.ping();
      l.v.push_back(now() - a);
    }
    report(now() - t0, cpu() - c0, n, 0, lat(l));
  } else if (op == "core_pub") {
    double c0 = cpu(), t0 = now();
    for (long i = 0; i < n; ++i) {
      w.pub(subj, "", data);
      if (i % 1024 == 1023) w.flush();
    }
    w.ping();
    report(now() - t0, cpu() - c0, n, 0);
  } else if (op == "js_publish" || op == "request") {
    w.ping();
    pipelined(
        w, n, window, [&](long, std::string_view r) { w.pub(subj, r, data); }, window == 1 ? &l : nullptr);
  } else if (op == "kv_get") {
    w.ping();
    long keys = num("keys", 1000);
    std::string pre = "$JS.API.DIRECT.GET.KV_" + bucket + ".$KV." + bucket + ".";
    pipelined(
        w, n, window,
        [&](long i, std::string_view r) {
          snprintf(key, sizeof key, "k.%06ld", i % keys);
          w.pub(s.assign(pre).append(key), r, "");
        },
        window == 1 ? &l : nullptr);
  } else if (op == "kv_put") {
    w.ping();
    long keys = num("keys", 1000);
    std::string pre = "$KV." + bucket + ".";
    pipelined(
        w, n, window,
        [&](long i, std::string_view r) {
          snprintf(key, sizeof key, "k.%06ld", i % keys);
          w.pub(s.assign(pre).append(key), r, data);
        },
        window == 1 ? &l : nullptr);
  } else if (op == "kv_get_multi") {  // batched direct get: up to 1024 subjects a request
    long keys = num("keys", 1000), per = num("batch", 1000), got = 0, bad = 0, reqs = 0, eob = 0;
    double c0 = cpu(), t0 = now();
    for (long i = 0; i < n; i += per) {
      std::string req = "{\"multi_last\":[";
      for (long j = i; j < std::min(n, i + per); ++j) {
        snprintf(key, sizeof key, "%s\"$KV.%s.k.%06ld\"", j == i ? "" : ",", bucket.c_str(), j % keys);
        req += key;
      }
      w.pub("$JS.API.DIRECT.GET.KV_" + bucket, "_I.m", req + "]}");
      ++reqs;
    }
    Msg m;
    while (eob < reqs) {
      w.pump();
      while (w.next(m)) {
        if (m.header.substr(0, 30).find(" 204") != m.header.npos)
          ++eob;
        else if (m.header.substr(0, 20).find(" 4") != m.header.npos)
          ++bad, ++eob;
        else
          ++got;
      }
    }
    report(now() - t0, cpu() - c0, got, bad);
  } else if (op == "kv_keys") {
    double c0 = cpu(), t0 = now();
    std::vector<std::string> out;
    size_t pre = bucket.size() + 5;
    replay(w, "KV_" + bucket, "$KV." + bucket + ".>", "last_per_subject", true, false,
           [&](const Msg& m) { return out.emplace_back(m.subject.substr(pre)), false; });
    report(now() - t0, cpu() - c0, out.size(), 0);
  } else if (op == "kv_keys_info") {
    double c0 = cpu(), t0 = now();
    std::vector<std::string> out;
    long total = 1;
    while (long(out.size()) < total) {
      std::string r = w.request("$JS.API.STREAM.INFO.KV_" + bucket,
                                "{\"subjects_filter\":\"$KV." + bucket + ".>\",\"offset\":" + std::to_string(out.size()) + "}");
      size_t p = r.find("\"subjects\":{");
      if (p == r.npos) break;
      std::string pre = "\"$KV." + bucket + ".";
      total = 0;
      for (; (p = r.find(pre, p)) != r.npos;) {
        p += pre.size();
        size_t e = r.find('"', p);
        out.emplace_back(r, p, e - p);
        p = e;
      }
      size_t t = r.rfind("\"total\":");
      total = t == r.npos ? 0 : atol(r.c_str() + t + 8);
    }
    report(now() - t0, cpu() - c0, out.size(), 0);
  } else if (op == "kv_history") {
    Lat h;
    long got = 0;
    double c0 = cpu(), t0 = now();
    for (long i = 0; i < n; ++i) {
      Wire x(host, port);
      x.sub("_I.*");
      x.sub("_D");
      replay(x, "KV_" + bucket, "$KV." + bucket + "." + arg("key"), "all", false, false, [&](const Msg&) { return ++got, false; });
    }
    report(now() - t0, cpu() - c0, n, got != n * num("expect", 64));
  } else if (op == "kv_watch") {  // n live updates: from "ready" to the last one
    std::string cfg = "{\"stream_name\":\"KV_" + bucket +
                      "\",\"config\":{\"deliver_subject\":\"_D\",\"deliver_policy\":\"new\",\"ack_policy\":\"none\",\"mem_storage\":true,"
                      "\"num_replicas\":1,\"filter_subject\":\"$KV." +
                      bucket + ".>\",\"inactive_threshold\":30000000000}}";
    w.request("$JS.API.CONSUMER.CREATE.KV_" + bucket, cfg);
    puts("{\"ready\":1}");
    fflush(stdout);
    double c0 = cpu(), t0 = now();
    long got = 0;
    Msg m;
    while (got < n) {
      while (w.next(m)) ++got;
      if (got < n) w.fill();
    }
    report(now() - t0, cpu() - c0, got, 0);
  } else if (op == "js_fetch") {
    fetch(w);
#ifdef WITH_SHA
  } else if (op == "object_put") {
    objectPut(w);
  } else if (op == "object_get") {
    objectGet(w);
#endif
  } else if (op == "once_kv_get") {
    w.pub("$JS.API.DIRECT.GET.KV_" + bucket + ".$KV." + bucket + "." + arg("key"), "_I.q", "");
    Msg m = w.wait();
    fwrite(m.data.data(), 1, m.data.size(), stdout);
    return m.data.empty();
  } else if (op == "once_kv_put") {
    w.pub("$KV." + bucket + "." + arg("key"), "_I.q", data);
    return w.wait().data.find("\"seq\"") == std::string_view::npos;
  } else if (op == "once_publish") {
    w.pub(subj, "_I.q", data);
    return w.wait().data.find("\"seq\"") == std::string_view::npos;
  } else {
    fprintf(stderr, "no such op: %s\n", op.c_str());
    return 2;
  }
  return 0;
}

}  // namespace

int main(int ac, char** av) {
  signal(SIGPIPE, SIG_IGN);
  for (int i = 2; i < ac; ++i)
    if (char* e = strchr(av[i], '=')) args[std::string(av[i], e)] = e + 1;
  try {
    return run(ac > 1 ? av[1] : "");
  } catch (std::exception& e) {
    fprintf(stderr, "wire: %s\n", e.what());
    return 1;
  }
}
