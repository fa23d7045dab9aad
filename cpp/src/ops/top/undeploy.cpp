#include <fmt/format.h>

#include "deploy/target.hpp"
#include "deploy/text.hpp"
#include "deploy/undeploy.hpp"
#include "engine/define.hpp"

namespace noetl::nats::ops {
namespace {

struct In : deploy::Target {
  bool purge = false;
  std::string backup;
  std::int64_t wait_ms = 120000;
  bool dry_run = false;
  static auto fields() {
    return std::tuple_cat(
        deploy::target_fields<In>(),
        std::tuple{
            field("purge", &In::purge, "Remove the data too, and all else of the instance."),
            field("backup", &In::backup, "Folder to back up the data to before a purge; not built yet.").format("path").defaulted(),
            field("wait_ms", &In::wait_ms, "How long the server may take to stop, in milliseconds; then it is killed.").min(1).max(3600000),
            field("dry_run", &In::dry_run, "Only say what would be removed and kept.")});
  }
  void check(schema::Problems& problems) const { deploy::check_target(*this, problems); }
};

struct Out {
  std::string instance, target;
  bool changed = false;
  std::optional<bool> dry_run;
  std::vector<std::string> removed, kept;
  static auto fields() {
    return std::tuple{field("instance", &Out::instance, "Name of the instance."),
                      field("target", &Out::target, "local or kubernetes."),
                      field("changed", &Out::changed, "Whether there was (or, in a dry run, is) anything to stop or remove."),
                      field("dry_run", &Out::dry_run, "True for a dry run: nothing was done."),
                      field("removed", &Out::removed, "What is gone."),
                      field("kept", &Out::kept, "What is still there.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_CHECK(deploy::require_local(in, "undeploy"));
  if (!in.backup.empty())
    return fail(Code::unimplemented, "undeploy: backup is not built yet", "copy the folder that status names as the volume, then purge");
  const Wait wait = Wait::for_duration(std::chrono::milliseconds(in.wait_ms), context.wait().cancel);
  NN_TRY(auto done, deploy::undeploy_local(in.instance, in.purge, in.dry_run,
                                           {context.environment(), wait, [&](std::string_view line) { context.progress(line); }}));
  Out out{in.instance, in.target, done.found, std::nullopt, std::move(done.removed), std::move(done.kept)};
  if (in.dry_run) out.dry_run = true;
  return out;
}

std::string text(const Json& result, bool color) {
  const auto instance = result.value("instance", "");
  const bool dry = result.value("dry_run", false);
  std::string headline = fmt::format("{} is undeployed", instance);
  if (!result.value("changed", false))
    headline = fmt::format("nothing to undeploy: {} is not deployed", instance);
  else if (dry)
    headline = fmt::format("{} would be undeployed", instance);
  std::string out = deploy::marked(dry ? deploy::Mark::note : deploy::Mark::good, headline, color);
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& item : result["removed"]) rows.emplace_back("removed", item.get<std::string>());
  for (const auto& item : result["kept"]) rows.emplace_back("kept", item.get<std::string>());
  return out + (rows.empty() ? "" : "\n") + deploy::labelled(rows);
}

}  // namespace

Operation op_undeploy() {
  return define<In, Out>(
      {.summary = "Stop NATS and remove the deployment; the data stays unless purge is given.",
       .description = "Stops the server gently: clients are told to go (lame duck), and only a server that does not end is killed. Nothing "
                      "there is a success.",
       .effect = Effect::destroy,
       .destroys_with = "purge",
       .needs = Needs::nothing,
       .shows = Shows::result,
       .errors = {Code::unimplemented},
       .examples = {{"Stop it and keep the data", Json::object()}, {"Leave nothing behind", {{"instance", "b"}, {"purge", true}}}},
       .text = text},
      run);
}

}  // namespace noetl::nats::ops
