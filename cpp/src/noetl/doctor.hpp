// What `noetl-nats doctor` finds. Private to doctor*.cpp.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "base/wait.hpp"
#include "noetl/nats/result.hpp"

namespace noetl::nats::playbook {

struct Check {
  enum class Outcome { ok, note, warning, failed };
  std::string name;
  Outcome outcome = Outcome::ok;
  std::string detail;
  std::string hint = {};
};

/// The installed engine.
struct Engine {
  std::filesystem::path program;
  std::string version;  ///< "5.3.2"
};

/// Runs small playbooks in the installed engine, in a private directory and without a server: whether it still behaves as
/// lowering needs it (local-engine rules). The first one that fails ends them.
[[nodiscard]] std::vector<Check> probe_engine(const Engine& engine, const Environment& environment, const Wait& wait);

/// nats-server, kubectl, contexts, credentials, the server that commands would use. None of them fails.
[[nodiscard]] std::vector<Check> look_around(const Environment& environment, const Wait& wait);

}  // namespace noetl::nats::playbook
