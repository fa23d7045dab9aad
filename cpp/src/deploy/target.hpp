// Which instance, where: the parameters that all deploy operations share.
#pragma once

#include <string>
#include <tuple>

#include "deploy/instance.hpp"
#include "schema/fields.hpp"

namespace noetl::nats::deploy {

struct Target {
  std::string target = "local";
  std::string instance = kDefaultInstance;
  std::string name_space = "nats";
  std::string context, kubeconfig, kubectl;
};

/// The fields of a Target inside of a struct that derives from it.
template <class In>
[[nodiscard]] auto target_fields() {
  using schema::field;
  return std::tuple{
      field<In, std::string>("target", &In::target, "Where it runs: local (a process on this machine) or kubernetes (k8s).")
          .one_of({"local", "kubernetes", "k8s"}),
      field<In, std::string>("instance", &In::instance, "Name of the instance; several run side by side.").format("bucket-name"),
      field<In, std::string>("namespace", &In::name_space, "Namespace of target kubernetes; a local instance has none."),
      field<In, std::string>("context", &In::context, "Kubernetes: context of the kubeconfig.").defaulted(),
      field<In, std::string>("kubeconfig", &In::kubeconfig, "Kubernetes: path of the kubeconfig.").format("path").defaulted(),
      field<In, std::string>("kubectl", &In::kubectl, "Kubernetes: the kubectl program.").format("path").defaulted(),
  };
}

/// Adds the problems of parameters that belong to the other target.
void check_target(const Target& target, schema::Problems& problems);
/// unimplemented for a target that is not built yet.
[[nodiscard]] Result<void> require_local(const Target& target, std::string_view operation);

}  // namespace noetl::nats::deploy
