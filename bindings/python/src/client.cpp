#include "client.hpp"

#include <fmt/format.h>
#include <pybind11/stl.h>

#include "client_bulk.hpp"
#include "client_fetch.hpp"
#include "client_kv.hpp"
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

js::PubAck js_publish(Session& session, const std::string& subject, const py::object& data, const py::object& headers,
                      std::optional<std::string> msg_id, std::optional<std::string> stream, std::optional<std::uint64_t> last_seq,
                      std::optional<std::uint64_t> last_subject_seq, Seconds ttl, Seconds timeout) {
  const std::string payload = payload_of(data);
  const wire::Headers lines = headers_of(headers);
  const js::PublishOptions options{.message_id = msg_id.value_or(""),
                                   .stream = stream.value_or(""),
                                   .last_sequence = last_seq,
                                   .last_subject_sequence = last_subject_seq,
                                   .ttl = nanos(ttl)};
  return session.run(timeout, [&](js::Api& api, const Wait& wait) { return js::publish(api, subject, payload, lines, options, wait); });
}

Json connection_params(const py::dict& params) {
  std::vector<ValueProblem> problems;
  Json out = to_json(params, "", problems);
  if (!problems.empty()) raise(error_of("connect", problems));
  return out;
}

}  // namespace

void bind_client(py::module_& module, const std::shared_ptr<Gate>& gate) {
  bind_messages(module);
  bind_acks(module);
  py::class_<Session> client(module, "Client");
  client.def(py::init([gate](const py::dict& params) { return std::make_unique<Session>(gate, connection_params(params)); }))
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
  bind_bulk(module, client);
  bind_fetch(module, client);
  bind_kv(module, client);
}

}  // namespace noetl::nats::python
