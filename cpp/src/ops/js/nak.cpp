#include "engine/define.hpp"
#include "engine/deliveries.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::vector<std::string> ack_ids;
  std::optional<Duration> delay;
  bool confirm = false;
  static auto fields() {
    return std::tuple{field("ack_ids", &In::ack_ids, kAckIdsDoc).positional(),
                      field("delay", &In::delay, "Deliver them again only after this time; without it, at once."),
                      field("double", &In::confirm, kDoubleDoc)};
  }
  void check(schema::Problems& problems) const { check_ack_ids(ack_ids, problems); }
};

Result<SettledView> run(Context& context, const In& in) {
  return settle(context, in.ack_ids, js::nak_verb(in.delay ? std::optional(in.delay->value) : std::nullopt), in.confirm);
}

}  // namespace

Operation op_js_nak() {
  return define<In, SettledView>(
      {.summary = "Give messages back: they are delivered again, at once or after a delay.",
       .description = "Without `double` the server has read the answer when it returns; it does not say what became of it.",
       .effect = Effect::write,
       .errors = {Code::not_found},
       .examples = {{"Again in half a minute", {{"ack_ids", {"$JS.ACK.ORDERS.billing.1.7.7.1767323045000000000.0"}}, {"delay", "30s"}}}}},
      run);
}

}  // namespace noetl::nats::ops
