#include "sys/paths.hpp"

#include <dlfcn.h>
#include <unistd.h>

namespace noetl::nats::sys {

namespace fs = std::filesystem;

Result<fs::path> data_home(const Environment& environment) {
  if (const auto given = environment.get("XDG_DATA_HOME"); given && fs::path(*given).is_absolute()) return fs::path(*given);
  if (const auto home = environment.get("HOME")) return fs::path(*home) / ".local" / "share";
  return fail(Code::failed_precondition, "no directory for data: neither XDG_DATA_HOME nor HOME is set",
              "set XDG_DATA_HOME to a directory of your own");
}

fs::path user_path(const std::string& text, const Environment& environment) {
  if (text == "~" || text.starts_with("~/")) {
    if (const auto home = environment.get("HOME"))
      return (fs::path(*home) / fs::path(text.substr(text.size() > 1 ? 2 : 1))).lexically_normal();
  }
  std::error_code ignored;
  const fs::path absolute = fs::absolute(text, ignored);
  return ignored ? fs::path(text) : absolute.lexically_normal();
}

bool is_executable(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0;
}

std::optional<fs::path> find_on_path(const std::string& name, const Environment& environment) {
  const std::string path = environment.get("PATH").value_or("");
  std::size_t start = 0;
  while (start <= path.size()) {
    const auto end = std::min(path.find(':', start), path.size());
    const fs::path candidate = fs::path(path.substr(start, end - start)) / name;
    if (end > start && is_executable(candidate)) return candidate;
    start = end + 1;
  }
  return std::nullopt;
}

fs::path own_file() {
  Dl_info info{};
  // In a program that is linked statically dladdr gives argv[0], which may be relative; /proc/self/exe is always right there.
  std::error_code error;
  if (dladdr(reinterpret_cast<const void*>(&own_file), &info) != 0 && info.dli_fname != nullptr) {
    const fs::path loaded = fs::path(info.dli_fname);
    if (loaded.is_absolute() && loaded.extension() == ".so") return loaded;
  }
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : program;
}

}  // namespace noetl::nats::sys
