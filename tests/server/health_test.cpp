// Makes the real fault, and sees level, code and hint.
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "noetl/nats/runtime.hpp"
#include "support/jetstream.hpp"

namespace noetl::nats {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Json look(const std::string& url, Json params = Json::object(), const RunOptions& options = {}) {
  Runtime runtime(operations(), {});
  if (!params.contains("url")) params["url"] = url;
  return runtime.run("health", params, options);
}

/// Other tests may run beside this one: the CPU's load is no fault here.
const Json kBusyMachine{{"server", {{"cpu_warn", 0}, {"cpu_critical", 0}}}};

/// The check of a kind and name, or null.
Json check_in(const Json& result, const std::string& kind, const std::string& name = "") {
  for (const auto& check : result["checks"])
    if (check["check"] == kind && (name.empty() || check["name"] == name)) return check;
  return nullptr;
}

Json finding_in(const Json& result, const std::string& code) {
  if (result.contains("checks"))
    for (const auto& check : result["checks"])
      for (const auto& finding : check["findings"])
        if (finding["code"] == code) return finding;
  return nullptr;
}

/// Looks until the finding is there.
Json eventually(const std::string& url, const Json& params, const std::string& code) {
  Json result, found;
  const auto seen = wait_until(Wait::for_duration(std::chrono::seconds(10)), [&] {
    result = look(url, params);
    found = finding_in(result, code);
    return !found.is_null();
  });
  EXPECT_TRUE(seen && *seen) << code << " not in " << dump(result);
  return found;
}

class HealthServerTest : public testing::JetStreamTest {
 protected:
  void stream(const std::string& name, Json config = Json::object()) {
    config["name"] = name;
    if (!config.contains("subjects") && !config.contains("mirror")) config["subjects"] = {name + ".>"};
    call("STREAM.CREATE." + name, config);
  }
  void consumer(const std::string& on, const std::string& name, Json config = Json::object()) {
    config["durable_name"] = name;
    if (!config.contains("ack_policy")) config["ack_policy"] = "explicit";
    call(fmt::format("CONSUMER.CREATE.{}.{}", on, name), {{"stream_name", on}, {"config", config}});
  }
  /// Takes `count` messages and acknowledges none.
  void take(const std::string& on, const std::string& name, std::size_t count) {
    auto inbox = connection->inbox();
    ASSERT_OK(inbox);
    ASSERT_OK(connection->publish(api->subject(fmt::format("CONSUMER.MSG.NEXT.{}.{}", on, name)),
                                  dump({{"batch", count}, {"expires", 5000000000}}), {}, inbox->subject()));
    for (std::size_t i = 0; i < count; ++i) ASSERT_OK(inbox->next(soon()));
  }
};

TEST_F(HealthServerTest, AHealthyServer) {
  stream("ORDERS");
  const Json result = look(server.url());
  EXPECT_EQ(result["status"], "ok") << dump(result);
  EXPECT_EQ(result["exit_code"], 0);
  EXPECT_EQ(result["summary"], "3 ok");
  EXPECT_THAT(check_in(result, "connection")["findings"][0]["text"].get<std::string>(), HasSubstr("rtt"));
  EXPECT_EQ(check_in(result, "stream")["name"], "ORDERS");
}

TEST_F(HealthServerTest, AFullStreamThatRefusesPublishers) {
  stream("AUDIT", {{"max_msgs", 10}, {"discard", "new"}});
  for (int i = 0; i < 8; ++i) publish("AUDIT.x");
  EXPECT_EQ(finding_in(look(server.url()), "stream_full")["level"], "warning");
  for (int i = 0; i < 2; ++i) publish("AUDIT.x");
  const Json result = look(server.url());
  EXPECT_EQ(result["status"], "critical");
  EXPECT_EQ(result["exit_code"], 2);
  const Json finding = finding_in(result, "stream_full");
  EXPECT_EQ(finding["level"], "critical");
  EXPECT_THAT(finding["text"].get<std::string>(), HasSubstr("refused now"));
  EXPECT_THAT(finding["hint"].get<std::string>(), HasSubstr("noetl-nats stream apply AUDIT --config '{\"max_msgs\":20}'"));
  EXPECT_EQ(finding["evidence"]["max_msgs"], 10);
}

TEST_F(HealthServerTest, NobodyPulls) {
  stream("ORDERS");
  consumer("ORDERS", "billing");
  publish("ORDERS.new");
  const Json soon_critical{{"thresholds", {{"pull_gap_warn", "10ms"}, {"pull_gap_critical", "50ms"}}}};
  Json finding;
  const auto seen = wait_until(soon(), [&] {
    finding = finding_in(look(server.url(), soon_critical), "consumer_nobody_pulls");
    return finding.is_object() && finding["level"] == "critical";
  });
  ASSERT_TRUE(seen && *seen);
  EXPECT_EQ(finding["evidence"]["num_pending"], 1);
  EXPECT_THAT(finding["text"].get<std::string>(), HasSubstr("1 message waits and nobody pulls"));
  EXPECT_THAT(finding["hint"].get<std::string>(), HasSubstr("noetl-nats js consume ORDERS billing"));
  EXPECT_TRUE(finding_in(look(server.url()), "consumer_nobody_pulls").is_null()) << "by default, a minute must pass";
}

TEST_F(HealthServerTest, AMessageThatCameJustNowIsNotLeftAlone) {
  stream("ORDERS");
  consumer("ORDERS", "old", {{"filter_subjects", {"ORDERS.a", "ORDERS.b"}}});
  const auto born = Clock::now();
  ASSERT_OK(wait_until(soon(), [&] { return Clock::now() - born > std::chrono::milliseconds(2200); }));
  publish("ORDERS.other");
  publish("ORDERS.b");
  const Json result = look(server.url(), {{"thresholds", {{"pull_gap_warn", "2s"}}}});
  EXPECT_EQ(check_in(result, "consumer")["status"], "ok") << dump(result);
}

TEST_F(HealthServerTest, AnIdleConsumerThatNeverAcknowledgedIsFine) {
  stream("ORDERS");
  consumer("ORDERS", "idle");
  const Json result =
      look(server.url(), {{"thresholds", {{"last_ack_critical", "1ms"}, {"last_delivery_critical", "1ms"}, {"pull_gap_critical", "1ms"}}}});
  EXPECT_EQ(check_in(result, "consumer", "ORDERS/idle")["status"], "ok") << dump(result);
}

TEST_F(HealthServerTest, AStalledConsumer) {
  stream("ORDERS");
  consumer("ORDERS", "stuck", {{"max_ack_pending", 2}, {"ack_wait", 100'000'000}});
  for (int i = 0; i < 5; ++i) publish("ORDERS.new");
  take("ORDERS", "stuck", 2);
  const Json finding = eventually(server.url(), Json::object(), "consumer_stalled");
  EXPECT_EQ(finding["level"], "critical");
  EXPECT_EQ(finding["evidence"]["max_ack_pending"], 2);
  EXPECT_THAT(finding["hint"].get<std::string>(), HasSubstr("consumer apply ORDERS stuck"));
}

TEST_F(HealthServerTest, AWorkerThatIsBusyIsNotStalled) {
  stream("ORDERS");
  consumer("ORDERS", "busy", {{"max_ack_pending", 2}});
  for (int i = 0; i < 5; ++i) publish("ORDERS.new");
  take("ORDERS", "busy", 2);
  EXPECT_TRUE(finding_in(look(server.url()), "consumer_stalled").is_null());
}

TEST_F(HealthServerTest, Redelivery) {
  stream("ORDERS");
  consumer("ORDERS", "failing", {{"ack_wait", 50'000'000}});
  for (int i = 0; i < 20; ++i) publish("ORDERS.new");
  take("ORDERS", "failing", 20);
  take("ORDERS", "failing", 20);
  const Json finding = eventually(server.url(), Json::object(), "consumer_redelivers");
  EXPECT_EQ(finding["level"], "critical");
  EXPECT_EQ(finding["evidence"]["num_redelivered"], 20);
}

TEST_F(HealthServerTest, PausedAndMisfiltered) {
  stream("ORDERS");
  consumer("ORDERS", "later", {{"pause_until", "2099-01-01T00:00:00Z"}});
  consumer("ORDERS", "deaf", {{"filter_subject", "ODRERS.>"}});
  const Json result = look(server.url());
  EXPECT_EQ(finding_in(result, "consumer_paused")["level"], "warning");
  EXPECT_EQ(finding_in(result, "consumer_filter_matches_nothing")["evidence"]["filter"], "ODRERS.>");
}

TEST_F(HealthServerTest, AMirrorWithoutAnOrigin) {
  stream("COPY", {{"mirror", {{"name", "NOWHERE"}}}});
  const Json finding = eventually(server.url(), Json::object(), "stream_source_never_seen");
  EXPECT_EQ(finding["level"], "critical");
  EXPECT_THAT(finding["text"].get<std::string>(), HasSubstr("NOWHERE"));
}

TEST_F(HealthServerTest, ThingsThatAreNotThere) {
  stream("ORDERS");
  EXPECT_EQ(finding_in(look(server.url(), {{"stream", "NOPE"}}), "stream_not_found")["level"], "critical");
  EXPECT_EQ(finding_in(look(server.url(), {{"stream", "ORDERS"}, {"consumer", "nope"}}), "consumer_not_found")["level"], "critical");
  EXPECT_EQ(finding_in(look(server.url(), {{"checks", "kv"}, {"bucket", "nope"}}), "kv_bucket_not_found")["level"], "critical");
  const Json pattern = look(server.url(), {{"stream", "ORD*"}});
  EXPECT_EQ(check_in(pattern, "stream")["name"], "ORDERS");
}

TEST_F(HealthServerTest, ABucketWithSettingsThatBreakIt) {
  call("STREAM.CREATE.KV_B", {{"name", "KV_B"}, {"subjects", {"$KV.B.>"}}, {"max_msgs_per_subject", 1}});
  const Json result = look(server.url(), {{"checks", {"kv"}}});
  EXPECT_EQ(finding_in(result, "kv_setting_allow_rollup_hdrs")["level"], "critical");
  EXPECT_EQ(finding_in(result, "kv_setting_discard")["level"], "warning");
  EXPECT_THAT(finding_in(result, "kv_setting_discard")["hint"].get<std::string>(), HasSubstr("kv-bucket apply B"));
  Runtime runtime(operations(), {});
  ASSERT_EQ(runtime.run("kv_bucket_apply", {{"url", server.url()}, {"bucket", "GOOD"}, {"ttl", "1m"}})["status"], "success");
  EXPECT_EQ(check_in(look(server.url(), {{"checks", {"kv"}}}), "kv", "GOOD")["status"], "ok");
}

TEST_F(HealthServerTest, ThresholdsOfTheAssetItself) {
  stream("ORDERS", {{"metadata", {{"io.nats.monitor.msgs-critical", "3"}}}});
  consumer("ORDERS", "w", {{"metadata", {{"io.nats.monitor.unprocessed-critical", "1"}}}});
  publish("ORDERS.new");
  const Json result = look(server.url());
  EXPECT_EQ(finding_in(result, "stream_too_few_messages")["level"], "critical");
  EXPECT_EQ(finding_in(result, "consumer_unprocessed")["level"], "critical");
  const Json given = look(server.url(), {{"thresholds", {{"stream", {{"msgs_critical", 1}}}, {"unprocessed_critical", 5}}}});
  EXPECT_TRUE(finding_in(given, "stream_too_few_messages").is_null()) << "a parameter wins over the metadata";
  EXPECT_TRUE(finding_in(given, "consumer_unprocessed").is_null());
}

TEST_F(HealthServerTest, FailOnDecidesWhetherItIsAnError) {
  stream("AUDIT", {{"max_msgs", 1}, {"discard", "new"}});
  publish("AUDIT.x");
  EXPECT_FALSE(look(server.url()).contains("error")) << "a playbook step looks at the status";
  const Json failed = look(server.url(), {{"fail_on", "critical"}});
  EXPECT_EQ(failed["error"]["code"], "failed_precondition");
  EXPECT_EQ(failed["status"], "critical");
  EXPECT_FALSE(failed["checks"].empty());
  EXPECT_EQ(exit_status_of(failed), 5);
  RunOptions command_line;
  command_line.fail_on_critical = true;
  EXPECT_TRUE(look(server.url(), Json::object(), command_line).contains("error"));
  EXPECT_FALSE(look(server.url(), {{"fail_on", "never"}}, command_line).contains("error"));
  EXPECT_FALSE(look(server.url(), {{"format", "nagios"}}, command_line).contains("error"));
}

TEST_F(HealthServerTest, WaitsUntilItIsWell) {
  std::thread other;
  std::vector<std::string> told;
  RunOptions options;
  options.progress = [&](std::string_view line) {
    told.emplace_back(line);
    if (!other.joinable()) other = std::thread([&] { stream("LATE"); });
  };
  const Json result = look(server.url(), {{"stream", "LATE"}, {"wait_ms", 10000}}, options);
  if (other.joinable()) other.join();
  EXPECT_EQ(result["status"], "ok") << dump(result);
  EXPECT_THAT(told, Contains(HasSubstr("there is no stream LATE")));
}

TEST_F(HealthServerTest, WaitingEnds) {
  const auto start = Clock::now();
  const Json result = look(server.url(), {{"stream", "NEVER"}, {"wait_ms", 300}, {"timeout_ms", 1000}});
  EXPECT_EQ(result["status"], "critical");
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(4));
}

TEST_F(HealthServerTest, TheServerOverItsMonitoring) {
  const Json result = look(server.url(), {{"monitor_url", server.monitor_url()}, {"thresholds", kBusyMachine}});
  const Json check = check_in(result, "server");
  EXPECT_EQ(check["status"], "ok") << dump(result);
  EXPECT_EQ(check["source"], "http");
  EXPECT_EQ(check["name"], "test");
  const Json gone = look(server.url(), {{"monitor_url", "http://127.0.0.1:1"}});
  EXPECT_EQ(check_in(gone, "server")["status"], "unknown");
  EXPECT_EQ(check_in(gone, "connection")["status"], "ok") << "one check that fails does not stop the others";
}

TEST_F(HealthServerTest, TheServerIsUnknownToAPlainUser) {
  const Json finding = finding_in(look(server.url(), {{"checks", {"server"}}}), "server_not_seen");
  EXPECT_EQ(finding["level"], "unknown");
  EXPECT_THAT(finding["hint"].get<std::string>(), HasSubstr("monitor_url"));
}

TEST_F(HealthServerTest, AKilledServer) {
  const auto url = server.url();
  server.kill();
  const Json result = look(url);
  EXPECT_EQ(finding_in(result, "connection_failed")["level"], "critical");
  for (const auto* kind : {"jetstream", "stream", "consumer"}) EXPECT_EQ(check_in(result, kind)["status"], "unknown");
  server.start_again();
  EXPECT_EQ(look(url)["status"], "ok");
}

TEST(HealthTest, JetStreamIsOff) {
  const testing::Server server("");
  const Json result = look(server.url());
  EXPECT_EQ(finding_in(result, "jetstream_off")["level"], "critical");
  EXPECT_EQ(check_in(result, "stream")["status"], "unknown");
  EXPECT_EQ(check_in(result, "connection")["status"], "ok");
}

TEST(HealthTest, AWrongPasswordIsNamedByKindOnly) {
  const testing::Server server("authorization { user: u, password: p4ss }");
  const Json result = look(server.url(), {{"user", "u"}, {"password", "wr0ng"}});
  EXPECT_EQ(finding_in(result, "connection_login_refused")["level"], "critical");
  EXPECT_THAT(dump(result), Not(HasSubstr("wr0ng")));
}

TEST(HealthTest, AUserThatMayLittle) {
  const testing::Server server(
      "jetstream {max_mem: 16MB, max_file: 16MB}\n"
      "accounts { A { jetstream: enabled, users: [{user: u, password: p, permissions: {publish: {deny: [\"$JS.API.STREAM.LIST\", "
      "\"_INBOX.>\"]}}}] } }");
  const Json result = look(server.url(), {{"user", "u"}, {"password", "p"}, {"timeout_ms", 3000}});
  EXPECT_EQ(check_in(result, "stream")["status"], "unknown") << dump(result);
  EXPECT_EQ(finding_in(result, "stream_not_seen")["evidence"]["error"], "permission_denied");
  EXPECT_EQ(check_in(result, "jetstream")["status"], "ok");
  EXPECT_EQ(finding_in(result, "connection_echo_denied")["level"], "ok");
}

TEST(HealthTest, TheAccountsLimit) {
  const testing::Server server(
      "jetstream {max_mem: 16MB, max_file: 64MB}\n"
      "accounts { A { jetstream: {max_file: 1MB, max_streams: 1}, users: [{user: a, password: a}] }, $SYS { users: [{user: sys, password: "
      "sys}] } }");
  const Json login{{"url", server.url()}, {"user", "a"}, {"password", "a"}};
  auto options = server.options();
  options.user = "a";
  options.password = Secret("a");
  auto connection = wire::Connection::open(options, Wait::for_duration(std::chrono::seconds(5)));
  ASSERT_OK(connection);
  js::Api api(**connection);
  ASSERT_OK(api.call("STREAM.CREATE.S", {{"name", "S"}, {"subjects", {"s"}}, {"max_bytes", 1000000}},
                     Wait::for_duration(std::chrono::seconds(5))));
  const Json result = look(server.url(), login);
  EXPECT_EQ(check_in(result, "jetstream")["name"], "A");
  EXPECT_EQ(finding_in(result, "jetstream_storage_limit")["level"], "critical") << dump(result);
  EXPECT_EQ(finding_in(result, "jetstream_streams_limit")["level"], "critical");
  const Json sys = look(server.url(), {{"user", "sys"}, {"password", "sys"}, {"checks", {"server"}}, {"thresholds", kBusyMachine}});
  EXPECT_EQ(check_in(sys, "server")["status"], "ok") << dump(sys);
  EXPECT_EQ(check_in(sys, "server")["source"], "sys");
}

/// Takes connections and says nothing.
class Mute {
 public:
  Mute() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket_, 8) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no socket");
    port_ = ntohs(address.sin_port);
  }
  ~Mute() { ::close(socket_); }
  Mute(const Mute&) = delete;
  Mute& operator=(const Mute&) = delete;
  [[nodiscard]] int port() const { return port_; }

 private:
  int socket_;
  int port_ = 0;
};

TEST(HealthTest, AServerThatHangsCostsTheDeadlineAndNoMore) {
  const Mute mute;
  const auto start = Clock::now();
  const Json result = look(fmt::format("nats://127.0.0.1:{}", mute.port()), {{"timeout_ms", 400}});
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(check_in(result, "connection")["status"], "critical") << dump(result);
  EXPECT_EQ(check_in(result, "stream")["status"], "unknown");
}

TEST_F(HealthServerTest, MonitoringThatHangsLeavesTheOtherChecksAlone) {
  const Mute mute;
  const Json result = look(server.url(), {{"monitor_url", fmt::format("http://127.0.0.1:{}", mute.port())}, {"timeout_ms", 500}});
  EXPECT_EQ(check_in(result, "server")["status"], "unknown") << dump(result);
  EXPECT_EQ(check_in(result, "jetstream")["status"], "ok");
}

}  // namespace
}  // namespace noetl::nats
