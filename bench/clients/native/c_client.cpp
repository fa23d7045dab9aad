// The C client library, used directly: what a binding over it can reach at best.
//   cnats OP url=... key=value ...    prints one JSON object on stdout
// Works with the library from 3.4 on, so nothing newer is used.
#include <nats/nats.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {
double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
double cpu() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}
std::map<std::string, std::string> args;
std::string arg(const char* k, const char* d = "") {
  auto i = args.find(k);
  return i == args.end() ? d : i->second;
}
long num(const char* k, long d) {
  auto i = args.find(k);
  return i == args.end() ? d : atol(i->second.c_str());
}
void ck(natsStatus s, const char* w) {
  if (s != NATS_OK) throw std::runtime_error(std::string(w) + ": " + natsStatus_GetText(s));
}
void report(double s, double c, long n, long bad, std::vector<double>* l = nullptr) {
  printf("{\"s\":%.6f,\"cpu\":%.6f,\"n\":%ld,\"bad\":%ld", s, c, n, bad);
  if (l && !l->empty()) {
    std::sort(l->begin(), l->end());
    printf(",\"p50_us\":%.1f,\"p99_us\":%.1f", (*l)[l->size() / 2] * 1e6, (*l)[l->size() * 99 / 100] * 1e6);
  }
  puts("}");
}
struct Conn {
  natsConnection* nc = nullptr;
  jsCtx* js = nullptr;
  Conn() {
    natsOptions* o = nullptr;
    ck(natsOptions_Create(&o), "options");
    natsOptions_SetURL(o, arg("url").c_str());
    natsOptions_SetTimeout(o, 5000);
    natsOptions_SetSendAsap(o, num("asap", 0) != 0);
    natsStatus s = natsConnection_Connect(&nc, o);
    natsOptions_Destroy(o);
    ck(s, "connect");
    jsOptions jo;
    jsOptions_Init(&jo);
    jo.Wait = 30000;
    jo.PublishAsync.MaxPending = num("window", 1024);
    jo.PublishAsync.StallWait = 30000;
    ck(natsConnection_JetStream(&js, nc, &jo), "jetstream");
  }
  ~Conn() {
    jsCtx_Destroy(js);
    natsConnection_Destroy(nc);
  }
};
struct Acks {
  std::mutex m;
  std::condition_variable cv;
  long done = 0, bad = 0;
};

int run(const std::string& op) {
  Conn c;
  long n = num("n", 20000);
  std::string bucket = arg("bucket", "bench"), subj = arg("subject"), data(num("size", 100), 'x');
  char key[64];
  std::vector<double> lats;
  auto singles = [&](auto call) {
    call(0);
    long bad = 0;
    double c0 = cpu(), t0 = now();
    for (long i = 0; i < n; ++i) {
      double a = now();
      bad += !call(i);
      lats.push_back(now() - a);
    }
    report(now() - t0, cpu() - c0, n, bad, &lats);
  };
  kvStore* kv = nullptr;
  if (op.find("kv_") != op.npos) ck(js_KeyValue(&kv, c.js, bucket.c_str()), "bucket");
  long keys = num("keys", 1000);
  auto get = [&](kvStore* k, long i) {
    char kk[64];
    snprintf(kk, sizeof kk, "k.%06ld", i % keys);
    kvEntry* e = nullptr;
    if (kvStore_Get(&e, k, kk) != NATS_OK) return false;
    bool ok = kvEntry_ValueLen(e) == int(data.size());
    kvEntry_Destroy(e);
    return ok;
  };
  if (op == "kv_get" && num("threads", 0) == 0) {
    singles([&](long i) { return get(kv, i); });
  } else if (op == "kv_get") {
    long th = num("threads", 16);
    std::vector<std::thread> ts;
    std::vector<long> bads(th);
    double c0 = cpu(), t0 = now();
    for (long k = 0; k < th; ++k)
      ts.emplace_back([&, k] {
        for (long i = k; i < n; i += th) bads[k] += !get(kv, i);
      });
    long bad = 0;
    for (long k = 0; k < th; ++k) ts[k].join(), bad += bads[k];
    report(now() - t0, cpu() - c0, n, bad);
  } else if (op == "kv_put") {
    singles([&](long i) {
      snprintf(key, sizeof key, "k.%06ld", i % keys);
      uint64_t r = 0;
      return kvStore_Put(&r, kv, key, data.data(), data.size()) == NATS_OK;
    });
  } else if (op == "js_publish") {
    singles([&](long) { return js_Publish(nullptr, c.js, subj.c_str(), data.data(), data.size(), nullptr, nullptr) == NATS_OK; });
  } else if (op == "request") {
    singles([&](long) {
      natsMsg* m = nullptr;
      bool ok = natsConnection_Request(&m, c.nc, subj.c_str(), data.data(), data.size(), 5000) == NATS_OK;
      natsMsg_Destroy(m);
      return ok;
    });
  } else if (op == "js_publish_many") {
    double c0 = cpu(), t0 = now();
    for (long i = 0; i < n; ++i) ck(js_PublishAsync(c.js, subj.c_str(), data.data(), data.size(), nullptr), "publish");
    jsPubOptions po;
    jsPubOptions_Init(&po);
    po.MaxWait = 60000;
    ck(js_PublishAsyncComplete(c.js, &po), "complete");
    report(now() - t0, cpu() - c0, n, 0);
  } else if (op == "js_fetch") {
    long batch = num("batch", 1000), dup = 0;
    std::string st = arg("stream"), co = arg("consumer");
    jsSubOptions so;
    jsSubOptions_Init(&so);
    so.Stream = st.c_str();
    so.Consumer = co.c_str();
    so.ManualAck = true;
    natsSubscription* s = nullptr;
    jsErrCode je;
    std::vector<uint8_t> seen(n + 1000000);
    double c0 = cpu(), t0 = now();
    ck(js_PullSubscribe(&s, c.js, nullptr, nullptr, nullptr, &so, &je), "subscribe");
    natsSubscription_SetPendingLimits(s, -1, -1);
    long got = 0;
    while (got < n) {
      natsMsgList l;
      ck(natsSubscription_Fetch(&l, s, std::min(batch, n - got), 10000, &je), "fetch");
      for (int i = 0; i < l.Count; ++i) {
        std::string_view r = natsMsg_GetReply(l.Msgs[i]);
        size_t p = 0;
        for (int k = 0; k < 5; ++k) p = r.find('.', p) + 1;
        dup += seen[strtoull(r.data() + p, nullptr, 10)]++ != 0;
        ck(natsMsg_Ack(l.Msgs[i], nullptr), "ack");
      }
      got += l.Count;
      natsMsgList_Destroy(&l);
    }
    ck(natsConnection_Flush(c.nc), "flush");
    report(now() - t0, cpu() - c0, got, dup);
    natsSubscription_Destroy(s);
  } else if (op == "kv_get_many") {  // many direct gets in flight on one inbox
    Acks a;
    long window = num("window", 1024), sent = 0;
    natsInbox* in = nullptr;
    ck(natsInbox_Create(&in), "inbox");
    natsSubscription* s = nullptr;
    size_t want = data.size();
    struct Ctx {
      Acks* a;
      size_t want;
    } ctx{&a, want};
    double c0 = cpu(), t0 = now();
    ck(natsConnection_Subscribe(
           &s, c.nc, in,
           [](natsConnection*, natsSubscription*, natsMsg* m, void* p) {
             auto* x = static_cast<Ctx*>(p);
             bool ok = natsMsg_GetDataLength(m) == int(x->want);
             natsMsg_Destroy(m);
             std::lock_guard<std::mutex> g(x->a->m);
             x->a->bad += !ok;
             if (++x->a->done % 256 == 0) x->a->cv.notify_one();
           },
           &ctx),
       "subscribe");
    std::string pre = "$JS.API.DIRECT.GET.KV_" + bucket + ".$KV." + bucket + ".";
    for (; sent < n; ++sent) {
      if (sent % 256 == 0) {
        std::unique_lock<std::mutex> g(a.m);
        while (sent - a.done > window - 256) a.cv.wait_for(g, std::chrono::milliseconds(50));
      }
      snprintf(key, sizeof key, "k.%06ld", sent % keys);
      ck(natsConnection_PublishRequest(c.nc, (pre + key).c_str(), in, nullptr, 0), "get");
    }
    {
      std::unique_lock<std::mutex> g(a.m);
      while (a.done < n) a.cv.wait_for(g, std::chrono::milliseconds(1));
    }
    report(now() - t0, cpu() - c0, n, a.bad);
    natsSubscription_Destroy(s);
    natsInbox_Destroy(in);
  } else if (op == "kv_keys") {
    kvKeysList l;
    kvWatchOptions wo;
    kvWatchOptions_Init(&wo);
    wo.Timeout = 1000000000;  // 3.4 gives up at once on 10 k keys with a minute: it counts the time again for every key
    double c0 = cpu(), t0 = now();
    ck(kvStore_Keys(&l, kv, &wo), "keys");
    report(now() - t0, cpu() - c0, l.Count, 0);
    kvKeysList_Destroy(&l);
  } else if (op == "kv_history") {
    long bad = 0;
    double c0 = cpu(), t0 = now();
    for (long i = 0; i < n; ++i) {
      kvEntryList l;
      ck(kvStore_History(&l, kv, arg("key").c_str(), nullptr), "history");
      bad += l.Count != num("expect", 64);
      kvEntryList_Destroy(&l);
    }
    report(now() - t0, cpu() - c0, n, bad);
  } else if (op == "kv_watch") {
    kvWatcher* w = nullptr;
    ck(kvStore_WatchAll(&w, kv, nullptr), "watch");
    kvEntry* e = nullptr;
    ck(kvWatcher_Next(&e, w, 10000), "initial");  // NULL: end of the (empty) initial state
    puts("{\"ready\":1}");
    fflush(stdout);
    double c0 = cpu(), t0 = now();
    long got = 0;
    while (got < n) {
      ck(kvWatcher_Next(&e, w, 10000), "next");
      kvEntry_Destroy(e);
      ++got;
    }
    report(now() - t0, cpu() - c0, got, 0);
    kvWatcher_Destroy(w);
  } else if (op == "once_kv_get") {
    kvEntry* e = nullptr;
    ck(kvStore_Get(&e, kv, arg("key").c_str()), "get");
    fwrite(kvEntry_Value(e), 1, kvEntry_ValueLen(e), stdout);
    kvEntry_Destroy(e);
  } else if (op == "once_kv_put") {
    ck(kvStore_Put(nullptr, kv, arg("key").c_str(), data.data(), data.size()), "put");
  } else if (op == "once_publish") {
    ck(js_Publish(nullptr, c.js, subj.c_str(), data.data(), data.size(), nullptr, nullptr), "publish");
  } else {
    fprintf(stderr, "no such op: %s\n", op.c_str());
    return 2;
  }
  if (kv) kvStore_Destroy(kv);
  return 0;
}
}  // namespace

int main(int ac, char** av) {
  for (int i = 2; i < ac; ++i)
    if (char* e = strchr(av[i], '=')) args[std::string(av[i], e)] = e + 1;
  try {
    return run(ac > 1 ? av[1] : "");
  } catch (std::exception& e) {
    fprintf(stderr, "cnats: %s\n", e.what());
    return 1;
  }
}
