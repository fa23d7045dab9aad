#include <set>

#include "engine/define.hpp"
#include "engine/kv_views.hpp"
#include "engine/payload.hpp"
#include "jetstream/kv_watch.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket, encoding = "auto", until;
  std::vector<std::string> filters = {};
  bool updates_only = false, include_history = false, ignore_deletes = false, meta_only = false;
  std::uint64_t max_updates = 1000;
  Duration duration_ms{std::chrono::seconds(5)};
  std::optional<Duration> idle_ms = {};
  std::optional<Json> value = {};
  std::optional<std::uint64_t> from_revision = {};
  static auto fields() {
    return std::tuple{
        field("bucket", &In::bucket, "Bucket to watch.").format("bucket-name").positional(),
        field("filters", &In::filters, "Only keys that match one of these NATS wildcards (users.*, users.>).")
            .format("kv-filter")
            .defaulted()
            .positional(),
        field("updates_only", &In::updates_only, "Leave out what is there already."),
        field("include_history", &In::include_history, "Every version that the bucket keeps, not only the last."),
        field("ignore_deletes", &In::ignore_deletes, "Leave out keys that were deleted, purged or have expired."),
        field("meta_only", &In::meta_only, "Without values."),
        field("max_updates", &In::max_updates, "End after so many events.").min(1),
        field("duration_ms", &In::duration_ms, "End after this time, in milliseconds or text like 30s.").milliseconds(),
        field("idle_ms", &In::idle_ms, "End when nothing has happened for so long.").milliseconds(),
        field("until", &In::until,
              "End as soon as: current (what was there at the beginning is told), key_exists (a watched key has a value), key_deleted (no "
              "watched key has one), value_equals (one is written with this value).")
            .one_of({"current", "key_exists", "key_deleted", "value_equals"})
            .defaulted(),
        field("value", &In::value, "What value_equals waits for."),
        field("from_revision", &In::from_revision, "Only what was written after this revision: the last_revision of an earlier watch."),
        encoding_field(&In::encoding)};
  }
  void check(schema::Problems& problems) const {
    if (until == "value_equals" && !value) problems.push_back({"value", "is required with until: value_equals"});
    if (meta_only && until == "value_equals") problems.push_back({"meta_only", "goes without until: value_equals"});
    if (ignore_deletes && until == "key_deleted") problems.push_back({"ignore_deletes", "goes without until: key_deleted"});
    if (int(updates_only) + int(include_history) + int(from_revision.has_value()) > 1)
      problems.push_back({"updates_only", "updates_only, include_history and from_revision exclude each other"});
  }
};

struct Out {
  std::string bucket;
  std::vector<KvEntryView> events = {};
  std::uint64_t count = 0;
  std::string reason = {};
  std::uint64_t last_revision = 0;
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "The bucket."),
                      field("events", &Out::events, "What was there and what happened, in the order of revisions."),
                      field("count", &Out::count, "How many events are listed."),
                      field("reason", &Out::reason, "Why it ended: limit, time, idle or until."),
                      field("last_revision", &Out::last_revision, "The from_revision of a watch that goes on from here.")};
  }
};

/// Whether what `until` waits for has come.
class Goal {
 public:
  Goal(const In& in, std::string value) : in_(in), value_(std::move(value)) {}
  void see(const js::KvEntry& entry) {
    if (entry.is_marker()) {
      alive_.erase(entry.key);
      deleted_ = true;
      return;
    }
    alive_.insert(entry.key);
    written_ = true;
    equal_ = equal_ || entry.value == value_;
  }
  [[nodiscard]] bool reached(bool current) const {
    if (in_.until == "current") return current;
    if (in_.until == "key_exists") return written_ && !alive_.empty();
    if (in_.until == "value_equals") return equal_;
    if (in_.until != "key_deleted" || !current || !alive_.empty()) return false;
    return deleted_ || !(in_.updates_only || in_.from_revision);  // who does not know what is there waits for an event
  }

 private:
  const In& in_;
  std::string value_;
  std::set<std::string> alive_;
  bool deleted_ = false, written_ = false, equal_ = false;
};

Result<std::string> collect(const In& in, js::KvWatch& watch, Goal goal, const Wait& wait, std::vector<KvEntryView>& events) {
  const Clock::duration idle = in.idle_ms ? Clock::duration(in.idle_ms->value) : wait.remaining();
  auto last = Clock::now();
  while (true) {
    if (goal.reached(watch.is_current())) return "until";
    if (events.size() >= in.max_updates) return "limit";
    NN_TRY(const auto entry, watch.next({std::min(wait.deadline, last + idle), wait.cancel}));
    if (!entry && wait.expired()) return "time";
    if (!entry && in.idle_ms && Clock::now() >= last + idle) return "idle";
    if (!entry) continue;
    last = Clock::now();
    goal.see(*entry);
    events.push_back(kv_entry_view(*entry, in.encoding));
    events.back().key = entry->key;
    if (in.meta_only) events.back().encoding.reset(), events.back().value = nullptr;
  }
}

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto value, payload_bytes("value", in.value.value_or(nullptr)));
  NN_TRY(auto* const api, context.jetstream());
  const js::KvWatchOptions options{.filters = in.filters,
                                   .updates_only = in.updates_only,
                                   .include_history = in.include_history,
                                   .ignore_deletes = in.ignore_deletes,
                                   .meta_only = in.meta_only,
                                   .from_revision = in.from_revision.value_or(0)};
  NN_TRY(const auto watch, js::KvWatch::open(*api, in.bucket, options, context.wait()));
  Out out{.bucket = in.bucket};
  const auto wait = Wait::for_duration(in.duration_ms.value, context.wait().cancel);
  context.extend(in.duration_ms.value);
  NN_TRY(out.reason, collect(in, *watch, Goal(in, std::move(value)), wait, out.events));
  out.count = out.events.size();
  out.last_revision = watch->last_revision();
  return out;
}

}  // namespace

Operation op_kv_watch() {
  return define<In, Out>(
      {.summary = "Watch the keys of a KV bucket for a bounded time.",
       .description =
           "Tells what is there and then every change, none lost and none twice, also when the server restarts. Ends after "
           "`max_updates` events, `duration_ms`, `idle_ms` without one, or `until`; not reaching `until` in time is no error: look "
           "at `reason`.",
       .effect = Effect::read,
       .errors = {Code::not_found, Code::resource_exhausted},
       .examples = {{"Wait for a key", {{"bucket", "jobs"}, {"filters", {"42.result"}}, {"until", "key_exists"}, {"duration_ms", 60000}}},
                    {"Changes since an earlier watch", {{"bucket", "jobs"}, {"from_revision", 17}, {"duration_ms", 1000}}}},
       .text = [](const Json& result, bool) { return kv_entries_text(result["events"]); }},
      run);
}

}  // namespace noetl::nats::ops
