// Operations as commands: noetl-nats <noun> <verb> [arguments].
#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"

namespace noetl::nats::cli {

using Arguments = std::vector<std::string>;

/// Where the operation's words stand in the arguments.
struct Found {
  const Operation* operation = nullptr;
  std::string noun;  ///< set when only the noun was given or known
  Arguments rest;    ///< all arguments without the operation's words
};

/// The operation that the arguments name: "kv get", "kv-bucket apply", "deploy". Options with a value may stand in front.
[[nodiscard]] Found find_operation(const Registry& registry, const Arguments& arguments);

/// Parses the rest as the operation's options and runs it.
int run_operation(Session& session, const Operation& operation, const Arguments& rest);

/// `noetl-nats --help`, `noetl-nats kv --help`.
[[nodiscard]] std::string main_help(const Registry& registry);
[[nodiscard]] std::string noun_help(const Registry& registry, const std::string& noun);

/// Words of an operation on the command line: "kv get".
[[nodiscard]] std::string words_of(const Operation& operation);

}  // namespace noetl::nats::cli
