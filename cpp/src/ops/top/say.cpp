#include "engine/define.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string text;
  bool fail = false;
  std::string hint;
  static auto fields() {
    return std::tuple{field("text", &In::text, "What to say; may have several lines.").positional(),
                      field("fail", &In::fail, "End with this text as the error: failed_precondition."),
                      field("hint", &In::hint, "What the person can do about it; shown with the error.").defaulted()};
  }
};

struct Out {
  std::string text;
  static auto fields() { return std::tuple{field("text", &Out::text, "What was said.")}; }
};

Result<Out> run(Context&, const In& in) {
  if (in.fail) return fail(Code::failed_precondition, in.text, in.hint);
  return Out{in.text};
}

}  // namespace

Operation op_say() {
  return define<In, Out>(
      {.summary = "Show a text to the person who runs the playbook, or fail with it.",
       .description = "NoETL's engine hides what shell steps print; this is how a playbook speaks.",
       .effect = Effect::read,
       .needs = Needs::nothing,
       .shows = Shows::result,
       .errors = {Code::failed_precondition},
       .examples = {{"Tell something", {{"text", "all sessions are moved"}}},
                    {"End a playbook with a reason", {{"text", "no sessions to move"}, {"fail", true}, {"hint", "run the import first"}}}},
       .text = [](const Json& result, bool) { return result.value("text", std::string()); }},
      run);
}

}  // namespace noetl::nats::ops
