// What takes more than one request: pipelines, pull with acknowledgements, replay of a stream, objects.
#pragma once

#include "wire.hpp"
#ifdef WITH_SHA
#include <openssl/evp.h>
#endif

// Pipelined request/ack over any subject maker, with a bounded window.
template <class Make>
inline void pipelined(Wire& w, long n, long window, Make make, Lat* l = nullptr) {
  long sent = 0, got = 0, bad = 0;
  Msg m;
  char rep[32];
  double c0 = cpu(), t0 = now(), a = 0;
  if (window == 1) {
    for (; sent < n; ++sent) {
      a = now();
      make(sent, "_I.0");
      m = w.wait();
      bad += failed(m);
      if (l) l->v.push_back(now() - a);
    }
  } else {
    // refill in halves: one write per half window, or per 256 KiB of large messages
    while (got < n) {
      if (sent < n && (sent - got <= window / 2 || (w.queued() < 65536 && sent - got < window))) {
        long upto = std::min(n, got + window);
        for (; sent < upto && w.queued() < 262144; ++sent) {
          snprintf(rep, sizeof rep, "_I.%ld", sent);
          make(sent, rep);
        }
      }
      w.pump();
      while (w.next(m)) {
        ++got;
        bad += failed(m);
      }
    }
  }
  report(now() - t0, cpu() - c0, n, bad, l ? lat(*l) : "");
}

struct Fetched {
  std::vector<uint8_t> seen;
  long dup = 0, got = 0;
  void add(uint64_t seq) {
    if (seq >= seen.size()) seen.resize(seq + 1024);
    if (seen[seq]++) ++dup;
    ++got;
  }
};
// $JS.ACK.<stream>.<consumer>.<delivered>.<sseq>.<cseq>.<tm>.<pending>
inline uint64_t tok(std::string_view r, int i) {
  size_t p = 0;
  while (i--) p = r.find('.', p) + 1;
  return strtoull(r.data() + p, nullptr, 10);
}

inline void fetch(Wire& w) {
  long n = num("n", 20000), batch = num("batch", 1000), ack = num("ack", 1), ahead = num("ahead", 2);
  std::string next = "$JS.API.CONSUMER.MSG.NEXT." + arg("stream") + "." + arg("consumer");
  std::string req = "{\"batch\":" + std::to_string(batch) + ",\"expires\":5000000000}";
  Fetched f;
  long asked = 0;
  Msg m;
  double c0 = cpu(), t0 = now();
  while (f.got < n) {
    while (asked < n && asked - f.got <= (ahead - 1) * batch) {
      w.pub(next, "_I.f", req);
      asked += batch;
    }
    w.pump();
    while (w.next(m)) {
      if (m.reply.substr(0, 8) != "$JS.ACK.") {
        if (!m.header.empty() && m.header.find(" 408") != m.header.npos) asked = f.got;
        continue;
      }
      f.add(tok(m.reply, 5));
      if (ack) w.pub(m.reply, "", "");
    }
  }
  w.flush();
  w.ping();
  report(now() - t0, cpu() - c0, f.got, f.dup);
}

// Push consumer over a filter, no acks; returns the messages through fn.
template <class Fn>
inline void replay(Wire& w, const std::string& stream, const std::string& filter, const char* policy, bool headersOnly, bool flow, Fn fn) {
  std::string cfg = "{\"stream_name\":\"" + stream + "\",\"config\":{\"deliver_subject\":\"_D\",\"deliver_policy\":\"" + policy +
                    "\",\"ack_policy\":\"none\",\"max_deliver\":1,\"mem_storage\":true,\"num_replicas\":1," +
                    (headersOnly ? "\"headers_only\":true," : "") + (flow ? "\"flow_control\":true,\"idle_heartbeat\":5000000000," : "") +
                    "\"filter_subject\":\"" + filter + "\",\"inactive_threshold\":30000000000}}";
  w.pub("$JS.API.CONSUMER.CREATE." + stream, "_I.c", cfg);
  w.flush();
  Msg m;
  bool done = false;
  while (!done) {
    while (!done && w.next(m)) {
      if (m.subject == "_I.c") {
        if (m.data.find("\"error\"") != m.data.npos) throw std::runtime_error(std::string(m.data));
        if (m.data.find("\"num_pending\":0") != m.data.npos && m.data.find("\"delivered\":{\"consumer_seq\":0") != m.data.npos) done = true;
        continue;
      }
      if (m.header.substr(0, 12) == "NATS/1.0 100") {  // heartbeat, or flow control when it has a reply subject
        if (!m.reply.empty()) w.pub(m.reply, "", "");
        continue;
      }
      done = fn(m) || tok(m.reply, 8) == 0;
    }
    if (!done) w.flush(), w.fill();
  }
}

#ifdef WITH_SHA
struct Sha {
  EVP_MD_CTX* c = EVP_MD_CTX_new();
  Sha() { EVP_DigestInit_ex(c, EVP_sha256(), nullptr); }
  void add(std::string_view s) { EVP_DigestUpdate(c, s.data(), s.size()); }
  std::string url64() {
    unsigned char d[32];
    EVP_DigestFinal_ex(c, d, nullptr);
    char o[64];
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(o), d, 32);
    std::string s(o);
    for (char& x : s) x = x == '+' ? '-' : x == '/' ? '_' : x;
    EVP_MD_CTX_free(c);
    return s;
  }
};
inline void objectPut(Wire& w) {
  long chunk = num("chunk", 131072), window = num("window", 64), sent = 0, got = 0, bad = 0;
  std::string bucket = arg("bucket"), subj = "$O." + bucket + ".C.WIREOBJ" + arg("id", "1");
  FILE* f = fopen(arg("file").c_str(), "rb");
  if (!f) throw std::runtime_error("file");
  std::vector<char> b(chunk);
  Sha sha;
  size_t size = 0, k;
  Msg m;
  bool eof = false;
  double c0 = cpu(), t0 = now();
  while (!eof || got < sent) {
    if (!eof && sent - got < window && w.queued() < size_t(chunk) * 4) {
      k = fread(b.data(), 1, chunk, f);
      if (k == 0) {
        eof = true;
        continue;
      }
      sha.add({b.data(), k});
      size += k;
      w.pub(subj, "_I.o", {b.data(), k});
      ++sent;
    }
    w.pump();
    while (w.next(m)) ++got, bad += m.data.find("\"error\"") != m.data.npos;
  }
  fclose(f);
  std::string name = arg("name64");
  std::string meta = "{\"name\":\"" + arg("name") + "\",\"bucket\":\"" + bucket + "\",\"nuid\":\"WIREOBJ" + arg("id", "1") +
                     "\",\"size\":" + std::to_string(size) + ",\"mtime\":\"2026-01-01T00:00:00Z\",\"chunks\":" + std::to_string(sent) +
                     ",\"digest\":\"SHA-256=" + sha.url64() + "\",\"options\":{\"max_chunk_size\":" + std::to_string(chunk) + "}}";
  std::string h = "NATS/1.0\r\nNats-Rollup: sub\r\n\r\n";
  w.out("HPUB $O." + bucket + ".M." + name + " _I.m " + std::to_string(h.size()) + " " + std::to_string(h.size() + meta.size()) + "\r\n" +
        h + meta + "\r\n");
  m = w.wait();
  bad += m.data.find("\"error\"") != m.data.npos;
  report(now() - t0, cpu() - c0, size, bad);
}
inline void objectGet(Wire& w) {
  std::string bucket = arg("bucket");
  double c0 = cpu(), t0 = now();
  w.pub("$JS.API.DIRECT.GET.OBJ_" + bucket + ".$O." + bucket + ".M." + arg("name64"), "_I.q", "");
  std::string meta(w.wait().data);
  std::erase(meta, ' ');  // some clients write JSON with spaces
  auto field = [&](const char* k) {
    size_t p = meta.find(k);
    if (p == meta.npos) throw std::runtime_error("meta: " + meta);
    p += strlen(k);
    return meta.substr(p, meta.find('"', p) - p);
  };
  std::string nuid = field("\"nuid\":\""), digest = field("\"digest\":\"SHA-256=");
  FILE* f = fopen(arg("file").c_str(), "wb");
  Sha sha;
  size_t size = 0;
  replay(w, "OBJ_" + bucket, "$O." + bucket + ".C." + nuid, "all", false, true, [&](const Msg& m) {
    sha.add(m.data);
    fwrite(m.data.data(), 1, m.data.size(), f);
    size += m.data.size();
    return false;
  });
  fclose(f);
  report(now() - t0, cpu() - c0, size, sha.url64() != digest);
}
#endif
