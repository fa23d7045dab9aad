#include "engine/context.hpp"

namespace noetl::nats {

Result<wire::Connection*> Context::nats(const Wait& wait) {
  if (!connection_ || !connection_->is_open()) {
    api_.reset();
    NN_TRY(connection_, parts_.connect(wait));
  }
  return connection_.get();
}

Result<js::Api*> Context::jetstream() {
  if (!api_) {
    NN_TRY(auto* const connection, nats());
    api_ = std::make_unique<js::Api>(*connection, js::api_prefix(parts_.domain, parts_.api_prefix));
  }
  return api_.get();
}

Result<std::shared_ptr<wire::Connection>> Context::connect_to(const wire::Options& options) const {
  return wire::Connection::open(options, parts_.wait);
}

}  // namespace noetl::nats
