// What a command line of `noetl` is about to do, as far as it concerns us: a local run of a playbook file, or not.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.hpp"

namespace noetl::nats::playbook {

/// The rules are those of noetl 5.3.2, measured.
struct Invocation {
  enum class Kind {
    other,           ///< help, another command, a reference that is no file, the distributed runtime: not ours
    local_run,       ///< `run` or `exec` of a playbook file in this process
    not_understood,  ///< looks like a run, but an option is unknown: files with nats steps are refused
  };
  Kind kind = Kind::other;
  std::string file;              ///< the playbook's file, as the reference resolves
  std::size_t reference_at = 0;  ///< index of the reference in the arguments
  std::string target;            ///< the reference, when it named a step of ./noetl.yaml
  bool has_target = false;       ///< --target was given
  bool json = false, verbose = false, dry_run = false;
  std::map<std::string, std::string> variables;  ///< --payload, then --set: key to text
  std::string unknown_option;                    ///< of not_understood
  std::vector<std::string> candidates;           ///< of not_understood: files that may be meant
};

/// `arguments` are those behind the program's name.
[[nodiscard]] Invocation read_invocation(const std::vector<std::string>& arguments, const Environment& environment);

/// The file that a reference means, and the step when it is a step of ./noetl.yaml. Nothing: a catalog reference.
struct Resolved {
  std::string file;
  std::string target;
};
[[nodiscard]] std::optional<Resolved> resolve_reference(const std::string& reference);

}  // namespace noetl::nats::playbook
