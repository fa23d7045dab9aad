#include "jetstream/streams.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/coerce.hpp"
#include "base/names.hpp"

namespace noetl::nats::js {
namespace {

using namespace std::chrono_literals;

constexpr const char* kLevelNeeded = "level_needed";
constexpr int kSubjectsOverlap = 10065;

const ConfigTable& table() { return stream_fields(); }

/// 10077, 10049, 10104 right after a delete: the old store is still being removed. It passes in a moment.
bool store_is_busy(const Error& error) {
  const int code = err_code_of(error);
  return code == 10077 || code == 10049 || code == 10104;
}

/// Which other streams hold one of the subjects: the server only says that there is one.
Error name_the_overlap(Api& api, Error error, const Json& config, const Wait& wait) {
  if (err_code_of(error) != kSubjectsOverlap) return error;
  const auto name = config.value("name", std::string());
  for (const auto& subject : config["subjects"]) {
    const auto names = api.list("STREAM.NAMES", {{"subject", subject}}, "streams", wait);
    if (!names) return error;
    for (const auto& other : *names) {
      if (other == name) continue;
      error.message =
          fmt::format("stream {}: the subject {} overlaps those of stream {}", name, subject.get<std::string>(), other.get<std::string>());
      error.hint = fmt::format("a subject belongs to one stream; noetl-nats stream info {} shows its subjects", other.get<std::string>());
      error.details["stream"] = other;
      return error;
    }
  }
  return error;
}

Error named(Error error, std::string_view stream) {
  if (err_code_of(error) != 0 && error.message.find(stream) == std::string::npos)
    error.message = fmt::format("stream {}: {}", stream, error.message);
  return error;
}

Result<Json> send_config(Api& api, const char* verb, const Json& config, int minor, const Wait& wait) {
  const auto name = config.value("name", std::string());
  auto answer = api.call(fmt::format("STREAM.{}.{}", verb, name), to_wire(table(), config, minor), wait);
  for (int tries = 0; !answer && store_is_busy(answer.error()) && tries < 3; ++tries) {
    NN_CHECK(wait_until(
        wait.at_most(100ms), [] { return false; }, 100ms));
    answer = api.call(fmt::format("STREAM.{}.{}", verb, name), to_wire(table(), config, minor), wait);
  }
  if (!answer) return fail(named(name_the_overlap(api, std::move(answer).error(), config, wait), name));
  return normalised(table(), (*answer)["config"]);
}

Result<int> server_minor(Api& api, const Wait& wait) {
  NN_TRY(const int level, api.level(wait));
  return minor_of_level(level);
}

Result<Applied> create(Api& api, Json config, const ApplyOptions& options, int minor, const Wait& wait) {
  if (!config.contains("allow_direct")) config["allow_direct"] = true;
  Applied out{.changed = true, .created = true, .config = normalised(table(), std::move(config))};
  const auto name = out.config.value("name", std::string());
  NN_CHECK(check_known(table(), out.config, minor, name));
  if (!options.dry_run) {
    NN_TRY(out.config, send_config(api, "CREATE", out.config, minor, wait));
  }
  out.diff = changes(table(), normalised(table(), {{"name", name}}), out.config);
  return out;
}

Result<Applied> update(Api& api, const Json& info, const Json& desired, const ApplyOptions& options, int minor, const Wait& wait) {
  const Json before = normalised(table(), info["config"]);
  const auto name = before.value("name", std::string());
  Applied out{.config = merged(table(), before, desired, options.unset)};
  out.diff = changes(table(), before, out.config);
  out.changed = !out.diff.empty();
  if (!out.changed) return out;
  NN_CHECK(check_known(table(), out.config, minor, name));
  NN_CHECK(check_changeable(table(), out.diff, minor, name));
  for (auto& change : out.diff)
    if (may_destroy(table(), change)) {
      NN_TRY(change.loses, measure_loss(api, change, info, out.config, wait));
    }
  out.warnings = warnings(table(), out.diff);
  if (options.dry_run) return out;
  if (!options.allow_destructive) NN_CHECK(check_losses(table(), out.diff, name));
  NN_TRY(out.config, send_config(api, "UPDATE", out.config, minor, wait));
  // What the server made of it counts: it may have rounded, or computed, a value.
  auto real = changes(table(), before, out.config);
  for (auto& change : real)
    for (const auto& planned : out.diff)
      if (planned.path == change.path) change.loses = planned.loses;
  out.diff = std::move(real);
  out.changed = !out.diff.empty();
  return out;
}

/// Takes the server's metadata out of the configuration; the API level that it names moves to `info`.
void clean(Json& info) {
  if (!info.contains("config") || !info["config"].contains("metadata")) return;
  if (const auto level = as_integer(info["config"]["metadata"].value("_nats.req.level", std::string()))) info[kLevelNeeded] = *level;
  drop_server_metadata(info["config"]);
}

}  // namespace

Result<Applied> apply_stream(Api& api, const std::string& stream, const Json& desired, const ApplyOptions& options, const Wait& wait) {
  if (const auto wrong = check_asset_name(stream))
    return fail(Code::invalid_argument, fmt::format("stream {} {}", in_quotes(stream), *wrong));
  NN_TRY(const int minor, server_minor(api, wait));
  NN_TRY(const auto info, find_stream(api, stream, {}, wait));
  Json wanted = desired;
  wanted["name"] = stream;
  if (info) return update(api, *info, wanted, options, minor, wait);
  if (!options.create) return stream_not_found(api, stream, wait);
  return create(api, std::move(wanted), options, minor, wait);
}

Result<Json> create_stream(Api& api, const Json& config, const Wait& wait) {
  NN_TRY(const int minor, server_minor(api, wait));
  const Json full = normalised(table(), config);
  NN_CHECK(check_known(table(), full, minor, config.value("name", std::string())));
  return send_config(api, "CREATE", full, minor, wait);
}

tl::unexpected<Error> stream_not_found(Api& api, std::string_view stream, const Wait& wait) {
  Error error{.code = Code::not_found,
              .message = fmt::format("stream {} does not exist", stream),
              .hint = "noetl-nats stream list shows the streams"};
  const auto names = api.list("STREAM.NAMES", nullptr, "streams", wait);
  if (!names) return fail(std::move(error));
  if (const auto near = nearest(stream, names->get<std::vector<std::string>>())) error.hint = fmt::format("did you mean {}?", *near);
  return fail(std::move(error));
}

Result<std::optional<Json>> find_stream(Api& api, std::string_view stream, const StreamInfoOptions& options, const Wait& wait) {
  Json body = Json::object();
  if (options.deleted) body["deleted_details"] = true;
  if (!options.subjects_filter.empty()) body["subjects_filter"] = options.subjects_filter;
  const auto subject = fmt::format("STREAM.INFO.{}", stream);
  NN_TRY(auto info, api.find(subject, body.empty() ? Json(nullptr) : body, wait));
  if (!info) return info;
  clean(*info);
  Json& state = (*info)["state"];
  if (!state.contains("subjects")) return info;
  // Subjects come in pages of 100 000.
  while (state["subjects"].size() < info->value("total", std::size_t{0})) {
    body["offset"] = state["subjects"].size();
    NN_TRY(const Json page, api.call(subject, body, wait));
    const Json subjects = page["state"].value("subjects", Json::object());
    if (subjects.empty()) break;
    state["subjects"].update(subjects);
  }
  for (const char* paging : {"total", "offset", "limit"}) info->erase(paging);
  return info;
}

Result<Json> stream_info(Api& api, std::string_view stream, const StreamInfoOptions& options, const Wait& wait) {
  NN_TRY(auto info, find_stream(api, stream, options, wait));
  if (!info) return stream_not_found(api, stream, wait);
  return *std::move(info);
}

Result<StreamList> list_streams(Api& api, const std::string& pattern, const std::string& subject, bool details, const Wait& wait) {
  StreamList out;
  Json body = Json::object();
  if (!subject.empty()) body["subject"] = subject;
  std::size_t seen = 0;
  while (true) {
    body["offset"] = seen;
    NN_TRY(const Json page, api.call(details ? "STREAM.LIST" : "STREAM.NAMES", body, wait));
    const Json items = page.contains("streams") && page["streams"].is_array() ? page["streams"] : Json::array();
    if (page.contains("missing") && page["missing"].is_array()) out.missing = page["missing"];
    if (page.contains("offline") && page["offline"].is_object()) out.offline = page["offline"];
    for (Json item : items) {
      const Json& name = details ? item["config"]["name"] : item;
      if (!pattern.empty() && !glob_matches(pattern, name.get<std::string>())) continue;
      if (details) clean(item);
      out.streams.push_back(std::move(item));
    }
    seen += items.size();
    if (items.empty() || seen >= page.value("total", std::size_t{0})) return out;
  }
}

Json stream_summary(const Json& info) {
  const Json& config = info["config"];
  const Json& state = info["state"];
  const auto last = state.value("last_ts", std::string());
  Json out{{"stream", config["name"]},
           {"subjects", config.value("subjects", Json::array())},
           {"retention", config.value("retention", std::string())},
           {"storage", config.value("storage", std::string())},
           {"num_replicas", config.value("num_replicas", 1)},
           {"messages", state.value("messages", std::uint64_t{0})},
           {"bytes", state.value("bytes", std::uint64_t{0})},
           {"first_seq", state.value("first_seq", std::uint64_t{0})},
           {"last_seq", state.value("last_seq", std::uint64_t{0})},
           {"last_time", last.starts_with("0001-") ? Json(nullptr) : Json(last)},
           {"consumers", state.value("consumer_count", 0)},
           {"created", info.value("created", std::string())}};
  if (config.contains("mirror")) out["mirror"] = config["mirror"].value("name", std::string());
  return out;
}

int level_needed(const Json& info) { return info.value(kLevelNeeded, 0); }

Result<DeletedStream> delete_stream(Api& api, std::string_view stream, bool missing_ok, bool dry_run, const Wait& wait) {
  NN_TRY(const auto info, find_stream(api, stream, {}, wait));
  if (!info && missing_ok) return DeletedStream{};
  if (!info) return stream_not_found(api, stream, wait);
  const DeletedStream out{true, (*info)["state"].value("messages", std::uint64_t{0})};
  if (dry_run) return out;
  NN_TRY(const auto answer, api.find(fmt::format("STREAM.DELETE.{}", stream), nullptr, wait));
  if (!answer && !missing_ok) return stream_not_found(api, stream, wait);
  return answer ? out : DeletedStream{};
}

Result<Purged> purge_stream(Api& api, std::string_view stream, const PurgeOptions& options, const Wait& wait) {
  const bool count_deleted = options.dry_run && options.up_to_sequence;
  NN_TRY(const Json info, stream_info(api, stream, {options.dry_run ? options.subject : "", count_deleted}, wait));
  if (info["config"].value("deny_purge", false) || info["config"].value("sealed", false))
    return fail(Code::failed_precondition,
                fmt::format("stream {} {} purges", stream, info["config"].value("sealed", false) ? "is sealed and takes no" : "denies"),
                "this cannot be switched off: the stream was made to keep its messages");
  if (!options.dry_run) {
    Json body = Json::object();
    if (!options.subject.empty()) body["filter"] = options.subject;
    if (options.up_to_sequence) body["seq"] = *options.up_to_sequence;
    if (options.keep) body["keep"] = *options.keep;
    auto answer = api.call(fmt::format("STREAM.PURGE.{}", stream), body, wait);
    if (!answer) return fail(named(std::move(answer).error(), stream));
    return Purged{answer->value("purged", std::uint64_t{0})};
  }
  const Json& state = info["state"];
  Purged out{state.value("messages", std::uint64_t{0})};
  if (!options.subject.empty()) {
    out.messages = 0;
    const Json subjects = state.value("subjects", Json::object());
    for (const auto& [subject, count] : subjects.items()) out.messages += count.get<std::uint64_t>();
  }
  if (options.keep) out.messages -= std::min(out.messages, *options.keep);
  if (options.up_to_sequence) {
    const auto first = state.value("first_seq", std::uint64_t{0});
    std::uint64_t below = *options.up_to_sequence > first ? *options.up_to_sequence - first : 0;
    for (const auto& gone : state.value("deleted", Json::array()))
      if (gone.get<std::uint64_t>() < *options.up_to_sequence && below > 0) --below;
    out.exact = options.subject.empty() || out.messages == 0 || below == 0;
    out.messages = std::min(out.messages, below);
  }
  return out;
}

}  // namespace noetl::nats::js
