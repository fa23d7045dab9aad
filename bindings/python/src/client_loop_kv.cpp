#include "client_loop_kv.hpp"

#include <pybind11/stl.h>

#include "jetstream/kv.hpp"
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

void get(LoopSession& session, py::object future, std::string bucket, std::string key, std::optional<std::uint64_t> revision, Seconds timeout) {
  on_bucket(
      session, std::move(future), std::move(bucket), timeout,
      [key = std::move(key), revision](js::Kv& kv, const Wait& wait) {
        return revision ? kv.get_revision(key, *revision, wait) : kv.get(key, false, wait);
      },
      kCast);
}

void put(LoopSession& session, py::object future, std::string bucket, std::string key, const py::object& value, Seconds ttl, Seconds timeout) {
  on_bucket(
      session, std::move(future), std::move(bucket), timeout,
      [key = std::move(key), bytes = payload_of(value), ttl](js::Kv& kv, const Wait& wait) { return kv.put(key, bytes, {.ttl = nanos(ttl)}, wait); },
      kRevision);
}

void create(LoopSession& session, py::object future, std::string bucket, std::string key, const py::object& value, Seconds ttl,
            Seconds timeout) {
  on_bucket(
      session, std::move(future), std::move(bucket), timeout,
      [key = std::move(key), bytes = payload_of(value), ttl](js::Kv& kv, const Wait& wait) { return kv.create(key, bytes, {.ttl = nanos(ttl)}, wait); },
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

void keys(LoopSession& session, py::object future, std::string bucket, std::vector<std::string> filters, Seconds timeout) {
  on_bucket(
      session, std::move(future), std::move(bucket), timeout,
      [filters = std::move(filters)](js::Kv& kv, const Wait& wait) { return kv.keys({.filters = filters}, wait); }, kCast);
}

void history(LoopSession& session, py::object future, std::string bucket, std::string key, Seconds timeout) {
  on_bucket(
      session, std::move(future), std::move(bucket), timeout,
      [key = std::move(key)](js::Kv& kv, const Wait& wait) { return kv.history(key, wait); }, kCast);
}

}  // namespace

void bind_loop_kv(py::class_<LoopSession>& client) {
  client.def("kv_get", get).def("kv_put", put).def("kv_create", create).def("kv_update", update).def("kv_keys", keys).def("kv_history", history);
}

}  // namespace noetl::nats::python
