// Deploying for real: each test has a home of its own and ports that are free.
#pragma once

#include <signal.h>

#include "deploy/local.hpp"
#include "deploy/undeploy.hpp"
#include "jetstream/api.hpp"
#include "support/matchers.hpp"
#include "support/server.hpp"
#include "support/temporary_directory.hpp"
#include "sys/process.hpp"
#include "wire/connection.hpp"

namespace noetl::nats::deploy {

class DeployTest : public ::testing::Test {
 protected:
  ~DeployTest() override {
    for (const auto& record : list_records(environment)) EXPECT_OK(undeploy_local(record.instance, true, false, here()));
  }
  [[nodiscard]] Surroundings here(std::chrono::seconds time = std::chrono::seconds(30)) const {
    return {environment, Wait::for_duration(time), [this](std::string_view line) { said.append(line).append("\n"); }};
  }
  [[nodiscard]] static LocalSpec spec(const std::string& instance = "t") {
    LocalSpec spec;
    spec.server.instance = instance;
    spec.auto_port = spec.auto_http_port = true;
    spec.binary = testing::server_binary();
    return spec;
  }
  [[nodiscard]] Deployed deployed(const LocalSpec& spec) const {
    auto result = deploy_local(spec, here());
    if (!result) ADD_FAILURE() << result.error().to_json().dump() << "\n" << said;
    return result ? *result : Deployed{};
  }
  [[nodiscard]] Paths paths(const std::string& instance = "t") const { return paths_of(instance, environment).value(); }
  [[nodiscard]] Record record(const std::string& instance = "t") const { return load_record(instance, environment).value().value(); }

  /// A JetStream call as the user of the instance.
  static Result<Json> call(const wire::Options& options, const std::string& subject, const Json& body) {
    const Wait wait = Wait::for_duration(std::chrono::seconds(5));
    NN_TRY(const auto connection, wire::Connection::open(options, wait));
    js::Api api(*connection);
    return api.call(subject, body, wait);
  }
  static Environment with_home(const std::filesystem::path& path) {
    Environment out = Environment::of_process();
    out.set("XDG_DATA_HOME", path.string());
    return out;
  }
  static Json stream_body() { return {{"name", "S"}, {"subjects", {"s"}}}; }
  static void kill_hard(const sys::ProcessId& process) {
    ASSERT_TRUE(sys::send_signal(process, SIGKILL).value());
    ASSERT_TRUE(wait_until(Wait::for_duration(std::chrono::seconds(5)), [&] { return !sys::is_running(process); }).value());
  }

  testing::TemporaryDirectory home;
  Environment environment = with_home(home.path());
  mutable std::string said;
};

}  // namespace noetl::nats::deploy
