#include "client.hpp"

#include <fmt/format.h>
#include <pybind11/stl.h>

#include "client_bulk.hpp"
#include "client_fetch.hpp"
#include "client_kv.hpp"
#include "client_loop_kv.hpp"
#include "client_objects.hpp"
#include "headers.hpp"
#include "jetstream/messages.hpp"
#include "session.hpp"
#include "values.hpp"
#include "wire/connection.hpp"

namespace noetl::nats::python {
namespace {

std::string sized(std::string_view data) { return fmt::format("{} bytes", data.size()); }

void bind_messages(py::module_& module) {
  py::class_<wire::Message>(module, "Message", "A received message.")
      .def_property_readonly("data", [](const wire::Message& message) { return to_bytes(message.data()); })
      .def_property_readonly("subject", [](const wire::Message& message) { return to_text(message.subject()); })
      .def_property_readonly("reply", [](const wire::Message& message) { return to_text(message.reply()); })
      .def_property_readonly("headers", [](const wire::Message& message) { return headers_to_python(message.headers()); })
      .def("__repr__", [](const wire::Message& message) {
        return to_text(fmt::format("<noetl_nats.Message {} {}>", message.subject(), sized(message.data())));
      });
}

void bind_acks(py::module_& module) {
  py::class_<js::PubAck>(module, "PubAck", "The acknowledgement of a published message.")
      .def_readonly("stream", &js::PubAck::stream)
      .def_readonly("seq", &js::PubAck::sequence)
      .def_readonly("duplicate", &js::PubAck::duplicate)
      .def_readonly("domain", &js::PubAck::domain)
      .def("__repr__", [](const js::PubAck& ack) {
        return to_text(fmt::format("<noetl_nats.PubAck {} {}{}>", ack.stream, ack.sequence, ack.duplicate ? " duplicate" : ""));
      });
}

void publish(Session& session, const std::string& subject, const py::object& data, const py::object& headers, const std::string& reply) {
  const std::string payload = payload_of(data);
  const wire::Headers lines = headers_of(headers);
  session.run({}, [&](js::Api& api, const Wait&) { return api.connection().publish(subject, payload, lines, reply); });
}

wire::Message request(Session& session, const std::string& subject, const py::object& data, const py::object& headers, Seconds timeout) {
  const std::string payload = payload_of(data);
  const wire::Headers lines = headers_of(headers);
  return session.run(timeout, [&](js::Api& api, const Wait& wait) { return api.connection().request(subject, payload, lines, wait); });
}

js::PublishOptions publish_options(const std::optional<std::string>& msg_id, const std::optional<std::string>& stream,
                                   std::optional<std::uint64_t> last_seq, std::optional<std::uint64_t> last_subject_seq, Seconds ttl) {
  return {.message_id = msg_id.value_or(""),
          .stream = stream.value_or(""),
          .last_sequence = last_seq,
          .last_subject_sequence = last_subject_seq,
          .ttl = nanos(ttl)};
}

js::PubAck js_publish(Session& session, const std::string& subject, const py::object& data, const py::object& headers,
                      std::optional<std::string> msg_id, std::optional<std::string> stream, std::optional<std::uint64_t> last_seq,
                      std::optional<std::uint64_t> last_subject_seq, Seconds ttl, Seconds timeout) {
  const std::string payload = payload_of(data);
  const wire::Headers lines = headers_of(headers);
  const auto options = publish_options(msg_id, stream, last_seq, last_subject_seq, ttl);
  return session.run(timeout, [&](js::Api& api, const Wait& wait) { return js::publish(api, subject, payload, lines, options, wait); });
}

Json connection_params(const py::dict& params) {
  std::vector<ValueProblem> problems;
  Json out = to_json(params, "", problems);
  if (!problems.empty()) raise(error_of("connect", problems));
  return out;
}

/// A value that Python makes of what the core gave.
constexpr auto kCast = [](auto& value) { return py::cast(std::move(value)); };
constexpr auto kNone = [](auto&) -> py::object { return py::none(); };

struct Nothing {};

void bind_loop(py::module_& module, py::class_<LoopSession>& client, const std::shared_ptr<Gate>& gate) {
  py::class_<Stop>(module, "Stop", "Stops, from another thread, what a function does in the core.")
      .def(py::init<>())
      .def("request", &Stop::request)
      .def("run", &Stop::run);
  client.def(py::init([gate](const py::dict& params) { return std::make_unique<LoopSession>(gate, connection_params(params)); }))
      .def("open", &LoopSession::open)
      .def("close", &LoopSession::close)
      .def_property_readonly("is_open", &LoopSession::is_open)
      .def_property_readonly("server", [](const LoopSession& session) { return session.blocking()->server(); })
      .def_property_readonly("blocking", &LoopSession::blocking)
      .def_property_readonly("has_output",
                             [](const LoopSession& session) { return session.is_open() && session.connection().has_output(); })
      .def_property_readonly("link", [](const LoopSession& session) { return session.connection().link(); })
      .def_property_readonly("wake_descriptor", [](const LoopSession& session) { return session.connection().wake_descriptor(); })
      .def("duplicate_socket", [](const LoopSession& session) { return session.connection().duplicate_socket(); })
      .def("pump", &LoopSession::pump)
      .def("end_calls", &LoopSession::end_all)
      .def("cancel", &LoopSession::cancel)
      .def("publish",
           [](LoopSession& session, const std::string& subject, const py::object& data, const py::object& headers,
              const std::string& reply) {
             value_or_raise(session.connection().publish_later(subject, payload_of(data), headers_of(headers), reply));
           })
      .def("flush",
           [](LoopSession& session, py::object future, Seconds timeout) {
             session.start(
                 std::move(future), timeout,
                 [](js::Api& api, const Wait& wait) -> Result<Nothing> {
                   NN_CHECK(api.connection().flush(wait));
                   return Nothing{};
                 },
                 kNone);
           })
      .def("request",
           [](LoopSession& session, py::object future, std::string subject, const py::object& data, const py::object& headers,
              Seconds timeout) {
             session.start(
                 std::move(future), timeout,
                 [subject = std::move(subject), payload = payload_of(data), lines = headers_of(headers)](js::Api& api, const Wait& wait) {
                   return api.connection().request(subject, payload, lines, wait);
                 },
                 kCast);
           })
      .def("js_publish", [](LoopSession& session, py::object future, std::string subject, const py::object& data, const py::object& headers,
                            std::optional<std::string> msg_id, std::optional<std::string> stream, std::optional<std::uint64_t> last_seq,
                            std::optional<std::uint64_t> last_subject_seq, Seconds ttl, Seconds timeout) {
        session.start(
            std::move(future), timeout,
            [subject = std::move(subject), payload = payload_of(data), lines = headers_of(headers),
             options = publish_options(msg_id, stream, last_seq, last_subject_seq, ttl)](js::Api& api, const Wait& wait) {
              return js::publish(api, subject, payload, lines, options, wait);
            },
            kCast);
      });
}

}  // namespace

void bind_client(py::module_& module, const std::shared_ptr<Gate>& gate) {
  bind_messages(module);
  bind_acks(module);
  ClientClass client(module, "Client");
  client.def(py::init([gate](const py::dict& params) { return std::make_shared<Session>(gate, connection_params(params)); }))
      .def("open", [](Session& session) { value_or_raise(session.open()); })
      .def("close", &Session::close)
      .def_property_readonly("is_open", &Session::is_open)
      .def_property_readonly("server", &Session::server)
      .def("flush",
           [](Session& session, Seconds timeout) {
             session.run(timeout, [](js::Api& api, const Wait& wait) { return api.connection().flush(wait); });
           })
      .def("publish", publish)
      .def("request", request)
      .def("js_publish", js_publish);
  py::class_<LoopSession> loop_client(module, "LoopClient");
  bind_loop(module, loop_client, gate);
  bind_bulk(module, client, loop_client);
  bind_fetch(module, client, loop_client);
  bind_kv(module, client);
  bind_objects(module, client);
  bind_loop_kv(module, loop_client);
}

}  // namespace noetl::nats::python
