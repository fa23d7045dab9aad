// A real nats-server for tests: its own folder, a random port, its log shown when a test fails.
#pragma once

#include <sys/types.h>
#include <string>

#include "wire/options.hpp"

namespace noetl::nats::testing {

/// The binary: $NOETL_NATS_TEST_SERVER, else .venv/bin/nats-server of this checkout, else PATH. Missing: the test fails.
[[nodiscard]] std::string server_binary();

class Server {
 public:
  /// Starts and waits until the server takes clients. `config` is added to ours (accounts, authorization, ...).
  explicit Server(std::string config = "jetstream {max_mem: 256MB, max_file: 2GB}");
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] const std::string& monitor_url() const { return monitor_url_; }
  [[nodiscard]] wire::Options options() const;
  [[nodiscard]] std::string log() const;
  /// kill -9, and start again on the same port with the same data.
  void kill();
  void start_again();

 private:
  void launch(int port);

  std::string dir_;
  std::string config_;
  int port_ = 0;
  std::string monitor_url_;
  pid_t pid_ = -1;
};

}  // namespace noetl::nats::testing
