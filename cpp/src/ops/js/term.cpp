#include "engine/define.hpp"
#include "engine/deliveries.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::vector<std::string> ack_ids;
  std::string reason;
  bool confirm = false;
  static auto fields() {
    return std::tuple{field("ack_ids", &In::ack_ids, kAckIdsDoc).positional(),
                      field("reason", &In::reason, "Why; the server's advisory of the termination has it.").defaulted().since("2.10.4"),
                      field("double", &In::confirm, kDoubleDoc)};
  }
  void check(schema::Problems& problems) const { check_ack_ids(ack_ids, problems); }
};

Result<SettledView> run(Context& context, const In& in) { return settle(context, in.ack_ids, js::term_verb(in.reason), in.confirm); }

}  // namespace

Operation op_js_term() {
  return define<In, SettledView>(
      {.summary = "Give messages up: they are not delivered again, though nobody has processed them.",
       .description = "Without `double` the server has read the answer when it returns; it does not say what became of it.",
       .effect = Effect::write,
       .errors = {Code::not_found},
       .examples = {{"A message that nobody can read",
                     {{"ack_ids", {"$JS.ACK.ORDERS.billing.1.7.7.1767323045000000000.0"}}, {"reason", "not JSON"}}}}},
      run);
}

}  // namespace noetl::nats::ops
