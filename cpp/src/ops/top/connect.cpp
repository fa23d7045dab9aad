#include <fmt/format.h>

#include "deploy/target.hpp"
#include "deploy/text.hpp"
#include "engine/define.hpp"

namespace noetl::nats::ops {
namespace {

struct In : deploy::Target {
  std::string format = "url";
  static auto fields() {
    return std::tuple_cat(
        deploy::target_fields<In>(),
        std::tuple{
            field("format", &In::format,
                  "What to print on a terminal: url (everything in words), env (lines for a shell), context (for the nats command line).")
                .one_of({"url", "env", "context"})});
  }
  void check(schema::Problems& problems) const { deploy::check_target(*this, problems); }
};

struct Out {
  std::string instance, format;
  std::vector<std::string> urls;
  std::string user;
  std::vector<std::string> env;
  std::string context;
  std::optional<std::string> monitor_url;
  static auto fields() {
    return std::tuple{
        field("instance", &Out::instance, "Name of the instance."),
        field("format", &Out::format, "As asked for."),
        field("urls", &Out::urls, "Where clients connect; without user and password."),
        field("user", &Out::user, "User of the account with JetStream."),
        field("env", &Out::env,
              "Environment variables, NAME=VALUE; the password as a reference to the file that holds it, which noetl-nats follows."),
        field("context", &Out::context,
              "File for the nats command line (nats --context FILE) and for NATS_CONTEXT; only the user may read it."),
        field("monitor_url", &Out::monitor_url, "Where monitoring answers.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_CHECK(deploy::require_local(in, "connect"));
  NN_TRY(const auto paths, deploy::paths_of(in.instance, context.environment()));
  NN_TRY(const auto record, deploy::load_record(in.instance, context.environment()));
  if (!record) return fail(deploy::not_deployed(in.instance));
  Out out;
  out.instance = in.instance;
  out.format = in.format;
  out.urls = record->urls;
  out.user = record->user;
  out.env = {fmt::format("NATS_URL={}", fmt::join(record->urls, ",")), "NATS_USER=" + record->user,
             "NATS_PASSWORD=file:" + paths.password_file.string()};
  out.context = paths.context.string();
  if (!record->monitor_url.empty()) out.monitor_url = record->monitor_url;
  return out;
}

/// Text in single quotes for a POSIX shell.
std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text)
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  return out + "'";
}

/// Lines that a shell evaluates; there the password itself is read from its file.
std::string shell_lines(const Json& result) {
  std::string out;
  for (const auto& entry : result["env"]) {
    const auto line = entry.get<std::string>();
    const auto equals = line.find('=');
    const auto value = line.substr(equals + 1);
    out += fmt::format("export {}={}\n", line.substr(0, equals),
                       value.starts_with("file:") ? fmt::format("\"$(cat {})\"", shell_quoted(value.substr(5))) : shell_quoted(value));
  }
  return out;
}

std::string text(const Json& result, bool) {
  const auto format = result.value("format", "");
  if (format == "env") return shell_lines(result);
  const auto context = result.value("context", "");
  if (format == "context") return fmt::format("nats --context {}\n", shell_quoted(context));
  const auto instance = result.value("instance", "");
  const auto env = result["env"].get<std::vector<std::string>>();
  std::string password = env.back().substr(env.back().find(':') + 1);
  return deploy::labelled({{"clients", fmt::format("{}", fmt::join(result["urls"].get<std::vector<std::string>>(), " "))},
                           {"user", result.value("user", "") + "  (account NOETL, with JetStream)"},
                           {"password", "in " + password},
                           {"monitoring", result.value("monitor_url", "")}}) +
         "\n" +
         deploy::labelled({{"this tool", instance == deploy::kDefaultInstance ? "noetl-nats stream list  (finds it by itself)"
                                                                              : "NATS_CONTEXT=" + context + " noetl-nats stream list"},
                           {"a shell", fmt::format("eval \"$(noetl-nats connect{} --format env)\"", deploy::instance_option(instance))},
                           {"nats command", "nats --context " + shell_quoted(context)},
                           {"a playbook", fmt::format("url: {}, user: {}, password: file:{}", result["urls"][0].get<std::string>(),
                                                      result.value("user", ""), password)}});
}

}  // namespace

Operation op_connect() {
  return define<In, Out>({.summary = "Say how programs connect to a deployed instance.",
                          .description = "Shows no password: it names the file that holds it, which only the user may read.",
                          .effect = Effect::read,
                          .needs = Needs::nothing,
                          .shows = Shows::result,
                          .errors = {Code::not_found, Code::failed_precondition, Code::unimplemented},
                          .examples = {{"How do I connect?", Json::object()}, {"Variables for a shell", {{"format", "env"}}}},
                          .text = text},
                         run);
}

}  // namespace noetl::nats::ops
