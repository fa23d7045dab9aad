#include "deploy/ports.hpp"

#include <fmt/format.h>

#include "sys/linux.hpp"
#include "sys/net.hpp"

namespace noetl::nats::deploy {
namespace {

/// The ports that the configuration of a record has.
struct Ports {
  int client = 0, http = 0;
};
Ports ports_of(const Record& record) {
  Ports ports;
  ports.client = record.config.value("port", 0);
  const auto http = record.config.value("http", std::string());
  if (const auto colon = http.rfind(':'); colon != std::string::npos) ports.http = std::atoi(http.c_str() + colon + 1);
  return ports;
}

struct Wanted {
  const char* parameter;
  int port;
  bool any;       ///< `auto`
  int recorded;   ///< 0: none
  int taken = 0;  ///< by the other port of the same server
};

Result<int> chosen(const Wanted& wanted, const std::string& host, bool running, const Environment& environment) {
  const int port = wanted.any ? wanted.recorded : wanted.port;
  if (port != 0) {
    if (running && port == wanted.recorded) return port;  // our own server listens there
    NN_TRY(const bool free, sys::port_is_free(host, port));
    if (free) return port;
    if (!wanted.any) return fail(busy_port(wanted.parameter, host, port, environment));
  }
  int found = 0;
  do {
    NN_TRY(found, sys::free_port(host));
  } while (found == wanted.taken);
  return found;
}

/// The deployed instance whose server this process is.
std::optional<std::string> instance_of(pid_t pid, const Environment& environment) {
  for (const auto& record : list_records(environment))
    if (record.process && record.process->pid == pid && sys::is_running(*record.process)) return record.instance;
  return std::nullopt;
}

}  // namespace

Result<void> choose_ports(ServerSpec& server, const LocalSpec& spec, const std::optional<Record>& record, bool running,
                          const Environment& environment) {
  const Ports before = record ? ports_of(*record) : Ports{};
  NN_TRY(server.port, chosen({"port", spec.server.port, spec.auto_port, before.client}, server.host, running, environment));
  if (!spec.auto_http_port && spec.server.http_port == 0) return {};
  if (!spec.auto_http_port && spec.server.http_port == server.port)
    return fail(Code::invalid_argument, fmt::format("port and http_port are both {}", server.port), "give http_port another one, or auto");
  NN_TRY(server.http_port,
         chosen({"http_port", spec.server.http_port, spec.auto_http_port, before.http, server.port}, server.host, running, environment));
  return {};
}

std::optional<Error> find_busy_port(const Record& record, const Environment& environment) {
  const auto host = record.config.value("host", std::string());
  const Ports ports = ports_of(record);
  for (const auto& [parameter, port] : {std::pair("port", ports.client), std::pair("http_port", ports.http)})
    if (port != 0 && !sys::port_is_free(host, port).value_or(true)) return busy_port(parameter, host, port, environment);
  return std::nullopt;
}

Error busy_port(const char* parameter, const std::string& host, int port, const Environment& environment) {
  const auto listener = sys::listener_on(port);
  std::string who = "something listens there already";
  if (listener && listener->pid != 0) {
    const auto instance = instance_of(listener->pid, environment);
    who = instance ? fmt::format("instance {} (nats-server, pid {}) listens there", *instance, listener->pid)
                   : fmt::format("{} (pid {}) listens there", listener->program, listener->pid);
  }
  Error error{Code::failed_precondition, fmt::format("port {} on {} is busy: {}", port, host, who),
              fmt::format("{}: auto takes a free port; or give another number, or stop that program", parameter)};
  error.details["port"] = port;
  if (listener && listener->pid != 0) error.details["pid"] = listener->pid;
  return error;
}

}  // namespace noetl::nats::deploy
