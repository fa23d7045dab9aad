#include "noetl/run_directory.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "sys/files.hpp"

namespace noetl::nats::playbook {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "noetl-nats-run-";

fs::path temporary(const Environment& environment) {
  std::error_code problem;
  return fs::absolute(environment.get("TMPDIR").value_or("/tmp"), problem);
}

bool is_ours(const fs::path& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid();
}

bool has_ended(int pid) { return pid > 0 && kill(pid, 0) != 0 && errno == ESRCH; }

/// Directories whose process has died (SIGKILL, power) are left behind: nobody else will remove them.
void sweep(const fs::path& parent) {
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(parent, problem)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix) || !is_ours(entry.path())) continue;
    int pid = 0;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), pid);
    if (has_ended(pid)) (void)sys::remove_tree(entry.path());  // another sweeper may be faster
  }
}

}  // namespace

Result<RunDirectory> RunDirectory::create(const Environment& environment) {
  int problem = 0;
  for (const fs::path& parent : {temporary(environment), fs::path("/tmp")}) {
    sweep(parent);
    std::string pattern = (parent / fmt::format("{}{}-XXXXXX", kPrefix, getpid())).string();
    if (mkdtemp(pattern.data()) != nullptr) return RunDirectory(pattern, true);
    if (problem == 0) problem = errno;
  }
  return fail(Code::failed_precondition,
              fmt::format("cannot make a directory in {}: {}", temporary(environment).string(), std::strerror(problem)),
              "set TMPDIR to a writable directory");
}

Result<RunDirectory> RunDirectory::within(const fs::path& parent) {
  std::string pattern = (parent / "sub-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr)
    return fail(Code::failed_precondition, fmt::format("cannot make a directory in {}: {}", parent.string(), std::strerror(errno)));
  return RunDirectory(pattern, false);
}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept : path_(std::exchange(other.path_, {})), ours_(other.ours_) {}

RunDirectory& RunDirectory::operator=(RunDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(ours_, other.ours_);
  return *this;
}

RunDirectory::~RunDirectory() {
  if (ours_ && !path_.empty()) (void)sys::remove_tree(path_);
}

Result<fs::path> RunDirectory::write(const std::string& name, std::string_view content) const {
  const auto file = path_ / name;
  NN_CHECK(sys::write_file(file, content, 0600, sys::Durable::no));
  return file;
}

std::optional<StepError> RunDirectory::error() const {
  const auto text = sys::read_file(path_ / "error.json");
  if (!text) return std::nullopt;
  const Json error = Json::parse(*text, nullptr, false);
  if (!error.is_object()) return std::nullopt;
  return StepError{error.value("step", std::string()), error.value("message", std::string()), error.value("hint", std::string())};
}

namespace {

/// Any step name makes a file name: its bytes in hexadecimal.
std::string file_name(const std::string& prefix, const std::string& step) {
  std::string name = prefix;
  for (const unsigned char c : step) name += fmt::format("{:02x}", c);
  return name + ".json";
}

}  // namespace

std::string extras_file(const std::string& prefix, const std::string& step) { return file_name("extras-" + prefix, step); }

fs::path result_file(const fs::path& directory, const std::string& prefix, const std::string& step, const std::string& execution) {
  return directory / file_name(prefix, fmt::format("{}/{}", step, execution));
}

std::string run_variable(const std::string& step) { return step + "._run"; }

}  // namespace noetl::nats::playbook
