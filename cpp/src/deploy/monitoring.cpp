#include "deploy/monitoring.hpp"

#include "deploy/instance.hpp"
#include "wire/options.hpp"

namespace noetl::nats::deploy {

Result<std::string> monitor_url_of(const std::string& given, const std::string& instance, const Environment& environment,
                                   const std::string& server) {
  if (!given.empty()) return given;
  NN_TRY(const auto record, load_record(instance, environment));
  if (!record) return std::string();
  wire::Options options;
  options.servers = record->urls;
  const bool same = server.empty() || wire::safe_servers(options) == server;
  return same ? record->monitor_url : std::string();
}

}  // namespace noetl::nats::deploy
