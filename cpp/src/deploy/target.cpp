#include "deploy/target.hpp"

#include <fmt/format.h>

namespace noetl::nats::deploy {

void check_target(const Target& target, schema::Problems& problems) {
  if (target.target != "local") return;
  for (const auto& [name, value] :
       {std::pair("context", &target.context), std::pair("kubeconfig", &target.kubeconfig), std::pair("kubectl", &target.kubectl)})
    if (!value->empty()) problems.push_back({name, "belongs to target: kubernetes"});
}

Result<void> require_local(const Target& target, std::string_view operation) {
  if (target.target == "local") return {};
  return fail(Code::unimplemented, fmt::format("{}: target: kubernetes is not built yet", operation),
              "target: local runs the server on this machine");
}

}  // namespace noetl::nats::deploy
