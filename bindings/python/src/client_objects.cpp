#include "client_objects.hpp"

#include <fmt/format.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cstring>

#include "base/units.hpp"
#include "engine/object_files.hpp"
#include "values.hpp"

namespace noetl::nats::python {
namespace {

constexpr std::chrono::milliseconds kProgressEvery{100};

/// The callback of the caller, as often as a person can see.
ObjectProgress progress_to(Call& call, const py::object& callback) {
  if (callback.is_none()) return {};
  return [&call, &callback, shown = Clock::time_point{}](std::uint64_t done, std::uint64_t size) mutable {
    if (done != size && Clock::now() - shown < kProgressEvery) return;
    shown = Clock::now();
    call.with_gil([&] { callback(done, size > 0 ? py::object(py::int_(size)) : py::object(py::none())); });
  };
}

/// Runs `body` with the GIL; `cancelled` when it raised, or when the interpreter ends.
template <class Body>
Result<void> in_python(Call& call, Body&& body) {
  bool done = false;
  call.with_gil([&] {
    try {
      body();
    } catch (py::builtin_exception& error) {  // pybind11's own: as exceptions of Python they stop the call
      error.set_error();
      throw py::error_already_set();
    }
    done = true;
  });
  if (done) return {};
  return cancelled();
}

bool is_path(const py::object& file) { return PyUnicode_Check(file.ptr()) || py::hasattr(file, "__fspath__"); }
std::string path_of(const py::object& file) { return py::module_::import("os").attr("fspath")(file).cast<std::string>(); }

/// Reads from an object with `read`, which must be open in binary mode.
js::ObjectSource source_of(Call& call, const py::object& file) {
  return [&call, &file](char* buffer, std::size_t size) -> Result<std::size_t> {
    std::size_t filled = 0;
    bool ended = false;
    while (filled < size && !ended) {
      NN_CHECK(in_python(call, [&] {
        const py::object piece = file.attr("read")(size - filled);
        Py_buffer view{};
        const auto bytes = bytes_view(piece, view);
        if (!bytes) throw py::type_error("file.read() must give bytes: open the file in binary mode");
        if (bytes->size() <= size - filled) std::memcpy(buffer + filled, bytes->data(), bytes->size());
        const std::size_t length = bytes->size();
        PyBuffer_Release(&view);
        if (length > size - filled) throw py::value_error("file.read(n) gave more than n bytes");
        filled += length;
        ended = length == 0;
      }));
    }
    return filled;
  };
}

/// `write` of a raw file may take a part.
void write_all(const py::object& file, std::string_view piece) {
  while (!piece.empty()) {
    const py::object written = file.attr("write")(to_bytes(piece));
    if (written.is_none()) return;  // what is like a file need not say
    const auto length = written.cast<std::size_t>();
    if (length == 0 || length > piece.size()) throw py::value_error("file.write() did not write");
    piece.remove_prefix(length);
  }
}

js::ObjectMeta meta_of(const std::string& name, const py::dict& given) {
  js::ObjectMeta meta{.name = name, .description = given["description"].cast<std::optional<std::string>>()};
  std::vector<ValueProblem> problems;
  for (const auto& [member, target] : {std::pair("headers", &meta.headers), std::pair("metadata", &meta.metadata)})
    if (!given[member].is_none()) *target = to_json(given[member], member, problems);
  for (auto& [key, value] : meta.headers.items())
    if (value.is_string()) value = Json::array({value});
  if (!problems.empty()) raise(error_of("object_put", problems));
  if (const auto size = given["chunk_size"].cast<std::optional<std::uint64_t>>()) meta.chunk_size = *size;
  return meta;
}

ObjectWritten put(Session& session, const std::string& bucket, const std::string& name, const py::object& data, const py::object& file,
                  const py::dict& given, bool skip_if_same, const py::object& progress, Seconds timeout) {
  const js::ObjectMeta meta = meta_of(name, given);
  value_or_raise(js::check_object_name(name));
  Py_buffer view{};
  const auto bytes = file.is_none() ? bytes_view(data, view) : std::nullopt;
  const std::string copy = file.is_none() && !bytes ? payload_of(data) : std::string();
  const std::string path = !file.is_none() && is_path(file) ? path_of(file) : std::string();
  struct Release {
    Py_buffer* view;
    ~Release() {
      if (view->obj != nullptr) PyBuffer_Release(view);
    }
  } release{&view};
  return session.run_calling(timeout, [&](js::Api& api, const Wait& wait, Call& call) -> Result<ObjectWritten> {
    NN_TRY(auto input, !path.empty()     ? ObjectInput::open(path)
                       : !file.is_none() ? Result<ObjectInput>(ObjectInput(source_of(call, file)))
                                         : Result<ObjectInput>(ObjectInput(bytes.value_or(copy))));
    js::Objects objects(api, bucket);
    return write_object(objects, meta, input, skip_if_same, progress_to(call, progress), wait);
  });
}

py::bytes get_bytes(Session& session, const std::string& bucket, const std::string& name, bool verify, const py::object& progress,
                    Seconds timeout) {
  py::bytes out;
  char* at = nullptr;
  std::uint64_t done = 0, size = 0;
  session.run_calling(timeout, [&](js::Api& api, const Wait& wait, Call& call) {
    const auto show = progress_to(call, progress);
    const auto begin = [&](const js::ObjectInfo& info, js::Sha256&) -> Result<std::uint64_t> {
      done = 0;
      size = info.size;
      NN_CHECK(in_python(call, [&] {
        out = py::reinterpret_steal<py::bytes>(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size)));
        if (!out) throw py::error_already_set();
        at = PyBytes_AS_STRING(out.ptr());
      }));
      return 0;
    };
    const auto write = [&](std::string_view piece) -> Result<void> {
      std::memcpy(at + done, piece.data(), piece.size());  // the transfer lets no more through than info.size
      done += piece.size();
      if (show) show(done, size);
      return {};
    };
    return js::Objects(api, bucket).get(name, {begin, write}, verify, wait);
  });
  return out;
}

/// Into an object with `write`. When the object is replaced while it is read, the file is cut back to where it stood.
js::ObjectInfo get_into(Session& session, const std::string& bucket, const std::string& name, const py::object& file, bool verify,
                        const py::object& progress, Seconds timeout) {
  const bool seeks = py::hasattr(file, "seekable") && file.attr("seekable")().cast<bool>();
  const py::object start = seeks ? file.attr("tell")() : py::none();
  std::uint64_t done = 0, size = 0;
  int begun = 0;
  return session.run_calling(timeout, [&](js::Api& api, const Wait& wait, Call& call) {
    const auto show = progress_to(call, progress);
    const auto begin = [&](const js::ObjectInfo& info, js::Sha256&) -> Result<std::uint64_t> {
      size = info.size;
      if (++begun == 1) return 0;
      if (done > 0 && !seeks)
        return fail(Code::unavailable, fmt::format("object '{}' was replaced while it was read", name), "read it again, into a new file");
      done = 0;
      NN_CHECK(in_python(call, [&] {
        if (!seeks) return;
        file.attr("seek")(start);
        file.attr("truncate")();
      }));
      return 0;
    };
    const auto write = [&](std::string_view piece) -> Result<void> {
      NN_CHECK(in_python(call, [&] { write_all(file, piece); }));
      done += piece.size();
      if (show) show(done, size);
      return {};
    };
    return js::Objects(api, bucket).get(name, {begin, write}, verify, wait);
  });
}

py::object get(Session& session, const std::string& bucket, const std::string& name, const py::object& file, bool verify, bool resume,
               const py::object& progress, Seconds timeout) {
  value_or_raise(js::check_object_name(name));
  if (file.is_none()) return get_bytes(session, bucket, name, verify, progress, timeout);
  if (!is_path(file)) return py::cast(ObjectWritten{get_into(session, bucket, name, file, verify, progress, timeout), false, {}});
  const std::string path = path_of(file);
  auto info = session.run_calling(timeout, [&](js::Api& api, const Wait& wait, Call& call) {
    js::Objects objects(api, bucket);
    return object_to_file(objects, name, path, {.verify = verify, .resume = resume}, progress_to(call, progress), wait);
  });
  return py::cast(ObjectWritten{std::move(info), false, {}});
}

}  // namespace

void bind_objects(py::module_& module, ClientClass& client) {
  using O = ObjectWritten;
  py::class_<O>(module, "ObjectInfo", "An object that was written or read.")
      .def_property_readonly("bucket", [](const O& o) { return o.info.bucket; })
      .def_property_readonly("name", [](const O& o) { return o.info.name; })
      .def_property_readonly("size", [](const O& o) { return o.info.size; })
      .def_property_readonly("chunks", [](const O& o) { return o.info.chunks; })
      .def_property_readonly("digest", [](const O& o) { return o.info.digest; })
      .def_property_readonly("mtime", [](const O& o) { return format_time(o.info.mtime); })
      .def_property_readonly("description", [](const O& o) { return o.info.description; })
      .def_property_readonly("headers", [](const O& o) { return to_python(o.info.headers); })
      .def_property_readonly("metadata", [](const O& o) { return to_python(o.info.metadata); })
      .def_readonly("changed", &O::changed)
      .def_readonly("warnings", &O::warnings)
      .def("__repr__", [](const O& o) {
        return to_text(fmt::format("<noetl_nats.ObjectInfo {} {}>", o.info.name, human_size(static_cast<std::int64_t>(o.info.size))));
      });
  client.def("object_put", put).def("object_get", get);
}

}  // namespace noetl::nats::python
