#include "noetl/nats/json.hpp"

namespace noetl::nats {

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string dump_ascii(const Json& value) { return value.dump(-1, ' ', true, Json::error_handler_t::replace); }

std::string dump_sorted(const Json& value) {
  const nlohmann::json sorted = value;  // std::map members: sorted by name
  return sorted.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace noetl::nats
