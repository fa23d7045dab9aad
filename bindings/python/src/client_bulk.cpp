#include "client_bulk.hpp"

#include <fmt/format.h>
#include <pybind11/stl.h>

#include <deque>

#include "base/bytes.hpp"
#include "base/names.hpp"
#include "headers.hpp"
#include "jetstream/bulk.hpp"
#include "values.hpp"

namespace noetl::nats::python {
namespace {

/// So many messages are taken from Python at a time; the others get the GIL in between.
constexpr std::size_t kChunk = 2048;

struct PublishResult {
  js::BulkReport report;
  js::BulkMode mode = js::BulkMode::window;
  std::string reason;
};

/// Bytes of a Python object, which is kept alive; a copy for what can change.
struct Bytes {
  py::object owner;
  std::string copy;
  std::string_view view;

  explicit Bytes(py::handle data) {
    if (PyBytes_Check(data.ptr())) {
      owner = py::reinterpret_borrow<py::object>(data);
      view = {PyBytes_AS_STRING(data.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(data.ptr()))};
    } else {
      copy = payload_of(data);
      view = copy;
    }
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
};

struct Item {
  explicit Item(py::handle data) : payload(data) {}
  Bytes payload;
  std::string subject, id;
  std::optional<wire::Headers> headers;
};

/// One value for all messages, or an iterator over one for each.
class Column {
 public:
  Column(const py::object& given, bool is_one, const char* name) : one_(given), name_(name) {
    if (!is_one) each_ = py::iter(given);
  }
  [[nodiscard]] bool is_one() const { return !each_; }
  [[nodiscard]] const py::object& one() const { return one_; }
  [[nodiscard]] py::object next() {
    auto& each = *each_;
    if (each == py::iterator::sentinel())
      throw py::value_error(fmt::format("js_publish_many: {} has fewer items than there are messages", name_));
    py::object value = py::reinterpret_borrow<py::object>(*each);
    ++each;
    return value;
  }

 private:
  py::object one_;
  const char* name_;
  std::optional<py::iterator> each_;
};

struct Request {
  py::object subjects, payloads, headers, msg_ids;
  js::BulkOptions options;
  std::string mode;
  py::object progress;
  Seconds timeout;
};

/// Takes messages from Python in chunks, and publishes each chunk without the GIL.
class Publishing {
 public:
  Publishing(Session& session, const Request& request)
      : session_(session),
        held_(session.hold()),
        request_(request),
        payloads_(py::iter(request.payloads)),
        subjects_(request.subjects, PyUnicode_Check(request.subjects.ptr()) != 0, "subjects"),
        headers_(request.headers, request.headers.is_none() || PyDict_Check(request.headers.ptr()) != 0, "headers"),
        ids_(request.msg_ids, request.msg_ids.is_none() || PyBool_Check(request.msg_ids.ptr()) != 0, "msg_ids"),
        makes_ids_(request.msg_ids.ptr() == Py_True) {
    if (subjects_.is_one()) subject_ = subjects_.one().cast<std::string>();
    if (headers_.is_one()) common_headers_ = headers_of(headers_.one());
    if (makes_ids_) id_prefix_ = random_name(12) + "-";
  }

  PublishResult run() {
    read_chunk();
    start();
    while (send_chunk()) read_chunk();
    return finish();
  }

 private:
  void start() {
    auto& options = request_.options;
    session_.run_on(*session_.gate(), *held_, request_.timeout, [&](js::Api& api, const Wait& wait) -> Result<void> {
      NN_CHECK(choose(api, wait));
      NN_TRY(publisher_, js::bulk_publisher(api, options, wait));
      return {};
    });
  }

  Result<void> choose(js::Api& api, const Wait& wait) {
    const bool single = items_.size() < kChunk;  // looking at the stream would cost more than it gives
    if (request_.mode == "atomic") {
      request_.options.mode = js::BulkMode::atomic;
    } else if (request_.mode == "fast") {
      request_.options.mode = js::BulkMode::fast;
    } else if (request_.mode == "auto") {
      if (single)
        chosen_.reason = fmt::format("fewer than {} messages", kChunk);
      else if (!subjects_.is_one() || makes_ids_ || !ids_.is_one())
        chosen_.reason = "fast ingest is for one subject, without message ids";
      else
        chosen_ = js::choose_bulk_mode(api, subject_, wait);
      request_.options.mode = chosen_.mode;
    } else if (request_.mode != "window") {
      return fail(Code::invalid_argument, fmt::format("js_publish_many: mode: {} is not auto, window, atomic or fast", in_quotes(request_.mode)));
    }
    return {};
  }

  void read_chunk() {
    for (std::size_t taken = 0; taken < kChunk && payloads_ != py::iterator::sentinel(); ++taken, ++payloads_) {
      auto& item = items_.emplace_back(*payloads_);
      if (!subjects_.is_one()) item.subject = subjects_.next().cast<std::string>();
      if (!headers_.is_one()) item.headers = headers_of(headers_.next());
      if (makes_ids_)
        item.id = id_prefix_ + std::to_string(first_ + items_.size());
      else if (!ids_.is_one())
        item.id = ids_.next().cast<std::string>();
    }
  }

  /// False when there is nothing more to send.
  bool send_chunk() {
    const auto end = first_ + items_.size();
    if (sent_ == end) return false;
    const auto time = nanos(request_.timeout).value_or(held_->time);
    Call call(*session_.gate());
    const bool going = call.run([&](const Cancel& cancel) {
      while (sent_ < end) {
        const auto& item = items_[static_cast<std::size_t>(sent_ - first_)];
        const js::Outgoing message{subjects_.is_one() ? std::string_view(subject_) : item.subject, item.payload.view,
                                   item.headers ? &*item.headers : &common_headers_, item.id};
        ++sent_;
        // The time counts anew for each: it is for a server that does not answer, not for the whole.
        if (!publisher_->add(message, Wait::for_duration(time, &cancel))) return false;
      }
      return true;
    });
    for (const auto oldest = publisher_->oldest(); first_ < oldest && !items_.empty(); ++first_) items_.pop_front();
    if (!request_.progress.is_none()) request_.progress(sent_);
    return going;
  }

  PublishResult finish() {
    PublishResult out;
    session_.run_on(*session_.gate(), *held_, request_.timeout, [&](js::Api&, const Wait& wait) -> Result<void> {
      out.report = publisher_->finish(wait);
      return {};
    });
    out.mode = request_.options.mode;
    out.reason = chosen_.reason;
    return out;
  }

  Session& session_;
  std::shared_ptr<Session::Held> held_;
  Request request_;
  py::iterator payloads_;
  Column subjects_, headers_, ids_;
  bool makes_ids_;
  std::string subject_, id_prefix_;
  wire::Headers common_headers_;
  std::deque<Item> items_;   ///< from index first_ on
  std::uint64_t first_ = 0, sent_ = 0;
  js::ChosenMode chosen_;
  std::unique_ptr<js::BulkPublisher> publisher_;  // before what its messages point to
};

PublishResult publish_many(Session& session, const py::object& subjects, const py::object& payloads, const py::object& headers,
                           const py::object& msg_ids, std::optional<std::string> stream, Seconds ttl, const std::string& mode,
                           std::size_t window, std::size_t batch, bool stop_on_error, const py::object& progress, Seconds timeout) {
  Request request{subjects, payloads, headers, msg_ids, {}, mode, progress, timeout};
  request.options.window = window;
  request.options.batch = batch;
  request.options.stop_on_error = stop_on_error;
  request.options.each = {.stream = stream.value_or(""), .ttl = nanos(ttl)};
  return Publishing(session, request).run();
}

py::list errors_of(const PublishResult& result) {
  py::list out;
  for (const auto& [index, error] : result.report.failures) out.append(py::make_tuple(index, exception_of(error)));
  return out;
}

std::string shown(const PublishResult& result) {
  const auto& report = result.report;
  return fmt::format("<noetl_nats.PublishResult {} stored, {} duplicates, {} refused, {} unknown{}>", report.count - report.duplicates,
                     report.duplicates, report.failures.size(), report.unknown.size(), report.not_sent ? ", stopped early" : "");
}

}  // namespace

void bind_bulk(py::module_& module, py::class_<Session>& client) {
  py::class_<PublishResult>(module, "PublishResult", "What became of the messages of js_publish_many.")
      .def_property_readonly("count", [](const PublishResult& result) { return result.report.count; })
      .def_property_readonly("duplicates", [](const PublishResult& result) { return result.report.duplicates; })
      .def_property_readonly("first_seq", [](const PublishResult& result) { return result.report.first_sequence; })
      .def_property_readonly("last_seq", [](const PublishResult& result) { return result.report.last_sequence; })
      .def_property_readonly("streams", [](const PublishResult& result) { return py::list(py::cast(result.report.streams)); })
      .def_property_readonly("errors", errors_of)
      .def_property_readonly("unknown", [](const PublishResult& result) { return result.report.unknown; })
      .def_property_readonly("not_sent", [](const PublishResult& result) { return result.report.not_sent; })
      .def_property_readonly("stopped",
                             [](const PublishResult& result) -> py::object {
                               if (result.report.stopped) return exception_of(*result.report.stopped);
                               return py::none();
                             })
      .def_property_readonly("mode", [](const PublishResult& result) { return to_text(name_of(result.mode)); })
      .def_property_readonly("mode_reason", [](const PublishResult& result) { return to_text(result.reason); })
      .def_property_readonly("ok", [](const PublishResult& result) { return result.report.complete(); })
      .def("raise_for_errors",
           [](const PublishResult& result) {
             const auto& report = result.report;
             if (report.stopped) raise(*report.stopped);
             if (!report.failures.empty()) raise(report.failures.front().error);
             if (report.unknown.empty()) return;
             raise({.code = Code::unavailable,
                    .message = fmt::format("{} messages were sent and not acknowledged", report.unknown.size()),
                    .hint = "give msg_ids, and publish them again: the stream stores an id once",
                    .maybe_applied = true});
           })
      .def("__repr__", [](const PublishResult& result) { return to_text(shown(result)); });
  client.def("js_publish_many", publish_many);
}

}  // namespace noetl::nats::python
