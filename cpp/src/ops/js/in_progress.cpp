#include "engine/define.hpp"
#include "engine/deliveries.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::vector<std::string> ack_ids;
  bool confirm = false;
  static auto fields() {
    return std::tuple{field("ack_ids", &In::ack_ids, kAckIdsDoc).positional(), field("double", &In::confirm, kDoubleDoc)};
  }
  void check(schema::Problems& problems) const { check_ack_ids(ack_ids, problems); }
};

Result<SettledView> run(Context& context, const In& in) { return settle(context, in.ack_ids, "+WPI", in.confirm); }

}  // namespace

Operation op_js_in_progress() {
  return define<In, SettledView>(
      {.summary = "Say that messages are still being worked on: their ack_wait begins anew.",
       .description = "Without `double` the server has read it when it returns; it does not say what became of it.",
       .effect = Effect::write,
       .errors = {Code::not_found},
       .examples = {{"More time for a message", {{"ack_ids", {"$JS.ACK.ORDERS.billing.1.7.7.1767323045000000000.0"}}}}}},
      run);
}

}  // namespace noetl::nats::ops
