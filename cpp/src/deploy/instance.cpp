#include "deploy/instance.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/names.hpp"
#include "sys/files.hpp"
#include "sys/paths.hpp"

namespace noetl::nats::deploy {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "noetl-nats";
constexpr std::size_t kLongestName = 64;

Json to_json(const Record& record) {
  Json out{{"instance", record.instance},
           {"target", "local"},
           {"deployed", record.deployed},
           {"settled", record.settled},
           {"urls", record.urls},
           {"user", record.user},
           {"password", record.password.reveal()},
           {"sys_user", record.sys_user},
           {"sys_password", record.sys_password.reveal()},
           {"monitor_url", record.monitor_url},
           {"version", record.version},
           {"binary", record.binary},
           {"store_dir", record.store_dir},
           {"config_digest", record.config_digest},
           {"deployed_at", record.deployed_at},
           {"config", record.config}};
  if (record.process) out["process"] = {{"pid", record.process->pid}, {"start", record.process->start}, {"boot", record.process->boot}};
  return out;
}

/// Throws Json::exception for a document of another shape.
Record from_json(const Json& document) {
  Record record;
  document.at("instance").get_to(record.instance);
  document.at("deployed").get_to(record.deployed);
  document.at("settled").get_to(record.settled);
  document.at("urls").get_to(record.urls);
  document.at("user").get_to(record.user);
  record.password = Secret(document.at("password").get<std::string>());
  document.at("sys_user").get_to(record.sys_user);
  record.sys_password = Secret(document.at("sys_password").get<std::string>());
  document.at("monitor_url").get_to(record.monitor_url);
  document.at("version").get_to(record.version);
  document.at("binary").get_to(record.binary);
  document.at("store_dir").get_to(record.store_dir);
  document.at("config_digest").get_to(record.config_digest);
  document.at("deployed_at").get_to(record.deployed_at);
  record.config = document.at("config");
  if (const auto process = document.find("process"); process != document.end())
    record.process =
        sys::ProcessId{process->at("pid").get<pid_t>(), process->at("start").get<std::uint64_t>(), process->at("boot").get<std::string>()};
  return record;
}

}  // namespace

Result<Paths> paths_of(const std::string& instance, const Environment& environment) {
  const auto problem = instance.size() > kLongestName ? NameProblem("is longer than 64 characters") : check_bucket(instance);
  if (problem)
    return fail(Code::invalid_argument, fmt::format("instance {} {}", in_quotes(instance), *problem), "letters, digits, - and _");
  NN_TRY(const fs::path home, sys::data_home(environment));
  const fs::path root = home / kFolder;
  Paths paths;
  paths.directory = root / instance;
  paths.record = paths.directory / "instance.json";
  paths.config = paths.directory / "nats.conf";
  paths.log = paths.directory / "nats-server.log";
  paths.pid_file = paths.directory / "nats-server.pid";
  paths.password_file = paths.directory / "password";
  paths.context = paths.directory / "context.json";
  paths.data = paths.directory / "data";
  paths.lock = root / fmt::format(".{}.lock", instance);
  return paths;
}

Result<std::optional<Record>> load_any_record(const Paths& paths) {
  auto text = sys::read_file(paths.record);
  if (!text && (text.error().code == Code::not_found || text.error().code == Code::failed_precondition)) return std::nullopt;
  NN_CHECK(text);
  try {
    return from_json(Json::parse(*text));
  } catch (const Json::exception&) {
    return fail(Code::failed_precondition, fmt::format("{} is not a record of an instance", paths.record.string()),
                fmt::format("deploy writes it anew; the data in {} stays", paths.data.string()));
  }
}

Result<std::optional<Record>> load_record(const std::string& instance, const Environment& environment) {
  auto paths = paths_of(instance, environment);
  if (!paths && paths.error().code == Code::failed_precondition) return std::nullopt;  // no home, so no instance
  NN_CHECK(paths);
  NN_TRY(auto record, load_any_record(*paths));
  if (record && !record->deployed) return std::nullopt;
  return record;
}

std::vector<Record> list_records(const Environment& environment) {
  std::vector<Record> records;
  const auto home = sys::data_home(environment);
  if (!home) return records;
  std::error_code error;
  for (auto at = fs::directory_iterator(*home / kFolder, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    auto record = load_record(at->path().filename().string(), environment);
    if (record && *record) records.push_back(std::move(**record));
  }
  std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) { return a.instance < b.instance; });
  return records;
}

Result<void> save_record(const Record& record, const Paths& paths) {
  NN_CHECK(sys::make_directories(paths.directory));
  return sys::write_file(paths.record, to_json(record).dump(2, ' ', false, Json::error_handler_t::replace) + "\n", 0600);
}

Error not_deployed(const std::string& instance) {
  return {Code::not_found, fmt::format("instance {} is not deployed here", in_quotes(instance)),
          fmt::format("noetl-nats deploy{} starts one", instance_option(instance))};
}

std::string instance_option(const std::string& instance) { return instance == kDefaultInstance ? "" : " --instance " + instance; }

}  // namespace noetl::nats::deploy
