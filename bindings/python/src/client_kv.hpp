// Keys and values of a Client.
#pragma once

#include <pybind11/pybind11.h>

#include <deque>
#include <string>
#include <vector>

#include "jetstream/kv_watch.hpp"
#include "session.hpp"

namespace noetl::nats::python {

/// The bytes of many values: those of `bytes` objects are not copied.
struct KvValues {
  /// Pairs of key and value; `revisions` of some of the keys.
  KvValues(const py::iterable& items, const py::dict& revisions);
  std::deque<std::string> keys, copies;
  std::vector<py::object> owners;
  std::vector<js::KvWrite> writes;

 private:
  void add(py::handle key, py::handle value, const py::dict& revisions);
};
using KvOutcomes = std::vector<Result<js::KvPut>>;

/// Fails unless all were written.
[[nodiscard]] Result<KvOutcomes> put_values(js::Kv& kv, const KvValues& values, std::optional<std::chrono::nanoseconds> ttl,
                                            const Wait& wait);
[[nodiscard]] py::dict revisions_by_key(const KvValues& values, const KvOutcomes& written);
/// Moves the entries into a dict.
[[nodiscard]] py::dict by_key(std::vector<js::KvEntry>& entries);
[[nodiscard]] js::KvWatchOptions watch_options(const py::dict& given);

/// Binds KvEntry and the methods kv_*.
void bind_kv(py::module_& module, ClientClass& client);
/// Binds KvWatch and KvCache, with kv_watch and kv_cache.
void bind_kv_watch(py::module_& module, ClientClass& client);
/// At the end of the interpreter: ends the threads of caches that are still open. The GIL must not be held.
void close_caches();

}  // namespace noetl::nats::python
