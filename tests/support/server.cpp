#include "support/server.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "base/wait.hpp"
#include "noetl/nats/json.hpp"

extern char** environ;

namespace noetl::nats::testing {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

std::string server_binary() {
  if (const char* given = std::getenv("NOETL_NATS_TEST_SERVER"); given != nullptr && *given != '\0') return given;
  for (fs::path at = fs::current_path(); !at.empty() && at != at.root_path(); at = at.parent_path())
    if (fs::exists(at / ".venv/bin/nats-server")) return at / ".venv/bin/nats-server";
  return "nats-server";
}

Server::Server(std::string config) : config_(std::move(config)) {
  std::string pattern = (fs::temp_directory_path() / "noetl-nats-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  dir_ = pattern;
  launch(-1);
}

Server::~Server() {
  if (::testing::Test::HasFailure()) std::cerr << "--- nats-server log ---\n" << log() << "-----------------------\n";
  kill();
  fs::remove_all(dir_);
}

wire::Options Server::options() const {
  wire::Options options;
  options.servers = {url()};
  return options;
}

std::string Server::log() const { return read_file(fs::path(dir_) / "log"); }

void Server::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void Server::start_again() { launch(port_); }

void Server::launch(int port) {
  const fs::path dir = dir_;
  for (const auto& entry : fs::directory_iterator(dir))
    if (entry.path().extension() == ".ports") fs::remove(entry);
  std::string config = config_;
  if (const auto at = config.find("jetstream {"); at != std::string::npos)
    config.insert(at + 11, "store_dir: \"" + (dir / "js").string() + "\", ");
  std::ofstream(dir / "server.conf") << "listen: \"127.0.0.1:" << port
                                     << "\"\nhttp: \"127.0.0.1:-1\"\nserver_name: test\nports_file_dir: \"" << dir_ << "\"\nlogfile: \""
                                     << (dir / "log").string() << "\"\n"
                                     << config << "\n";
  const std::string binary = server_binary();
  const std::string conf = (dir / "server.conf").string();
  std::array<char*, 4> argv{const_cast<char*>(binary.c_str()), const_cast<char*>("-c"), const_cast<char*>(conf.c_str()), nullptr};
  if (posix_spawnp(&pid_, binary.c_str(), nullptr, nullptr, argv.data(), environ) != 0)
    throw std::runtime_error("cannot start " + binary + ": set NOETL_NATS_TEST_SERVER, or run make setup");
  const auto ready = wait_until(Wait::for_duration(std::chrono::seconds(10)), [&] {
    for (const auto& entry : fs::directory_iterator(dir)) {
      if (entry.path().extension() != ".ports") continue;
      const Json ports = Json::parse(read_file(entry.path()), nullptr, false);
      if (!ports.is_object() || !ports.contains("nats")) return false;
      const auto address = ports["nats"][0].get<std::string>();
      port_ = std::stoi(address.substr(address.rfind(':') + 1));
      if (ports.contains("monitoring")) monitor_url_ = ports["monitoring"][0].get<std::string>();
      return true;
    }
    return waitpid(pid_, nullptr, WNOHANG) == pid_;
  });
  if (!ready || !*ready || port_ == 0) throw std::runtime_error("nats-server did not start:\n" + log());
}

}  // namespace noetl::nats::testing
