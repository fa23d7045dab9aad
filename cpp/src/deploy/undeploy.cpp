#include "deploy/undeploy.hpp"

#include <fmt/format.h>

#include "base/units.hpp"
#include "deploy/local.hpp"
#include "sys/files.hpp"
#include "sys/paths.hpp"

namespace noetl::nats::deploy {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

/// Where the server keeps its streams: it puts the folder jetstream into its store_dir.
fs::path store_of(const std::optional<Record>& record, const Paths& paths) {
  return (record && !record->store_dir.empty() ? fs::path(record->store_dir) : paths.data) / "jetstream";
}

std::string data_in_words(const fs::path& store) {
  return fmt::format("data {} ({})", store.string(), human_size(sys::size_of_tree(store)));
}

/// The server is gone: what only served it goes too, and the record says so.
Result<void> forget_server(Record& record, const Paths& paths, std::vector<std::string>& removed) {
  for (const auto& [file, words] : {std::pair(&paths.config, "configuration"), std::pair(&paths.password_file, "password file"),
                                    std::pair(&paths.context, "context file"), std::pair(&paths.pid_file, "pid file")}) {
    NN_TRY(const bool was_there, sys::remove_tree(*file));
    if (was_there) removed.push_back(fmt::format("{} {}", words, file->string()));
  }
  record.deployed = false;
  record.process.reset();
  return save_record(record, paths);
}

/// All of the instance. A store_dir that the user has chosen loses only what the server has put there.
Result<void> purge_all(const fs::path& store, const Paths& paths, std::vector<std::string>& removed) {
  if (is_there(store)) {
    removed.push_back(data_in_words(store));
    NN_CHECK(sys::remove_tree(store));
  }
  NN_TRY(const bool was_there, sys::remove_tree(paths.directory));
  if (was_there) removed.push_back(fmt::format("folder {}", paths.directory.string()));
  return {};
}

}  // namespace

Result<Undeployed> undeploy_local(const std::string& instance, bool purge, bool dry_run, const Surroundings& surroundings) {
  NN_TRY(const Paths paths, paths_of(instance, surroundings.environment));
  Undeployed out;
  if (!is_there(paths.directory)) return out;
  NN_TRY(const auto lock, lock_instance(paths, instance, surroundings));
  auto loaded = load_any_record(paths);
  std::optional<Record> record = loaded ? std::move(*loaded) : std::nullopt;  // one that cannot be read stops nobody from purging
  const auto process = running_process(record, paths);
  const fs::path store = store_of(record, paths);
  out.stopped = process.has_value();
  out.found = process || (record && record->deployed) || purge;
  if (dry_run) {
    if (purge)
      out.removed = {data_in_words(store), fmt::format("folder {}", paths.directory.string())};
    else if (is_there(store))
      out.kept = {data_in_words(store)};
    return out;
  }
  if (process) {
    surroundings.say(fmt::format("stopping nats-server (pid {}): its clients are told to go", process->pid));
    NN_CHECK(stop_server(*process, surroundings));
    out.removed.push_back(fmt::format("server, pid {}", process->pid));
  }
  if (purge) {
    NN_CHECK(purge_all(store, paths, out.removed));
    return out;
  }
  if (record && record->deployed) NN_CHECK(forget_server(*record, paths, out.removed));
  if (is_there(store)) out.kept.push_back(data_in_words(store));
  if (is_there(paths.log)) out.kept.push_back(fmt::format("log {}", paths.log.string()));
  return out;
}

Result<Record> restart_local(const std::string& instance, const Surroundings& surroundings) {
  NN_TRY(const Paths paths, paths_of(instance, surroundings.environment));
  NN_TRY(auto known, load_record(instance, surroundings.environment));
  if (!known) return fail(not_deployed(instance));
  NN_TRY(const auto lock, lock_instance(paths, instance, surroundings));
  NN_TRY(known, load_record(instance, surroundings.environment));  // as it is under the lock
  if (!known) return fail(not_deployed(instance));
  Record record = std::move(*known);
  if (!sys::is_executable(record.binary)) {  // the environment that it came from may be gone
    NN_TRY(const auto binary, find_server("", surroundings.environment, surroundings.wait));
    record.binary = binary.path.string();
    record.version = binary.version;
  }
  NN_TRY(const auto text, render(record.config));
  NN_CHECK(sys::write_file(paths.config, text, 0600));
  if (const auto process = running_process(record, paths)) {
    surroundings.say(fmt::format("stopping nats-server (pid {}): its clients are told to go", process->pid));
    NN_CHECK(stop_server(*process, surroundings));
  }
  NN_CHECK(bring_up(record, paths, surroundings));
  return record;
}

}  // namespace noetl::nats::deploy
