// What an operation does once its result is out (ADR 0007), as a surface sees it.
#include "noetl/nats/runtime.hpp"
#include "support/jetstream.hpp"

namespace noetl::nats {
namespace {

class AfterDeliveryTest : public testing::JetStreamTest {
 protected:
  AfterDeliveryTest() {
    call("STREAM.CREATE.S", {{"name", "S"}, {"subjects", {"s.>"}}, {"storage", "memory"}});
    call("CONSUMER.CREATE.S.C", {{"stream_name", "S"}, {"config", {{"durable_name", "C"}, {"ack_policy", "explicit"}}}});
    publish("s.a");
    publish("s.b");
    options.after_delivery = [this](AfterDelivery task) { tasks.push_back(std::move(task)); };
  }
  std::uint64_t pending() { return call("CONSUMER.INFO.S.C").value("num_ack_pending", std::uint64_t{0}); }
  std::uint64_t delivered() { return call("CONSUMER.INFO.S.C")["delivered"].value("consumer_seq", std::uint64_t{0}); }
  Json consume(const std::string& operation) {
    return runtime.run(operation, {{"url", server.url()}, {"stream", "S"}, {"consumer", "C"}, {"ack_mode", "on_success"}}, options);
  }

  Runtime runtime{operations(), {}};
  RunOptions options;
  std::vector<AfterDelivery> tasks;
};

TEST_F(AfterDeliveryTest, TheSurfaceSaysWhen) {
  for (const bool keep : {true, false}) {
    options.keep_connection = keep;
    const Json result = consume("js_consume");
    ASSERT_EQ(result["status"], "success") << result;
    ASSERT_EQ(tasks.size(), 1U);
    EXPECT_EQ(pending(), 2U);
    EXPECT_OK(tasks.front()(nullptr));
    EXPECT_EQ(pending(), 0U);
    tasks.clear();
    publish("s.a");
    publish("s.b");
  }
}

TEST_F(AfterDeliveryTest, NothingIsLeftToDoWhenNothingCame) {
  ASSERT_EQ(consume("js_consume")["count"], 2);
  tasks.clear();
  EXPECT_EQ(consume("js_consume")["count"], 0);
  EXPECT_TRUE(tasks.empty());
}

TEST_F(AfterDeliveryTest, RefusedBeforeAnythingIsTakenWhereNobodySaysWhen) {
  options.after_delivery = nullptr;
  for (const auto* operation : {"js_consume", "js_fetch"})
    EXPECT_EQ(consume(operation)["error"]["code"], "failed_precondition") << operation;
  EXPECT_EQ(delivered(), 0U);
}

TEST_F(AfterDeliveryTest, AnAcknowledgementThatDoesNotArriveIsAnErrorOfTheTask) {
  ASSERT_EQ(consume("js_consume")["count"], 2);
  call("CONSUMER.DELETE.S.C");
  const auto done = tasks.front()(nullptr);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, Code::not_found);
  EXPECT_NE(done.error().message.find("2 of 2 acknowledgements"), std::string::npos) << done.error().message;
}

}  // namespace
}  // namespace noetl::nats
