#include "health/monitoring.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/names.hpp"
#include "sys/http.hpp"

namespace noetl::nats::health {
namespace {

const std::vector<std::string>& pages_known() {
  static const std::vector<std::string> known{"varz",     "connz",    "jsz",     "subsz", "routez",    "gatewayz", "leafz",
                                              "accountz", "accstatz", "healthz", "raftz", "ipqueuesz", "expvarz"};
  return known;
}

std::string name_of_page(const std::string& page) { return page.substr(0, page.find('?')); }

std::string metric_name(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) == 0 && c != '_'; }, '_');
  return text;
}

std::string label(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\\' ? "\\\\" : c == '"' ? "\\\"" : c == '\n' ? "\\n" : std::string(1, c);
  return out;
}

/// Numbers and booleans of an object, and of objects in it. Lists (connections, streams) are no metrics.
void add_numbers(std::string& out, std::set<std::string>& told, const std::string& prefix, const Json& object, const std::string& server) {
  for (const auto& [key, value] : object.items()) {
    const auto name = fmt::format("{}_{}", prefix, metric_name(key));
    if (value.is_object()) add_numbers(out, told, name, value, server);
    if ((!value.is_number() && !value.is_boolean()) || !told.insert(name).second) continue;
    const auto number = value.is_boolean() ? std::string(value.get<bool>() ? "1" : "0") : value.dump();
    out += fmt::format("# TYPE {0} gauge\n{0}{{server_id=\"{1}\"}} {2}\n", name, server, number);
  }
}

}  // namespace

std::optional<std::string> check_page(const std::string& page) {
  const auto name = name_of_page(page);
  if (std::any_of(page.begin(), page.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; }))
    return fmt::format("{} holds a blank", in_quotes(page));
  if (std::find(pages_known().begin(), pages_known().end(), name) != pages_known().end()) return std::nullopt;
  const auto likely = nearest(name, pages_known());
  return fmt::format("{} is not a page of the monitoring{}", in_quotes(name), likely ? fmt::format("; did you mean {}?", *likely) : "");
}

Result<Json> read_page(const std::string& monitor_url, const std::string& page, const Wait& wait) {
  std::string base = monitor_url;
  while (base.ends_with('/')) base.pop_back();
  NN_TRY(auto answer, sys::http_get_json(fmt::format("{}/{}", base, page), wait));
  if (answer.status < 400 || name_of_page(page) == "healthz") return std::move(answer.body);
  return fail(answer.status == 404 ? Code::not_found : Code::unavailable,
              fmt::format("{}/{} answered with status {}", base, page, answer.status));
}

std::string metrics_of(const Json& pages) {
  std::string server;
  for (const auto& [page, body] : pages.items())
    if (server.empty() && body.is_object()) server = label(body.value("server_id", std::string()));
  std::string out;
  std::set<std::string> told;
  for (const auto& [page, body] : pages.items()) {
    if (!body.is_object()) continue;
    const auto name = name_of_page(page);
    add_numbers(out, told, "gnatsd_" + name, body, server);
    if (name == "healthz")  // 0 is well, as the exporter has it
      out += fmt::format("# TYPE gnatsd_healthz_status gauge\ngnatsd_healthz_status{{server_id=\"{}\"}} {}\n", server,
                         body.value("status", std::string()) == "ok" ? 0 : 1);
  }
  return out;
}

}  // namespace noetl::nats::health
