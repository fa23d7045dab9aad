// What a deploy leaves on the machine: one directory for each instance, with a record of how to reach the server.
//
//   <data>/noetl-nats/<instance>/instance.json   the record, 0600
//                               /nats.conf       0600
//                               /nats-server.log, nats-server.pid
//                               /password        of the user, alone in a file that programs can be pointed to; 0600
//                               /context.json    for the nats command line: nats --context <this file>; 0600
//                               /data            JetStream's store, unless store_dir names another place
//   <data>/noetl-nats/.<instance>.lock           held by whoever changes the instance
//
// <data> is XDG_DATA_HOME or ~/.local/share.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "base/secret.hpp"
#include "noetl/nats/result.hpp"
#include "sys/linux.hpp"

namespace noetl::nats::deploy {

inline constexpr const char* kDefaultInstance = "nats";

struct Record {
  std::string instance;
  bool deployed = true;  ///< false after an undeploy that has kept the data
  bool settled = true;   ///< false while a deploy is at work: what runs may be older than what is recorded
  std::vector<std::string> urls;
  std::string user;
  Secret password;
  std::string sys_user;  ///< of the system account
  Secret sys_password;
  std::string monitor_url;                ///< empty: no monitoring port
  std::optional<sys::ProcessId> process;  ///< as started; it may have ended since
  std::string version;                    ///< of the server
  std::string binary;
  std::string store_dir;
  std::string config_digest;     ///< the server's own ("sha256:...", since 2.11), or empty
  std::string deployed_at;       ///< RFC 3339
  Json config = Json::object();  ///< the configuration as data; holds passwords
};

struct Paths {
  std::filesystem::path directory, record, config, log, pid_file, password_file, context, data, lock;
};
/// Errors: invalid_argument (name), failed_precondition (no home directory).
[[nodiscard]] Result<Paths> paths_of(const std::string& instance, const Environment& environment);

/// The record of a deployed instance (whether it runs is another question). Nothing: not deployed here.
/// Errors: invalid_argument (name), permission_denied, failed_precondition (a record that cannot be read as one).
[[nodiscard]] Result<std::optional<Record>> load_record(const std::string& instance, const Environment& environment);
/// Also one that is undeployed with its data kept.
[[nodiscard]] Result<std::optional<Record>> load_any_record(const Paths& paths);
/// All deployed instances, by name. Records that cannot be read are left out.
[[nodiscard]] std::vector<Record> list_records(const Environment& environment);
[[nodiscard]] Result<void> save_record(const Record& record, const Paths& paths);

/// not_found that names the instance and how to get one.
[[nodiscard]] Error not_deployed(const std::string& instance);
/// "" for the default instance, else " --instance NAME": for commands in hints.
[[nodiscard]] std::string instance_option(const std::string& instance);

}  // namespace noetl::nats::deploy
