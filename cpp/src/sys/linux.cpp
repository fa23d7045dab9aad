#include "sys/linux.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "sys/descriptor.hpp"
#include "sys/errors.hpp"

namespace noetl::nats::sys {
namespace {

namespace fs = std::filesystem;

std::string read_proc(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string boot_id() {
  std::string id = read_proc("/proc/sys/kernel/random/boot_id");
  id.erase(id.find_last_not_of("\n ") + 1);
  return id;
}

std::string program_of(pid_t pid) {
  std::string name = read_proc(fmt::format("/proc/{}/comm", pid));
  name.erase(name.find_last_not_of("\n") + 1);
  return name;
}

/// Inodes of the sockets that listen on the port: /proc/net/tcp has "sl local:port remote:port state ... inode" with the
/// port in hexadecimal digits and the state 0A for listening.
void add_listening_inodes(const std::string& table, int port, std::set<std::string>& inodes) {
  std::istringstream lines(read_proc(table));
  std::string line;
  std::getline(lines, line);
  const std::string suffix = fmt::format(":{:04X}", port);
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string number, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    if (words >> number >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode)
      if (state == "0A" && local.ends_with(suffix)) inodes.insert(fmt::format("socket:[{}]", inode));
  }
}

bool holds_one_of(const fs::path& descriptors, const std::set<std::string>& sockets) {
  std::error_code error;
  for (auto at = fs::directory_iterator(descriptors, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    std::error_code gone;
    if (sockets.contains(fs::read_symlink(at->path(), gone).string())) return true;
  }
  return false;
}

}  // namespace

std::optional<ProcessId> process_of(pid_t pid) {
  if (pid <= 0) return std::nullopt;
  const std::string stat = read_proc(fmt::format("/proc/{}/stat", pid));
  const auto name_end = stat.rfind(')');  // the name may hold blanks and brackets
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream words(stat.substr(name_end + 1));
  std::string state, skipped;
  words >> state;
  if (state == "Z" || state == "X") return std::nullopt;
  for (int field = 4; field < 22; ++field) words >> skipped;
  ProcessId process{pid, 0, boot_id()};
  if (!(words >> process.start)) return std::nullopt;
  return process;
}

bool is_running(const ProcessId& process) { return process_of(process.pid) == process; }

std::vector<std::string> command_line_of(pid_t pid) {
  const std::string text = read_proc(fmt::format("/proc/{}/cmdline", pid));
  std::vector<std::string> arguments;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find('\0', start), text.size());
    arguments.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return arguments;
}

std::int64_t started_at(const ProcessId& process) {
  std::istringstream lines(read_proc("/proc/stat"));
  std::int64_t booted = 0;  // seconds
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("btime ")) std::from_chars(line.data() + 6, line.data() + line.size(), booted);
  const auto ticks = sysconf(_SC_CLK_TCK);
  return booted * 1'000'000'000 + static_cast<std::int64_t>(process.start) * (1'000'000'000 / (ticks > 0 ? ticks : 100));
}

Result<bool> send_signal(const ProcessId& process, int signal) {
  // A pidfd stays with the process that it was opened for: open, look who that is, then signal. No other process can get it.
  const Descriptor handle(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
  const bool old_kernel = !handle && errno != ESRCH;  // before Linux 5.3, or forbidden by a sandbox: the short way
  if (!is_running(process) || (!handle && !old_kernel)) return false;
  const auto sent = old_kernel ? kill(process.pid, signal) : syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0);
  if (sent == 0) return true;
  if (errno == ESRCH) return false;
  return fail_errno(errno, fmt::format("cannot signal process {}", process.pid));
}

std::optional<Listener> listener_on(int port) {
  std::set<std::string> sockets;
  add_listening_inodes("/proc/net/tcp", port, sockets);
  add_listening_inodes("/proc/net/tcp6", port, sockets);
  if (sockets.empty()) return std::nullopt;
  std::error_code error;
  for (auto at = fs::directory_iterator("/proc", error); !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    pid_t pid = 0;
    const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (problem == std::errc() && end == name.data() + name.size() && holds_one_of(at->path() / "fd", sockets))
      return Listener{pid, program_of(pid)};
  }
  return Listener{};
}

}  // namespace noetl::nats::sys
