#include "client_loop_kv.hpp"

#include <pybind11/stl.h>

#include "client_kv.hpp"
#include "jetstream/kv_watch.hpp"
#include "values.hpp"

namespace noetl::nats::python {
namespace {

/// Starts `body(js::Kv&, const Wait&)` on a bucket; `make` makes the result of what it gives.
template <class Body, class Make>
void on_bucket(LoopSession& session, py::object future, std::string bucket, Seconds timeout, Body body, Make make) {
  session.start(
      std::move(future), timeout,
      [bucket = std::move(bucket), body = std::move(body)](js::Api& api, const Wait& wait) {
        js::Kv kv(api, bucket);
        return body(kv, wait);
      },
      std::move(make));
}

constexpr auto kCast = [](auto& value) { return py::cast(std::move(value)); };
constexpr auto kRevision = [](const js::KvPut& put) -> py::object { return py::int_(put.revision); };

void get(LoopSession& session, py::object future, std::string bucket, std::string key, std::optional<std::uint64_t> revision,
         Seconds timeout) {
  on_bucket(
      session, std::move(future), std::move(bucket), timeout,
      [key = std::move(key), revision](js::Kv& kv, const Wait& wait) {
        return revision ? kv.get_revision(key, *revision, wait) : kv.get(key, false, wait);
      },
      kCast);
}

void put(LoopSession& session, py::object future, std::string bucket, std::string key, const py::object& value, Seconds ttl,
         Seconds timeout) {
  on_bucket(
      session, std::move(future), std::move(bucket), timeout,
      [key = std::move(key), bytes = payload_of(value), ttl](js::Kv& kv, const Wait& wait) {
        return kv.put(key, bytes, {.ttl = nanos(ttl)}, wait);
      },
      kRevision);
}

void create(LoopSession& session, py::object future, std::string bucket, std::string key, const py::object& value, Seconds ttl,
            Seconds timeout) {
  on_bucket(
      session, std::move(future), std::move(bucket), timeout,
      [key = std::move(key), bytes = payload_of(value), ttl](js::Kv& kv, const Wait& wait) {
        return kv.create(key, bytes, {.ttl = nanos(ttl)}, wait);
      },
      kRevision);
}

void update(LoopSession& session, py::object future, std::string bucket, std::string key, const py::object& value, std::uint64_t revision,
            Seconds ttl, Seconds timeout) {
  on_bucket(
      session, std::move(future), std::move(bucket), timeout,
      [key = std::move(key), bytes = payload_of(value), revision, ttl](js::Kv& kv, const Wait& wait) {
        return kv.update(key, bytes, revision, {.ttl = nanos(ttl)}, wait);
      },
      kRevision);
}

void keys(LoopSession& session, py::object future, std::string bucket, std::vector<std::string> filters, std::optional<std::uint64_t> limit,
          Seconds timeout) {
  js::KvKeysOptions options{.filters = std::move(filters)};
  if (limit) options.limit = *limit;
  on_bucket(
      session, std::move(future), std::move(bucket), timeout,
      [options = std::move(options)](js::Kv& kv, const Wait& wait) { return kv.keys(options, wait); },
      [](js::KvKeys& found) { return py::cast(std::move(found.keys)); });
}

void get_many(LoopSession& session, py::object future, std::string bucket, std::vector<std::string> keys, bool consistent,
              Seconds timeout) {
  on_bucket(
      session, std::move(future), std::move(bucket), timeout,
      [keys = std::move(keys), consistent](js::Kv& kv, const Wait& wait) { return kv.get_many(keys, {.consistent = consistent}, wait); },
      [](std::vector<js::KvEntry>& entries) { return by_key(entries); });
}

void put_many(LoopSession& session, py::object future, std::string bucket, const py::iterable& items, const py::dict& revisions,
              Seconds ttl, Seconds timeout) {
  auto values = std::make_shared<KvValues>(items, revisions);
  on_bucket(
      session, std::move(future), std::move(bucket), timeout,
      [values, ttl](js::Kv& kv, const Wait& wait) { return put_values(kv, *values, nanos(ttl), wait); },
      [values](const KvOutcomes& written) { return revisions_by_key(*values, written); });
}

void history(LoopSession& session, py::object future, std::string bucket, std::string key, Seconds timeout) {
  on_bucket(
      session, std::move(future), std::move(bucket), timeout,
      [key = std::move(key)](js::Kv& kv, const Wait& wait) { return kv.history(key, wait); }, kCast);
}

/// A watch of an event loop. Its `next` runs in a fiber; one at a time.
class LoopWatch {
 public:
  explicit LoopWatch(std::unique_ptr<js::KvWatch> watch) : watch_(std::move(watch)) {}

  /// The next entries: those that are here, else what comes first. An empty list: none came in time, or it has become current.
  Result<std::vector<js::KvEntry>> next(const Wait& wait) {
    std::vector<js::KvEntry> out;
    for (Wait patience = wait; out.size() < kTakenAlong; patience = wait.at_most({})) {
      auto entry = watch_->next(patience);
      if (!entry && out.empty()) return fail(std::move(entry).error());
      if (!entry || !*entry) break;  // an error comes again
      out.push_back(**std::move(entry));
    }
    return out;
  }
  [[nodiscard]] bool is_current() const { return watch_->is_current(); }
  [[nodiscard]] std::uint64_t last_revision() const { return watch_->last_revision(); }

 private:
  static constexpr std::size_t kTakenAlong = 256;
  std::unique_ptr<js::KvWatch> watch_;
};

void watch(LoopSession& session, py::object future, std::string bucket, const py::dict& options, Seconds timeout) {
  session.start(
      std::move(future), timeout,
      [bucket = std::move(bucket), options = watch_options(options)](js::Api& api, const Wait& wait) {
        return js::KvWatch::open(api, bucket, options, wait);
      },
      [](std::unique_ptr<js::KvWatch>& opened) { return py::cast(std::make_shared<LoopWatch>(std::move(opened))); });
}

void watch_next(LoopSession& session, py::object future, std::shared_ptr<LoopWatch> from, Seconds timeout) {
  session.start(
      std::move(future), timeout, [from = std::move(from)](js::Api&, const Wait& wait) { return from->next(wait); }, kCast);
}

}  // namespace

void bind_loop_kv(py::module_& module, py::class_<LoopSession>& client) {
  py::class_<LoopWatch, std::shared_ptr<LoopWatch>>(module, "LoopWatch")
      .def_property_readonly("is_current", &LoopWatch::is_current)
      .def_property_readonly("last_revision", &LoopWatch::last_revision);
  client.def("kv_get", get)
      .def("kv_put", put)
      .def("kv_create", create)
      .def("kv_update", update)
      .def("kv_keys", keys)
      .def("kv_history", history)
      .def("kv_get_many", get_many)
      .def("kv_put_many", put_many)
      .def("kv_watch", watch)
      .def("kv_watch_next", watch_next);
}

}  // namespace noetl::nats::python
