#include "wire/connection.hpp"

#include "support/matchers.hpp"
#include "support/server.hpp"

namespace noetl::nats::wire {
namespace {

using testing::FailsWith;

Wait soon() { return Wait::for_duration(std::chrono::seconds(5)); }

Result<std::shared_ptr<Connection>> open(const std::string& url) {
  Options options;
  options.servers = {url};
  return Connection::open(options, soon());
}

TEST(ConnectionServerTest, NobodyListens) {
  const auto refused = open("nats://u:s3cret@127.0.0.1:1");
  ASSERT_THAT(refused, FailsWith(Code::unavailable));
  EXPECT_EQ(refused.error().message, "nothing listens on 127.0.0.1:1");
  EXPECT_EQ(refused.error().to_json().dump().find("s3cret"), std::string::npos);
}

TEST(ConnectionServerTest, UnknownHost) { EXPECT_THAT(open("nats://no-such-host.invalid:4222"), FailsWith(Code::unavailable)); }

TEST(ConnectionServerTest, WrongAndMissingPassword) {
  const testing::Server server("authorization { user: u, password: p4ss }");
  const auto port = std::to_string(server.port());
  EXPECT_THAT(open("nats://u:wr0ng@127.0.0.1:" + port), FailsWith(Code::unauthenticated));
  EXPECT_THAT(open("nats://127.0.0.1:" + port), FailsWith(Code::unauthenticated));
  EXPECT_OK(open("nats://u:p4ss@127.0.0.1:" + port));
}

TEST(ConnectionServerTest, TlsIsNeverDowngraded) {
  const testing::Server server("");
  EXPECT_THAT(open("tls://127.0.0.1:" + std::to_string(server.port())), FailsWith(Code::failed_precondition));
}

TEST(ConnectionServerTest, PublishSubscribeAndNoResponders) {
  const testing::Server server("");
  auto opened = open(server.url());
  ASSERT_OK(opened);
  auto& connection = **opened;
  auto inbox = connection.subscribe("echo");
  ASSERT_OK(inbox);
  const auto silent = connection.request("nobody.here", "x", {}, soon());
  ASSERT_THAT(silent, FailsWith(Code::unavailable));
  EXPECT_TRUE(silent.error().details.contains("no_responders"));

  ASSERT_OK(connection.publish("echo", std::string_view("a\0b", 3), {{"X-A", "1"}}));
  auto message = inbox->next(soon());
  ASSERT_OK(message);
  EXPECT_EQ(message->data(), std::string_view("a\0b", 3));
  EXPECT_EQ(message->header("X-A"), "1");
}

TEST(ConnectionServerTest, SubjectsThatAreProtocolAreRefused) {
  const testing::Server server("");
  auto connection = open(server.url());
  ASSERT_OK(connection);
  EXPECT_THAT((*connection)->publish("a\r\nPUB b 0", ""), FailsWith(Code::invalid_argument));
  EXPECT_THAT((*connection)->publish("a b", ""), FailsWith(Code::invalid_argument));
  EXPECT_THAT((*connection)->publish("a", "", {{"X A", "1"}}), FailsWith(Code::invalid_argument));
  EXPECT_THAT((*connection)->publish("a", "", {{"X", "1\r\nY: 2"}}), FailsWith(Code::invalid_argument));
}

TEST(ConnectionServerTest, PermissionErrorsAreNotTimeouts) {
  const testing::Server server(R"(authorization { users: [{user: app, password: b, permissions: {publish: {deny: ["deny.>"]}}}] })");
  auto opened = open("nats://app:b@127.0.0.1:" + std::to_string(server.port()));
  ASSERT_OK(opened);
  auto& connection = **opened;
  const auto refused = connection.request("deny.req", "x", {}, soon());
  ASSERT_THAT(refused, FailsWith(Code::permission_denied));
  EXPECT_EQ(refused.error().message, "user app may not publish to deny.req");
  ASSERT_OK(connection.publish("deny.pub", "x"));
  EXPECT_THAT(connection.flush(soon()), FailsWith(Code::permission_denied));
}

TEST(ConnectionServerTest, ServerGoesAway) {
  testing::Server server("");
  auto opened = open(server.url());
  ASSERT_OK(opened);
  auto inbox = (*opened)->inbox();
  ASSERT_OK(inbox);
  server.kill();
  EXPECT_THAT(inbox->next(soon()), FailsWith(Code::unavailable));
}

TEST(ConnectionServerTest, CancelEndsAWait) {
  const testing::Server server("");
  auto opened = open(server.url());
  ASSERT_OK(opened);
  auto inbox = (*opened)->inbox();
  ASSERT_OK(inbox);
  int polls = 0;
  const Cancel cancel([&] { return ++polls > 2; });
  EXPECT_THAT(inbox->next(Wait::for_duration(std::chrono::seconds(30), &cancel)), FailsWith(Code::cancelled));
}

TEST(ConnectionServerTest, PayloadOverTheLimit) {
  const testing::Server server("max_payload: 4096");
  auto opened = open(server.url());
  ASSERT_OK(opened);
  EXPECT_THAT((*opened)->publish("a", std::string(5000, 'x')), FailsWith(Code::resource_exhausted));
}

}  // namespace
}  // namespace noetl::nats::wire
