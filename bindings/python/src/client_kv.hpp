// Keys and values of a Client.
#pragma once

#include <pybind11/pybind11.h>

#include "session.hpp"

namespace noetl::nats::python {

/// Binds KvEntry and the methods kv_*.
void bind_kv(py::module_& module, ClientClass& client);
/// Binds KvWatch and KvCache, with kv_watch and kv_cache.
void bind_kv_watch(py::module_& module, ClientClass& client);
/// At the end of the interpreter: ends the threads of caches that are still open. The GIL must not be held.
void close_caches();

}  // namespace noetl::nats::python
