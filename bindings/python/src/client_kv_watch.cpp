// Watches and caches of keys: what lives longer than one call.
#include <fmt/format.h>
#include <pybind11/stl.h>

#include <deque>
#include <mutex>
#include <set>

#include "client_kv.hpp"
#include "jetstream/kv_cache.hpp"
#include "values.hpp"

namespace noetl::nats::python {
namespace {

using js::KvEntry;

/// Entries that are taken along once one has come, so that not every one costs a release of the GIL.
constexpr std::size_t kTakenAlong = 256;
constexpr std::chrono::hours kForEver{24};

struct Bounds {
  std::optional<std::uint64_t> max_updates;
  Seconds duration, idle;
  bool until_current = false;
};

/// A watch as an iterator. One thread at a time: another one gets an error, not a wait.
class Watch {
 public:
  Watch(Session& session, const std::string& bucket, const js::KvWatchOptions& options, const Bounds& bounds, Seconds timeout)
      : gate_(session.gate()), held_(session.hold()), bounds_(bounds) {
    watch_ = session.run(timeout, [&](js::Api& api, const Wait& wait) { return js::KvWatch::open(api, bucket, options, wait); });
    end_ = Clock::now() + nanos(bounds.duration).value_or(kForEver * 365);
  }

  /// The next entry within `timeout`; nothing when none came or the watch has ended.
  std::optional<KvEntry> next(Seconds timeout) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock)
      raise({.code = Code::failed_precondition, .message = "another thread is waiting on this watch", .hint = "one watch for each"});
    if (bounds_.max_updates && given_ >= *bounds_.max_updates) ended_ = true;
    if (ready_.empty() && !ended_) fill(timeout);
    if (ended_ || ready_.empty()) return std::nullopt;
    ++given_;
    KvEntry entry = std::move(ready_.front());
    ready_.pop_front();
    revision_ = entry.revision;
    return entry;
  }
  /// For iteration: waits as long as it takes.
  KvEntry following() {
    while (true) {
      if (auto entry = next(std::nullopt)) return *std::move(entry);
      if (ended_) throw py::stop_iteration();
    }
  }
  void close() {
    ended_ = true;
    Call call(*gate_);
    const std::scoped_lock lock(mutex_);
    call.run([&](const Cancel&) {
      watch_.reset();
      return true;
    });
  }
  /// What was there at the beginning has been given out.
  [[nodiscard]] bool is_current() const { return current_ && ready_.empty(); }
  [[nodiscard]] std::uint64_t last_revision() const { return revision_; }

 private:
  void fill(Seconds timeout) {
    if (failure_) raise(*std::exchange(failure_, std::nullopt));
    Call call(*gate_);
    value_or_raise(call.run([&](const Cancel& cancel) { return wait_for_some(timeout, cancel); }));
  }
  Result<void> wait_for_some(Seconds timeout, const Cancel& cancel) {
    const auto now = Clock::now();
    const auto idle = nanos(bounds_.idle);
    const auto give_up = now + nanos(timeout).value_or(kForEver);
    const auto deadline = std::min({give_up, end_, idle ? now + *idle : give_up});
    while (ready_.empty()) {
      if (bounds_.until_current && watch_->is_current()) {
        current_ = ended_ = true;
        return {};
      }
      NN_TRY(auto entry, watch_->next({deadline, &cancel}));
      if (entry) ready_.push_back(*std::move(entry));
      current_ = watch_->is_current();
      if (!entry && Clock::now() >= deadline) {
        ended_ = Clock::now() >= end_ || idle;
        return {};
      }
    }
    take_along(cancel);
    return {};
  }
  void take_along(const Cancel& cancel) {
    while (ready_.size() < kTakenAlong && !(bounds_.until_current && current_)) {
      auto more = watch_->next({Clock::now(), &cancel});
      current_ = watch_->is_current();
      if (!more) failure_ = std::move(more).error();  // told when what is here has been given out
      if (!more || !*more) return;
      ready_.push_back(**std::move(more));
    }
  }

  std::shared_ptr<Gate> gate_;
  std::shared_ptr<Session::Held> held_;
  Bounds bounds_;
  std::unique_ptr<js::KvWatch> watch_;
  std::mutex mutex_;
  std::deque<KvEntry> ready_;
  Clock::time_point end_;
  std::uint64_t given_ = 0, revision_ = 0;
  bool current_ = false;
  std::atomic<bool> ended_ = false;
  std::optional<Error> failure_;
};

class Cache;
std::mutex caches_mutex;
std::set<Cache*>& caches() {
  static auto* all = new std::set<Cache*>;  // never destroyed: caches may end after static objects
  return *all;
}

class Cache {
 public:
  Cache(Session& session, const std::string& bucket, const js::KvWatchOptions& options, Seconds timeout)
      : gate_(session.gate()), held_(session.hold()) {
    cache_ = session.run(timeout, [&](js::Api&, const Wait& wait) { return js::KvCache::open(held_->api, bucket, options, wait); });
    const std::lock_guard lock(caches_mutex);
    caches().insert(this);
  }
  ~Cache() {
    {
      const std::lock_guard lock(caches_mutex);
      caches().erase(this);
    }
    const py::gil_scoped_release released;  // the thread does not want the GIL, but ending it takes up to 0.1 s
    cache_->close();
  }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  std::shared_ptr<KvEntry> find(const std::string& key) const {
    check();
    return cache_->find(key);
  }
  [[nodiscard]] const js::KvCache& native() const {
    check();
    return *cache_;
  }
  void close() {
    const py::gil_scoped_release released;
    cache_->close();
  }
  void end() { cache_->close(); }

 private:
  void check() const {
    if (!cache_->in_other_process()) return;
    raise({.code = Code::failed_precondition,
           .message = "this cache was made before a fork, nobody keeps it up to date here",
           .hint = "connect and make a cache in the child process"});
  }
  std::shared_ptr<Gate> gate_;
  std::shared_ptr<Session::Held> held_;
  std::unique_ptr<js::KvCache> cache_;
};

std::unique_ptr<Watch> open_watch(Session& session, const std::string& bucket, const py::dict& options, std::optional<std::uint64_t> limit,
                                  Seconds duration, Seconds idle, bool until_current, Seconds timeout) {
  return std::make_unique<Watch>(session, bucket, watch_options(options), Bounds{limit, duration, idle, until_current}, timeout);
}

std::unique_ptr<Cache> open_cache(Session& session, const std::string& bucket, const std::vector<std::string>& filters, Seconds timeout) {
  js::KvWatchOptions options;
  options.filters = filters;
  return std::make_unique<Cache>(session, bucket, options, timeout);
}

void bind_cache(py::module_& module) {
  py::class_<Cache>(module, "KvCache", "The keys of a bucket in memory, kept up to date.")
      .def("__getitem__",
           [](const Cache& cache, const std::string& key) {
             auto entry = cache.find(key);
             if (!entry) throw py::key_error(key);
             return entry;
           })
      .def(
          "get",
          [](const Cache& cache, const std::string& key, py::object otherwise) {
            auto entry = cache.find(key);
            return entry ? py::cast(std::move(entry)) : std::move(otherwise);
          },
          py::arg("key"), py::arg("default") = py::none())
      .def("__contains__", [](const Cache& cache, const std::string& key) { return cache.find(key) != nullptr; })
      .def("__len__", [](const Cache& cache) { return cache.native().size(); })
      .def("keys", [](const Cache& cache) { return cache.native().keys(); })
      .def("__iter__", [](const Cache& cache) { return py::iter(py::cast(cache.native().keys())); })
      .def_property_readonly("is_stale", [](const Cache& cache) { return cache.native().is_stale(); })
      .def_property_readonly("last_revision", [](const Cache& cache) { return cache.native().last_revision(); })
      .def("check",
           [](const Cache& cache) {
             if (const auto failure = cache.native().failure()) raise(*failure);
           })
      .def("close", &Cache::close)
      .def("__enter__", [](py::object self) { return self; })
      .def("__exit__", [](Cache& cache, const py::args&) { cache.close(); });
}

}  // namespace

js::KvWatchOptions watch_options(const py::dict& given) {
  js::KvWatchOptions options;
  options.filters = given["filters"].cast<std::vector<std::string>>();
  options.updates_only = given["updates_only"].cast<bool>();
  options.include_history = given["include_history"].cast<bool>();
  options.ignore_deletes = given["ignore_deletes"].cast<bool>();
  options.meta_only = given["meta_only"].cast<bool>();
  options.from_revision = given["from_revision"].cast<std::optional<std::uint64_t>>().value_or(0);
  return options;
}

void close_caches() {
  const std::lock_guard lock(caches_mutex);
  for (Cache* each : caches()) each->end();
}

void bind_kv_watch(py::module_& module, ClientClass& client) {
  py::class_<Watch>(module, "KvWatch", "The changes of a bucket, as an iterator.")
      .def("__iter__", [](py::object self) { return self; })
      .def("__next__", &Watch::following)
      .def("next", &Watch::next, py::arg("timeout") = py::none())
      .def_property_readonly("is_current", &Watch::is_current)
      .def_property_readonly("last_revision", &Watch::last_revision)
      .def("close", &Watch::close)
      .def("__enter__", [](py::object self) { return self; })
      .def("__exit__", [](Watch& watch, const py::args&) { watch.close(); });
  bind_cache(module);
  client.def("kv_watch", open_watch).def("kv_cache", open_cache);
}

}  // namespace noetl::nats::python
