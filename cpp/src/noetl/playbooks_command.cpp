// noetl-nats playbooks copy: writes out the playbooks that come with noetl-nats.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "noetl/commands.hpp"
#include "noetl/nats/result.hpp"
#include "sys/files.hpp"
#include "sys/paths.hpp"

namespace noetl::nats::playbook {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "Usage: noetl-nats playbooks copy [DIR] [--force]\n\n"
    "Writes the playbooks that come with noetl-nats into DIR (default: the working directory), for example\n"
    "automation/infrastructure/nats.yaml. Files that you have changed are kept unless --force is given.\n";

/// Beside the installed executable: bin/noetl-nats and share/noetl-nats/playbooks; in a build tree, the source folder.
Result<fs::path> shipped(const Environment& environment) {
  if (const auto given = environment.get("NOETL_NATS_PLAYBOOKS")) return fs::path(*given);
  const fs::path own = sys::own_file();
  for (fs::path at = own.parent_path(); at != at.root_path(); at = at.parent_path())
    for (const auto* below : {"share/noetl-nats/playbooks", "playbooks"})
      if (fs::exists(at / below / "automation/infrastructure/nats.yaml")) return at / below;
  return fail(Code::not_found, "the playbooks are not installed beside noetl-nats",
              "set NOETL_NATS_PLAYBOOKS to the folder that holds them");
}

struct Copied {
  int written = 0, same = 0;
  std::vector<std::string> kept;
};

Result<Copied> copy_tree(const fs::path& from, const fs::path& to, bool force) {
  Copied out;
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    if (!entry.is_regular_file()) continue;
    const auto name = fs::relative(entry.path(), from);
    NN_TRY(const auto content, sys::read_file(entry.path()));
    const auto target = to / name;
    if (const auto there = sys::read_file(target)) {
      if (*there == content) {
        ++out.same;
        continue;
      }
      if (!force) {
        out.kept.push_back(name.string());
        continue;
      }
    }
    NN_CHECK(sys::make_directories(target.parent_path(), 0755));
    NN_CHECK(sys::write_file(target, content, 0644));
    std::cout << target.string() << "\n";
    ++out.written;
  }
  return out;
}

int complain(const Error& error) {
  std::cerr << "error: " << error.message << "\n";
  if (!error.hint.empty()) std::cerr << "hint: " << error.hint << "\n";
  return exit_status(error.code);
}

}  // namespace

int playbooks_command(const std::vector<std::string>& arguments, const Environment& environment) {
  bool force = false;
  std::vector<std::string> words;
  for (const auto& argument : arguments) {
    if (argument == "--help" || argument == "-h") return std::cout << kUsage, 0;
    if (argument == "--force")
      force = true;
    else
      words.push_back(argument);
  }
  if (words.empty() || words.front() != "copy" || words.size() > 2) return std::cerr << kUsage, exit_status(Code::invalid_argument);
  const auto from = shipped(environment);
  if (!from) return complain(from.error());
  const auto copied = copy_tree(*from, words.size() == 2 ? fs::path(words[1]) : fs::current_path(), force);
  if (!copied) return complain(copied.error());
  for (const auto& name : copied->kept) std::cerr << fmt::format("kept your {} (--force overwrites it)\n", name);
  std::cerr << fmt::format("{} written, {} already there\n", copied->written, copied->same);
  return 0;
}

}  // namespace noetl::nats::playbook
