#include "jetstream/config_fields.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cstdint>

namespace noetl::nats::js {
namespace {

using enum FieldType;

// ---- what may change, and what a change destroys -------------------------------------------------------------------------

bool never(const Json&, const Json&) { return false; }
bool only_on(const Json& from, const Json&) { return !from.get<bool>(); }
bool only_removed(const Json&, const Json& to) { return to.is_null(); }
bool not_work_queue(const Json& from, const Json& to) { return from != "workqueue" && to != "workqueue"; }
bool stays_push_or_pull(const Json& from, const Json& to) { return (from == "") == (to == ""); }

std::int64_t number(const Json& value) { return value.is_number() ? value.get<std::int64_t>() : 0; }

/// Limits: 0 and -1 mean none.
bool lowered(const Json& from, const Json& to) { return number(to) > 0 && (number(from) <= 0 || number(to) < number(from)); }
bool to_interest(const Json&, const Json& to) { return to == "interest"; }
bool removed(const Json& from, const Json& to) { return !from.is_null() && to.is_null(); }
bool turned_on(const Json&, const Json& to) { return to == true; }

std::string warn_fewer_subjects(const Json& from, const Json& to) {
  std::string gone;
  for (const auto& subject : from)
    if (std::find(to.begin(), to.end(), subject) == to.end()) gone += (gone.empty() ? "" : ", ") + subject.get<std::string>();
  if (gone.empty()) return {};
  return fmt::format("subjects: messages published to {} are not stored any more; those that are stored stay", gone);
}

std::string warn_fewer_replicas(const Json& from, const Json& to) {
  if (number(to) >= number(from)) return {};
  return fmt::format("num_replicas: {} in place of {} copies; fewer servers may fail", number(to), number(from));
}

// ---- what the server computes ----------------------------------------------------------------------------------------------

constexpr std::int64_t kSecond = 1'000'000'000;

bool has(const Json& config, const char* name) { return config.contains(name) && !config[name].is_null() && !config[name].empty(); }

Json default_subjects(const Json& config) {
  if (has(config, "mirror") || has(config, "sources")) return Json::array();
  return Json::array({config.value("name", std::string())});
}

Json default_duplicate_window(const Json& config) {
  // Servers since 2.14 have no window for streams that only copy others.
  if (has(config, "mirror") || has(config, "sources")) return 0;
  const std::int64_t usual = 120 * kSecond;
  const auto max_age = config.contains("max_age") ? number(config["max_age"]) : 0;
  return max_age > 0 ? std::min(usual, max_age) : usual;
}

bool acknowledges(const Json& config) { return config.value("ack_policy", std::string("none")) != "none"; }
bool pushes(const Json& config) { return !config.value("deliver_subject", std::string()).empty(); }

Json default_ack_wait(const Json& config) {
  if (!acknowledges(config)) return 0;
  if (has(config, "backoff")) return config["backoff"].front();
  return 30 * kSecond;
}
Json default_max_ack_pending(const Json& config) { return acknowledges(config) ? 1000 : 0; }
Json default_max_waiting(const Json& config) { return pushes(config) ? 0 : 512; }
Json default_inactive_threshold(const Json& config) { return config.value("durable_name", std::string()).empty() ? 5 * kSecond : 0; }
Json default_priority_timeout(const Json& config) {
  return config.value("priority_policy", std::string()) == "pinned_client" ? 120 * kSecond : 0;
}

// ---- parts ------------------------------------------------------------------------------------------------------------------

constexpr std::array kPlacement{
    ConfigField{.name = "cluster", .type = text, .fallback = "\"\""},
    ConfigField{.name = "tags", .type = texts, .fallback = "[]"},
};
constexpr std::array kTransform{
    ConfigField{.name = "src", .type = text, .fallback = "\"\""},
    ConfigField{.name = "dest", .type = text, .fallback = "\"\""},
};
constexpr std::array kExternal{
    ConfigField{.name = "api", .type = text, .fallback = "\"\"", .check = check_subject},
    ConfigField{.name = "deliver", .type = text, .fallback = "\"\""},
};
constexpr std::array kSourceConsumer{
    ConfigField{.name = "name", .type = text, .fallback = "\"\"", .check = check_asset_name},
    ConfigField{.name = "deliver_subject", .type = text, .fallback = "\"\"", .check = check_subject},
};
constexpr std::array kSource{
    ConfigField{.name = "name", .type = text, .check = check_asset_name},
    ConfigField{.name = "opt_start_seq", .type = integer, .fallback = "0"},
    ConfigField{.name = "opt_start_time", .type = time},
    ConfigField{.name = "filter_subject", .type = text, .fallback = "\"\"", .check = check_filter},
    ConfigField{.name = "subject_transforms", .type = objects, .fallback = "[]", .since = 10, .members = kTransform},
    ConfigField{.name = "external", .type = object, .members = kExternal},
    ConfigField{.name = "consumer", .type = object, .since = 14, .members = kSourceConsumer},
};
constexpr std::array kRepublish{
    ConfigField{.name = "src", .type = text, .fallback = "\"\""},
    ConfigField{.name = "dest", .type = text, .fallback = "\"\""},
    ConfigField{.name = "headers_only", .type = boolean, .fallback = "false"},
};
constexpr std::array kConsumerLimits{
    ConfigField{.name = "inactive_threshold", .type = duration, .fallback = "0"},
    ConfigField{.name = "max_ack_pending", .type = integer, .fallback = "0"},
};

constexpr std::array kRetention{Choice{"limits"}, Choice{"interest"}, Choice{"workqueue"}};
constexpr std::array kStorage{Choice{"file"}, Choice{"memory"}};
constexpr std::array kDiscard{Choice{"old"}, Choice{"new"}};
constexpr std::array kCompression{Choice{"none"}, Choice{"s2"}};
constexpr std::array kPersistMode{Choice{"default"}, Choice{"async"}};
constexpr std::array kDeliverPolicy{
    Choice{"all"}, Choice{"last"}, Choice{"new"}, Choice{"by_start_sequence"}, Choice{"by_start_time"}, Choice{"last_per_subject"}};
constexpr std::array kAckPolicy{Choice{"explicit"}, Choice{"all"}, Choice{"none"}, Choice{"flow_control", 14}};
constexpr std::array kReplayPolicy{Choice{"instant"}, Choice{"original"}};
constexpr std::array kPriorityPolicy{Choice{""}, Choice{"overflow", 11}, Choice{"pinned_client", 11}, Choice{"prioritized", 12}};

// ---- streams: jetstream-api section 2; each row was tried against servers 2.10 to 2.15 ---------------------------------------

constexpr std::array kStream{
    ConfigField{.name = "name", .type = text, .may_change = never, .check = check_asset_name},
    ConfigField{.name = "description", .type = text, .fallback = "\"\""},
    ConfigField{.name = "subjects",
                .type = texts,
                .fallback = "[]",
                .warning = warn_fewer_subjects,
                .derived = default_subjects,
                .check = check_filter},
    ConfigField{.name = "retention",
                .type = choice,
                .fallback = "\"limits\"",
                .may_change = not_work_queue,
                .destroys = to_interest,
                .choices = kRetention},
    ConfigField{.name = "max_consumers", .type = integer, .fallback = "-1", .changes_since = 14},
    ConfigField{.name = "max_msgs", .type = integer, .fallback = "-1", .destroys = lowered},
    ConfigField{.name = "max_bytes", .type = size, .fallback = "-1", .destroys = lowered},
    ConfigField{.name = "discard", .type = choice, .fallback = "\"old\"", .choices = kDiscard},
    ConfigField{.name = "discard_new_per_subject", .type = boolean, .fallback = "false"},
    ConfigField{.name = "max_age", .type = duration, .fallback = "0", .destroys = lowered},
    ConfigField{.name = "max_msgs_per_subject", .type = integer, .fallback = "-1", .destroys = lowered},
    ConfigField{.name = "max_msg_size", .type = size, .fallback = "-1"},
    ConfigField{.name = "storage", .type = choice, .fallback = "\"file\"", .may_change = never, .choices = kStorage},
    ConfigField{.name = "num_replicas", .type = integer, .fallback = "1", .warning = warn_fewer_replicas},
    ConfigField{.name = "no_ack", .type = boolean, .fallback = "false"},
    ConfigField{.name = "duplicate_window", .type = duration, .fallback = "0", .derived = default_duplicate_window},
    ConfigField{.name = "placement", .type = object, .members = kPlacement},
    ConfigField{.name = "mirror", .type = object, .may_change = only_removed, .changes_since = 12, .destroys = removed, .members = kSource},
    ConfigField{.name = "sources", .type = objects, .fallback = "[]", .members = kSource},
    ConfigField{.name = "compression", .type = choice, .fallback = "\"none\"", .since = 10, .choices = kCompression},
    ConfigField{.name = "subject_transform", .type = object, .since = 10, .members = kTransform},
    ConfigField{.name = "republish", .type = object, .members = kRepublish},
    ConfigField{.name = "sealed", .type = boolean, .fallback = "false", .may_change = only_on, .destroys = turned_on},
    ConfigField{.name = "deny_delete", .type = boolean, .fallback = "false", .may_change = only_on},
    ConfigField{.name = "deny_purge", .type = boolean, .fallback = "false", .may_change = only_on},
    ConfigField{.name = "allow_rollup_hdrs", .type = boolean, .fallback = "false"},
    ConfigField{.name = "allow_direct", .type = boolean, .fallback = "false"},
    ConfigField{.name = "mirror_direct", .type = boolean, .fallback = "false"},
    ConfigField{.name = "consumer_limits", .type = object, .since = 10, .members = kConsumerLimits},
    // The server stores a new first_seq and does nothing with it, so it does not count as changeable.
    ConfigField{.name = "first_seq",
                .type = integer,
                .fallback = "0",
                .since = 10,
                .may_change = never,
                .hint = "first_seq counts only when the stream is created"},
    ConfigField{.name = "metadata", .type = text_map, .fallback = "{}", .since = 10},
    ConfigField{.name = "allow_msg_ttl", .type = boolean, .fallback = "false", .since = 11, .may_change = only_on},
    ConfigField{.name = "subject_delete_marker_ttl", .type = duration, .fallback = "0", .since = 11},
    ConfigField{.name = "allow_atomic", .type = boolean, .fallback = "false", .since = 12},
    ConfigField{.name = "allow_msg_counter", .type = boolean, .fallback = "false", .since = 12, .may_change = never},
    ConfigField{.name = "allow_msg_schedules", .type = boolean, .fallback = "false", .since = 12, .may_change = only_on},
    ConfigField{
        .name = "persist_mode", .type = choice, .fallback = "\"default\"", .since = 12, .may_change = never, .choices = kPersistMode},
    ConfigField{.name = "allow_batched", .type = boolean, .fallback = "false", .since = 14},
};

// ---- consumers: jetstream-api section 4; max_waiting, mem_storage, flow_control and idle_heartbeat were refused by 2.15 -----

constexpr std::array kConsumer{
    ConfigField{.name = "name", .type = text, .may_change = never, .check = check_asset_name},
    ConfigField{.name = "durable_name", .type = text, .fallback = "\"\"", .may_change = never, .check = check_asset_name},
    ConfigField{.name = "description", .type = text, .fallback = "\"\""},
    ConfigField{.name = "deliver_policy", .type = choice, .fallback = "\"all\"", .may_change = never, .choices = kDeliverPolicy},
    ConfigField{.name = "opt_start_seq", .type = integer, .fallback = "0", .may_change = never},
    ConfigField{.name = "opt_start_time", .type = time, .may_change = never},
    ConfigField{.name = "ack_policy", .type = choice, .fallback = "\"none\"", .may_change = never, .choices = kAckPolicy},
    ConfigField{.name = "ack_wait", .type = duration, .fallback = "0", .derived = default_ack_wait},
    ConfigField{.name = "max_deliver", .type = integer, .fallback = "-1"},
    ConfigField{.name = "backoff", .type = durations, .fallback = "[]"},
    ConfigField{.name = "filter_subject", .type = text, .fallback = "\"\"", .check = check_filter},  // read as filter_subjects
    ConfigField{.name = "filter_subjects", .type = texts, .fallback = "[]", .check = check_filter},
    ConfigField{.name = "replay_policy", .type = choice, .fallback = "\"instant\"", .may_change = never, .choices = kReplayPolicy},
    ConfigField{.name = "rate_limit_bps", .type = integer, .fallback = "0"},
    ConfigField{.name = "sample_freq", .type = text, .fallback = "\"\""},
    ConfigField{.name = "max_waiting", .type = integer, .fallback = "0", .may_change = never, .derived = default_max_waiting},
    ConfigField{.name = "max_ack_pending", .type = integer, .fallback = "0", .derived = default_max_ack_pending},
    ConfigField{.name = "flow_control", .type = boolean, .fallback = "false", .may_change = never},
    ConfigField{.name = "idle_heartbeat", .type = duration, .fallback = "0", .may_change = never},
    ConfigField{.name = "headers_only", .type = boolean, .fallback = "false"},
    ConfigField{.name = "max_batch", .type = integer, .fallback = "0"},
    ConfigField{.name = "max_expires", .type = duration, .fallback = "0"},
    ConfigField{.name = "max_bytes", .type = size, .fallback = "0"},
    ConfigField{.name = "inactive_threshold", .type = duration, .fallback = "0", .derived = default_inactive_threshold},
    ConfigField{.name = "num_replicas", .type = integer, .fallback = "0"},
    ConfigField{.name = "mem_storage", .type = boolean, .fallback = "false", .may_change = never},
    ConfigField{.name = "deliver_subject", .type = text, .fallback = "\"\"", .may_change = stays_push_or_pull, .check = check_subject},
    ConfigField{.name = "deliver_group", .type = text, .fallback = "\"\"", .check = check_queue},
    ConfigField{.name = "metadata", .type = text_map, .fallback = "{}", .since = 10},
    // An update with another pause_until is accepted and ignored.
    ConfigField{.name = "pause_until", .type = time, .since = 11, .may_change = never, .hint = "noetl-nats consumer pause changes it"},
    // ADR-42: not to be switched on or off later, though 2.15 does so.
    ConfigField{.name = "priority_groups", .type = texts, .fallback = "[]", .since = 11, .may_change = never},
    ConfigField{
        .name = "priority_policy", .type = choice, .fallback = "\"\"", .since = 11, .may_change = never, .choices = kPriorityPolicy},
    ConfigField{.name = "priority_timeout", .type = duration, .fallback = "0", .since = 11, .derived = default_priority_timeout},
};

}  // namespace

const ConfigField* ConfigTable::find(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const ConfigField& each) { return each.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

const ConfigTable& stream_fields() {
  static constexpr ConfigTable table{"stream", kStream, "make a stream of another name and copy the messages, or delete this one first"};
  return table;
}

const ConfigTable& consumer_fields() {
  static constexpr ConfigTable table{"consumer", kConsumer, "recreate: true deletes and creates the consumer and keeps its position"};
  return table;
}

}  // namespace noetl::nats::js
