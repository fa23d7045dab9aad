// A fixture with a JetStream server, one connection, and small helpers that fail the test.
#pragma once

#include <memory>
#include <string>

#include "jetstream/api.hpp"
#include "support/matchers.hpp"
#include "support/server.hpp"

namespace noetl::nats::testing {

class JetStreamTest : public ::testing::Test {
 protected:
  explicit JetStreamTest(std::string config = "jetstream {max_mem: 256MB, max_file: 2GB}") : server(std::move(config)) {
    auto opened = wire::Connection::open(server.options(), soon());
    if (!opened) throw std::runtime_error(opened.error().message);
    connection = *opened;
    api = std::make_unique<js::Api>(*connection);
  }

  static Wait soon() { return Wait::for_duration(std::chrono::seconds(10)); }
  /// An API call that must succeed.
  Json call(const std::string& subject, const Json& body = nullptr) {
    auto answer = api->call(subject, body, soon());
    if (!answer) ADD_FAILURE() << subject << ": " << answer.error().to_json().dump();
    return answer.value_or(Json::object());
  }
  void publish(const std::string& subject, std::string_view payload = "x", const wire::Headers& headers = {}) {
    const auto reply = connection->request(subject, payload, headers, soon());
    ASSERT_TRUE(reply.has_value()) << reply.error().to_json().dump();
    ASSERT_EQ(reply->data().find("error"), std::string_view::npos) << reply->data();
  }
  std::uint64_t messages_in(const std::string& stream) {
    return call("STREAM.INFO." + stream)["state"].value("messages", std::uint64_t{0});
  }

  Server server;
  std::shared_ptr<wire::Connection> connection;
  std::unique_ptr<js::Api> api;
};

}  // namespace noetl::nats::testing
