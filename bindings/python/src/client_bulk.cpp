#include "client_bulk.hpp"

#include <fmt/format.h>
#include <pybind11/stl.h>

#include <deque>
#include <limits>

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

/// Takes messages from Python in chunks, and publishes each chunk without Python.
class Publishing {
 public:
  explicit Publishing(const Request& request)
      : request_(request),
        payloads_(py::iter(request.payloads)),
        subjects_(request.subjects, PyUnicode_Check(request.subjects.ptr()) != 0, "subjects"),
        headers_(request.headers, request.headers.is_none() || PyDict_Check(request.headers.ptr()) != 0, "headers"),
        ids_(request.msg_ids, request.msg_ids.is_none() || PyBool_Check(request.msg_ids.ptr()) != 0, "msg_ids"),
        makes_ids_(request.msg_ids.ptr() == Py_True) {
    if (subjects_.is_one()) subject_ = subjects_.one().cast<std::string>();
    if (headers_.is_one()) common_headers_ = headers_of(headers_.one());
    if (makes_ids_) id_prefix_ = random_name(12) + "-";
  }

  /// Reads the next messages; false when there are none. The GIL must be held, for the rest it need not be.
  bool read(std::size_t most) {
    for (std::size_t taken = 0; taken < most && payloads_ != py::iterator::sentinel(); ++taken, ++payloads_) {
      auto& item = items_.emplace_back(*payloads_);
      if (!subjects_.is_one()) item.subject = subjects_.next().cast<std::string>();
      if (!headers_.is_one()) item.headers = headers_of(headers_.next());
      if (makes_ids_)
        item.id = id_prefix_ + std::to_string(first_ + items_.size());
      else if (!ids_.is_one())
        item.id = ids_.next().cast<std::string>();
    }
    return sent_ < first_ + items_.size();
  }
  /// Lets go of the messages that are done. The GIL must be held.
  void let_go() {
    for (const auto oldest = publisher_->oldest(); first_ < oldest && !items_.empty(); ++first_) items_.pop_front();
  }

  Result<void> start(js::Api& api, const Wait& wait) {
    NN_CHECK(choose(api, wait));
    NN_TRY(publisher_, js::bulk_publisher(api, request_.options, wait));
    return {};
  }
  /// Sends what was read. False: it has stopped.
  bool send(Clock::duration time, const Cancel* cancel) {
    for (const auto end = first_ + items_.size(); sent_ < end;) {
      const auto& item = items_[static_cast<std::size_t>(sent_ - first_)];
      const js::Outgoing message{subjects_.is_one() ? std::string_view(subject_) : item.subject, item.payload.view,
                                 item.headers ? &*item.headers : &common_headers_, item.id};
      ++sent_;
      // The time counts anew for each: it is for a server that does not answer, not for the whole.
      if (!publisher_->add(message, Wait::for_duration(time, cancel))) return false;
    }
    return true;
  }
  PublishResult finish(const Wait& wait) { return {publisher_->finish(wait), request_.options.mode, chosen_.reason}; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }

 private:
  Result<void> choose(js::Api& api, const Wait& wait) {
    if (request_.mode == "atomic") {
      request_.options.mode = js::BulkMode::atomic;
    } else if (request_.mode == "fast") {
      request_.options.mode = js::BulkMode::fast;
    } else if (request_.mode == "auto") {
      if (items_.size() < kChunk)  // looking at the stream would cost more than it gives
        chosen_.reason = fmt::format("fewer than {} messages", kChunk);
      else if (!subjects_.is_one() || makes_ids_ || !ids_.is_one())
        chosen_.reason = "fast ingest is for one subject, without message ids";
      else
        chosen_ = js::choose_bulk_mode(api, subject_, wait);
      request_.options.mode = chosen_.mode;
    } else if (request_.mode != "window") {
      return fail(Code::invalid_argument,
                  fmt::format("js_publish_many: mode: {} is not auto, window, atomic or fast", in_quotes(request_.mode)));
    }
    return {};
  }

  Request request_;
  py::iterator payloads_;
  Column subjects_, headers_, ids_;
  bool makes_ids_;
  std::string subject_, id_prefix_;
  wire::Headers common_headers_;
  std::deque<Item> items_;  ///< from index first_ on
  std::uint64_t first_ = 0, sent_ = 0;
  js::ChosenMode chosen_;
  std::unique_ptr<js::BulkPublisher> publisher_;  // ends before what its messages point to
};

Request request_of(const py::object& subjects, const py::object& payloads, const py::object& headers, const py::object& msg_ids,
                   const std::optional<std::string>& stream, Seconds ttl, const std::string& mode, std::size_t window, std::size_t batch,
                   bool stop_on_error, const py::object& progress, Seconds timeout) {
  Request request{subjects, payloads, headers, msg_ids, {}, mode, progress, timeout};
  request.options.window = window;
  request.options.batch = batch;
  request.options.stop_on_error = stop_on_error;
  request.options.each = {.stream = stream.value_or(""), .ttl = nanos(ttl)};
  return request;
}

PublishResult publish_now(Session& session, const Request& request) {
  const auto held = session.hold();
  const auto time = nanos(request.timeout).value_or(held->time);
  Publishing publishing(request);
  publishing.read(kChunk);
  session.run_on(*session.gate(), *held, request.timeout, [&](js::Api& api, const Wait& wait) { return publishing.start(api, wait); });
  for (bool going = true; going && publishing.read(kChunk);) {
    Call call(*session.gate());
    going = call.run([&](const Cancel& cancel) { return publishing.send(time, &cancel); });
    publishing.let_go();
    if (!request.progress.is_none()) request.progress(publishing.sent());
  }
  return session.run_on(*session.gate(), *held, request.timeout,
                        [&](js::Api&, const Wait& wait) -> Result<PublishResult> { return publishing.finish(wait); });
}

/// The messages are read before the first is sent: the fiber cannot call Python.
void publish_in_loop(LoopSession& session, py::object future, const Request& request) {
  auto publishing = std::make_shared<Publishing>(request);
  publishing->read(std::numeric_limits<std::size_t>::max());
  const auto time = nanos(request.timeout);
  session.start(
      std::move(future), request.timeout,
      [publishing, time](js::Api& api, const Wait& wait) -> Result<PublishResult> {
        NN_CHECK(publishing->start(api, wait));
        const auto each = time.value_or(wait.remaining());
        publishing->send(each, wait.cancel);
        return publishing->finish(Wait::for_duration(each, wait.cancel));
      },
      [](const PublishResult& result) { return py::cast(result); });
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

void bind_bulk(py::module_& module, ClientClass& client, py::class_<LoopSession>& loop_client) {
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
  client.def("js_publish_many", [](Session& session, const py::object& subjects, const py::object& payloads, const py::object& headers,
                                   const py::object& ids, std::optional<std::string> stream, Seconds ttl, const std::string& mode,
                                   std::size_t window, std::size_t batch, bool stop, const py::object& progress, Seconds timeout) {
    return publish_now(session, request_of(subjects, payloads, headers, ids, stream, ttl, mode, window, batch, stop, progress, timeout));
  });
  loop_client.def("js_publish_many", [](LoopSession& session, py::object future, const py::object& subjects, const py::object& payloads,
                                        const py::object& headers, const py::object& ids, std::optional<std::string> stream, Seconds ttl,
                                        const std::string& mode, std::size_t window, std::size_t batch, bool stop, Seconds timeout) {
    publish_in_loop(session, std::move(future),
                    request_of(subjects, payloads, headers, ids, stream, ttl, mode, window, batch, stop, py::none(), timeout));
  });
}

}  // namespace noetl::nats::python
