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

Result<SettledView> run(Context& context, const In& in) { return settle(context, in.ack_ids, "+ACK", in.confirm); }

}  // namespace

Operation op_js_ack() {
  return define<In, SettledView>(
      {.summary = "Acknowledge messages: they are not delivered again.",
       .description =
           "On a stream with the retention `workqueue` or `interest` that removes them. Without `double` the server has read the "
           "acknowledgements when it returns; it does not say what became of them.",
       .effect = Effect::write,
       .errors = {Code::not_found},
       .examples = {{"One message, surely", {{"ack_ids", {"$JS.ACK.ORDERS.billing.1.7.7.1767323045000000000.0"}}, {"double", true}}}}},
      run);
}

}  // namespace noetl::nats::ops
