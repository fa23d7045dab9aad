#include "client_fetch.hpp"

#include <fmt/format.h>
#include <pybind11/stl.h>

#include "base/names.hpp"
#include "base/units.hpp"
#include "batch.hpp"
#include "headers.hpp"
#include "jetstream/read_messages.hpp"
#include "values.hpp"

namespace noetl::nats::python {
namespace {

using State = std::shared_ptr<BatchState>;

/// One message of a batch. Keeps the batch alive.
struct BatchMessage {
  State batch;
  std::size_t index = 0;
  [[nodiscard]] const js::Delivered& get() const { return batch->at(index); }
  void settle(std::string_view verb, bool confirm, Seconds timeout) const { batch->settle({index}, verb, confirm, timeout); }
};

struct Batch {
  State state;
  js::End end = js::End::once;
};

double seconds_of(std::int64_t unix_nanos) { return static_cast<double>(unix_nanos) / 1e9; }

void bind_batch_message(py::module_& module) {
  py::class_<BatchMessage>(module, "BatchMessage", "A message of a batch.", py::buffer_protocol())
      .def_buffer([](const BatchMessage& message) {
        const auto data = message.get().message.data();
        return py::buffer_info(const_cast<char*>(data.data()), sizeof(char), py::format_descriptor<unsigned char>::format(), 1,
                               {static_cast<py::ssize_t>(data.size())}, {sizeof(char)}, true);
      })
      .def_property_readonly("data", [](const BatchMessage& message) { return to_bytes(message.get().message.data()); })
      .def_property_readonly("view",
                             [](const py::object& self) { return py::reinterpret_steal<py::object>(PyMemoryView_FromObject(self.ptr())); })
      .def_property_readonly("text", [](const BatchMessage& message) { return to_bytes(message.get().message.data()).attr("decode")(); })
      .def("json",
           [](const BatchMessage& message) { return py::module_::import("json").attr("loads")(to_bytes(message.get().message.data())); })
      .def_property_readonly("subject", [](const BatchMessage& message) { return to_text(message.get().message.subject()); })
      .def_property_readonly("reply", [](const BatchMessage& message) { return to_text(message.get().message.reply()); })
      .def_property_readonly("headers", [](const BatchMessage& message) { return headers_to_python(message.get().message.headers()); })
      .def_property_readonly("seq", [](const BatchMessage& message) { return message.get().delivery.stream_sequence; })
      .def_property_readonly("consumer_seq", [](const BatchMessage& message) { return message.get().delivery.consumer_sequence; })
      .def_property_readonly("num_delivered", [](const BatchMessage& message) { return message.get().delivery.delivered; })
      .def_property_readonly("num_pending", [](const BatchMessage& message) { return message.get().delivery.pending; })
      .def_property_readonly("timestamp", [](const BatchMessage& message) { return seconds_of(message.get().delivery.unix_nanos); })
      .def_property_readonly("is_settled", [](const BatchMessage& message) { return message.batch->is_settled(message.index); })
      .def(
          "ack", [](const BatchMessage& message, bool confirm, Seconds timeout) { message.settle("+ACK", confirm, timeout); },
          py::kw_only(), py::arg("confirm") = false, py::arg("timeout") = py::none())
      .def(
          "nak", [](const BatchMessage& message, Seconds delay) { message.settle(js::nak_verb(nanos(delay)), false, {}); },
          py::arg("delay") = py::none())
      .def(
          "term", [](const BatchMessage& message, const std::string& reason) { message.settle(js::term_verb(reason), false, {}); },
          py::arg("reason") = "")
      .def("in_progress", [](const BatchMessage& message) { message.batch->in_progress({message.index}); })
      .def("__repr__", [](const BatchMessage& message) {
        const auto& [received, delivery] = message.get();
        return to_text(fmt::format("<noetl_nats.BatchMessage {} {} seq {} {} bytes>", delivery.stream, received.subject(),
                                   delivery.stream_sequence, received.data().size()));
      });
}

std::size_t index_in(const Batch& batch, py::ssize_t index) {
  const auto size = static_cast<py::ssize_t>(batch.state->size());
  if (index < 0) index += size;
  if (index < 0 || index >= size) throw py::index_error();
  return static_cast<std::size_t>(index);
}

void close_batch(const Batch& batch) {
  const py::gil_scoped_release released;
  batch.state->stop_keeping();
}

void bind_batch(py::module_& module) {
  py::class_<Batch>(module, "Batch", "Messages that a consumer has delivered.")
      .def("__len__", [](const Batch& batch) { return batch.state->size(); })
      .def("__getitem__",
           [](const Batch& batch, py::ssize_t index) {
             return BatchMessage{batch.state, index_in(batch, index)};
           })
      .def_property_readonly("reason", [](const Batch& batch) { return to_text(js::name_of(batch.end)); })
      .def_property_readonly("pin_id", [](const Batch& batch) { return to_text(batch.state->fetched().pin_id); })
      .def_property_readonly(
          "num_pending",
          [](const Batch& batch) { return batch.state->size() == 0 ? 0 : batch.state->at(batch.state->size() - 1).delivery.pending; })
      .def_property_readonly("unsettled", [](const Batch& batch) { return batch.state->open(); })
      .def_property_readonly("stopped",
                             [](const Batch& batch) -> py::object {
                               const auto& stopped = batch.state->fetched().stopped;
                               return stopped ? exception_of(*stopped) : py::none();
                             })
      .def(
          "ack_all",
          [](const Batch& batch, bool confirm, Seconds timeout) {
            return batch.state->settle(batch.state->all(), "+ACK", confirm, timeout);
          },
          py::kw_only(), py::arg("confirm") = false, py::arg("timeout") = py::none())
      .def(
          "nak_all",
          [](const Batch& batch, Seconds delay) { return batch.state->settle(batch.state->all(), js::nak_verb(nanos(delay)), false, {}); },
          py::arg("delay") = py::none())
      .def("in_progress", [](const Batch& batch) { batch.state->in_progress(batch.state->all()); })
      .def(
          "keep_in_progress",
          [](const py::object& self, double every) {
            if (!(every > 0)) raise({.code = Code::invalid_argument, .message = "keep_in_progress: every must be more than 0 seconds"});
            self.cast<const Batch&>().state->keep(*nanos(every));
            return self;
          },
          py::arg("every") = 10.0)
      .def("close", close_batch)
      .def("__enter__", [](const py::object& self) { return self; })
      .def("__exit__", [](const Batch& batch, const py::args&) { close_batch(batch); })
      .def("__repr__", [](const Batch& batch) {
        return to_text(fmt::format("<noetl_nats.Batch {} messages, {} unsettled>", batch.state->size(), batch.state->open()));
      });
}

void bind_stored(py::module_& module) {
  using js::StoredMessage;
  py::class_<StoredMessage>(module, "StoredMessage", "A message as the stream holds it.")
      .def_readonly("subject", &StoredMessage::subject)
      .def_readonly("seq", &StoredMessage::sequence)
      .def_readonly("time", &StoredMessage::time)
      .def_property_readonly("data", [](const StoredMessage& message) { return to_bytes(message.data); })
      .def_property_readonly("headers", [](const StoredMessage& message) { return headers_to_python(message.headers); })
      .def("__repr__", [](const StoredMessage& message) {
        return to_text(
            fmt::format("<noetl_nats.StoredMessage {} seq {} {} bytes>", message.subject, message.sequence, message.data.size()));
      });
}

struct FetchRequest {
  std::string stream, consumer;
  js::CollectOptions options;
  double timeout = 0;  ///< seconds, of the call

  FetchRequest(std::string of, std::string by, std::size_t batch, std::int64_t max_bytes, std::chrono::nanoseconds time, Seconds idle,
               const std::string& until, const std::string& group, const std::string& pin_id, std::optional<std::int64_t> min_pending,
               std::optional<std::int64_t> min_ack_pending, std::optional<std::int64_t> priority)
      : stream(std::move(of)), consumer(std::move(by)) {
    if (until != "some" && until != "full" && until != "caught_up" && until != "idle")
      raise({.code = Code::invalid_argument,
             .message = fmt::format("js_fetch: until: {} is not some, full, caught_up or idle", in_quotes(until))});
    if (until == "idle" && !idle) raise({.code = Code::invalid_argument, .message = "js_fetch: until idle goes with idle"});
    options.fetch = {.batch = batch,
                     .expires = time,
                     .max_bytes = max_bytes,
                     .group = group,
                     .pin_id = pin_id,
                     .min_pending = min_pending,
                     .min_ack_pending = min_ack_pending,
                     .priority = priority};
    options.until_caught_up = until == "caught_up";
    options.idle = nanos(idle).value_or(std::chrono::nanoseconds{0});
    if (until != "some") options.duration = time;
    // The request ends by itself; a server that does not answer must be told from one that has nothing.
    constexpr double kGrace = 5.0;
    timeout = std::chrono::duration<double>(time).count() + kGrace;
  }
};

std::chrono::nanoseconds time_of(Seconds timeout, const Session::Held& held) {
  return nanos(timeout).value_or(std::chrono::duration_cast<std::chrono::nanoseconds>(held.time));
}

Batch batch_of(const std::shared_ptr<Gate>& gate, const std::shared_ptr<Session::Held>& held, js::Collected collected) {
  const auto end = collected.end;
  return {std::make_shared<BatchState>(gate, held, std::move(collected)), end};
}

Batch fetch_now(Session& session, const std::shared_ptr<Session::Held>& held, const FetchRequest& request) {
  return batch_of(session.gate(), held, Session::run_on(*session.gate(), *held, request.timeout, [&](js::Api& api, const Wait& wait) {
                    return js::collect(api, request.stream, request.consumer, request.options, wait);
                  }));
}

void fetch_in_loop(LoopSession& session, py::object future, const FetchRequest& request) {
  session.start(
      std::move(future), request.timeout,
      [request](js::Api& api, const Wait& wait) { return js::collect(api, request.stream, request.consumer, request.options, wait); },
      [gate = session.gate(), held = session.held()](js::Collected& collected) {
        return py::cast(batch_of(gate, held, std::move(collected)));
      });
}

js::ReadOptions read_options(const std::string& subject, std::uint64_t seq, std::size_t limit, std::int64_t max_bytes,
                             std::optional<std::uint64_t> up_to_seq) {
  return {.filter = subject, .from = seq, .up_to = up_to_seq, .limit = limit, .max_bytes = max_bytes};
}

}  // namespace

void bind_fetch(py::module_& module, ClientClass& client, py::class_<LoopSession>& loop_client) {
  bind_batch_message(module);
  bind_batch(module);
  bind_stored(module);
  client
      .def("js_fetch",
           [](Session& session, std::string stream, std::string consumer, std::size_t batch, std::int64_t max_bytes, Seconds timeout,
              Seconds idle, const std::string& until, const std::string& group, const std::string& pin_id,
              std::optional<std::int64_t> min_pending, std::optional<std::int64_t> min_ack_pending, std::optional<std::int64_t> priority) {
             const auto held = session.hold();
             return fetch_now(session, held,
                              {std::move(stream), std::move(consumer), batch, max_bytes, time_of(timeout, *held), idle, until, group,
                               pin_id, min_pending, min_ack_pending, priority});
           })
      .def("js_get_msgs", [](Session& session, const std::string& stream, const std::string& subject, std::uint64_t seq, std::size_t limit,
                             std::int64_t max_bytes, std::optional<std::uint64_t> up_to_seq, Seconds timeout) {
        return session.run(timeout, [&](js::Api& api, const Wait& wait) {
          return js::read_messages(api, stream, read_options(subject, seq, limit, max_bytes, up_to_seq), wait);
        });
      });
  loop_client
      .def("js_fetch",
           [](LoopSession& session, py::object future, std::string stream, std::string consumer, std::size_t batch, std::int64_t max_bytes,
              Seconds timeout, Seconds idle, const std::string& until, const std::string& group, const std::string& pin_id,
              std::optional<std::int64_t> min_pending, std::optional<std::int64_t> min_ack_pending, std::optional<std::int64_t> priority) {
             (void)session.connection();  // raises when closed
             fetch_in_loop(session, std::move(future),
                           {std::move(stream), std::move(consumer), batch, max_bytes, time_of(timeout, *session.held()), idle, until, group,
                            pin_id, min_pending, min_ack_pending, priority});
           })
      .def("js_get_msgs", [](LoopSession& session, py::object future, std::string stream, std::string subject, std::uint64_t seq,
                             std::size_t limit, std::int64_t max_bytes, std::optional<std::uint64_t> up_to_seq, Seconds timeout) {
        session.start(
            std::move(future), timeout,
            [stream = std::move(stream), options = read_options(subject, seq, limit, max_bytes, up_to_seq)](
                js::Api& api, const Wait& wait) { return js::read_messages(api, stream, options, wait); },
            [](std::vector<js::StoredMessage>& messages) { return py::cast(std::move(messages)); });
      });
}

}  // namespace noetl::nats::python
