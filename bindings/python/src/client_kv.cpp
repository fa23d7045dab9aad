#include "client_kv.hpp"

#include <fmt/format.h>
#include <pybind11/stl.h>

#include "base/units.hpp"
#include "jetstream/kv.hpp"
#include "values.hpp"

namespace noetl::nats::python {
namespace {

using js::KvEntry;

/// Runs `body(js::Kv&, const Wait&)` on a bucket.
template <class Body>
auto on_bucket(Session& session, const std::string& bucket, Seconds timeout, Body&& body) {
  return session.run(timeout, [&](js::Api& api, const Wait& wait) {
    js::Kv kv(api, bucket);
    return body(kv, wait);
  });
}

std::optional<KvEntry> get(Session& session, const std::string& bucket, const std::string& key, std::optional<std::uint64_t> revision,
                           Seconds timeout) {
  return on_bucket(session, bucket, timeout, [&](js::Kv& kv, const Wait& wait) {
    return revision ? kv.get_revision(key, *revision, wait) : kv.get(key, false, wait);
  });
}

std::uint64_t put(Session& session, const std::string& bucket, const std::string& key, const py::object& value, Seconds ttl,
                  Seconds timeout) {
  const std::string bytes = payload_of(value);
  return on_bucket(session, bucket, timeout, [&](js::Kv& kv, const Wait& wait) { return kv.put(key, bytes, {.ttl = nanos(ttl)}, wait); })
      .revision;
}

std::uint64_t create(Session& session, const std::string& bucket, const std::string& key, const py::object& value, Seconds ttl,
                     Seconds timeout) {
  const std::string bytes = payload_of(value);
  return on_bucket(session, bucket, timeout, [&](js::Kv& kv, const Wait& wait) { return kv.create(key, bytes, {.ttl = nanos(ttl)}, wait); })
      .revision;
}

std::uint64_t update(Session& session, const std::string& bucket, const std::string& key, const py::object& value, std::uint64_t revision,
                     Seconds ttl, Seconds timeout) {
  const std::string bytes = payload_of(value);
  return on_bucket(session, bucket, timeout,
                   [&](js::Kv& kv, const Wait& wait) { return kv.update(key, bytes, revision, {.ttl = nanos(ttl)}, wait); })
      .revision;
}

std::vector<std::string> keys(Session& session, const std::string& bucket, const std::vector<std::string>& filters, Seconds timeout) {
  return on_bucket(session, bucket, timeout, [&](js::Kv& kv, const Wait& wait) { return kv.keys({.filters = filters}, wait); });
}

std::vector<KvEntry> history(Session& session, const std::string& bucket, const std::string& key, Seconds timeout) {
  return on_bucket(session, bucket, timeout, [&](js::Kv& kv, const Wait& wait) { return kv.history(key, wait); });
}

void bind_entry(py::module_& module) {
  py::class_<KvEntry>(module, "KvEntry", "One version of a key.")
      .def_readonly("key", &KvEntry::key)
      .def_readonly("revision", &KvEntry::revision)
      .def_property_readonly("value", [](const KvEntry& entry) { return to_bytes(entry.value); })
      .def_property_readonly("text", [](const KvEntry& entry) { return to_bytes(entry.value).attr("decode")(); })
      .def("json", [](const KvEntry& entry) { return py::module_::import("json").attr("loads")(to_bytes(entry.value)); })
      .def_property_readonly("created", [](const KvEntry& entry) { return format_time(entry.created); })
      .def_property_readonly("operation", [](const KvEntry& entry) { return to_text(name_of(entry.operation)); })
      .def("__repr__", [](const KvEntry& entry) {
        return to_text(fmt::format("<noetl_nats.KvEntry {} revision {} {}>", entry.key, entry.revision, name_of(entry.operation)));
      });
}

}  // namespace

void bind_kv(py::module_& module, py::class_<Session, std::shared_ptr<Session>>& client) {
  bind_entry(module);
  client.def("kv_get", get)
      .def("kv_put", put)
      .def("kv_create", create)
      .def("kv_update", update)
      .def("kv_keys", keys)
      .def("kv_history", history);
}

}  // namespace noetl::nats::python
