#include "client_kv.hpp"

#include <fmt/format.h>
#include <pybind11/stl.h>

#include <deque>

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

/// A list, and whether the limit cut it.
std::pair<std::vector<std::string>, bool> keys(Session& session, const std::string& bucket, const std::vector<std::string>& filters,
                                               std::optional<std::uint64_t> limit, Seconds timeout) {
  js::KvKeysOptions options{.filters = filters};
  if (limit) options.limit = *limit;
  auto found = on_bucket(session, bucket, timeout, [&](js::Kv& kv, const Wait& wait) { return kv.keys(options, wait); });
  return {std::move(found.keys), found.truncated};
}

py::dict get_many(Session& session, const std::string& bucket, const std::vector<std::string>& keys, bool consistent, Seconds timeout) {
  auto found = on_bucket(session, bucket, timeout,
                         [&](js::Kv& kv, const Wait& wait) { return kv.get_many(keys, {.consistent = consistent}, wait); });
  return by_key(found);
}

py::dict put_many(Session& session, const std::string& bucket, const py::iterable& items, const py::dict& revisions, Seconds ttl,
                  Seconds timeout) {
  KvValues values(items, revisions);
  const auto written =
      on_bucket(session, bucket, timeout, [&](js::Kv& kv, const Wait& wait) { return put_values(kv, values, nanos(ttl), wait); });
  return revisions_by_key(values, written);
}

std::vector<KvEntry> history(Session& session, const std::string& bucket, const std::string& key, Seconds timeout) {
  return on_bucket(session, bucket, timeout, [&](js::Kv& kv, const Wait& wait) { return kv.history(key, wait); });
}

void bind_entry(py::module_& module) {
  py::class_<KvEntry, std::shared_ptr<KvEntry>>(module, "KvEntry", "One version of a key.")
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

py::dict by_key(std::vector<KvEntry>& entries) {
  py::dict out;
  for (auto& each : entries) {
    const py::str key(each.key);
    out[key] = py::cast(std::make_shared<KvEntry>(std::move(each)));
  }
  return out;
}

KvValues::KvValues(const py::iterable& items, const py::dict& revisions) {
  for (const auto& item : items) {
    const auto pair = item.cast<std::pair<py::object, py::object>>();
    add(pair.first, pair.second, revisions);
  }
}

void KvValues::add(py::handle key, py::handle value, const py::dict& revisions) {
  js::KvWrite write{keys.emplace_back(key.cast<std::string>()), {}};
  if (PyBytes_Check(value.ptr())) {
    owners.push_back(py::reinterpret_borrow<py::object>(value));
    write.value = {PyBytes_AS_STRING(value.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(value.ptr()))};
  } else {
    write.value = copies.emplace_back(payload_of(value));
  }
  if (revisions.contains(key)) write.revision = py::object(revisions[key]).cast<std::uint64_t>();
  writes.push_back(write);
}

Result<KvOutcomes> put_values(js::Kv& kv, const KvValues& values, std::optional<std::chrono::nanoseconds> ttl, const Wait& wait) {
  NN_TRY(auto outcomes, kv.put_many(values.writes, {.ttl = ttl}, wait));
  NN_CHECK(js::all_written(values.writes, outcomes));
  return outcomes;
}

py::dict revisions_by_key(const KvValues& values, const KvOutcomes& written) {
  py::dict out;
  for (std::size_t i = 0; i < written.size(); ++i) out[py::str(values.keys[i])] = written[i]->revision;
  return out;
}

void bind_kv(py::module_& module, ClientClass& client) {
  bind_entry(module);
  bind_kv_watch(module, client);
  client.def("kv_get", get)
      .def("kv_put", put)
      .def("kv_create", create)
      .def("kv_update", update)
      .def("kv_keys", keys)
      .def("kv_get_many", get_many)
      .def("kv_put_many", put_many)
      .def("kv_history", history);
}

}  // namespace noetl::nats::python
