#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "base/bytes.hpp"
#include "base/units.hpp"
#include "engine/define.hpp"
#include "engine/present.hpp"
#include "jetstream/consumers.hpp"
#include "jetstream/kv.hpp"
#include "jetstream/messages.hpp"
#include "jetstream/objects.hpp"

namespace noetl::nats::ops {
namespace {

constexpr std::size_t kObjectSize = 300 * 1024;  // three chunks
constexpr std::int64_t kMaxBytes = 8 * 1024 * 1024;
constexpr std::chrono::seconds kTtl{1};  // the shortest that a key can have
constexpr std::chrono::seconds kExpiresWithin{5};
constexpr std::chrono::seconds kCleanUpTime{5};
constexpr std::chrono::hours kLongestLife{1};  // what a killed test leaves behind goes away by itself

struct In {
  bool keep = false;
  std::string instance = "nats";
  static auto fields() {
    return std::tuple{field("keep", &In::keep, "Leave stream and buckets there, to look at them."),
                      field("instance", &In::instance, "Deployed instance to test, when no url is given.")};
  }
};

struct Step {
  std::string name;
  bool ok = true;
  double ms = 0;
  std::string text;
  static auto fields() {
    return std::tuple{field("name", &Step::name, "What was done."), field("ok", &Step::ok, "Whether it worked."),
                      field("ms", &Step::ms, "How long it took, in milliseconds."), field("text", &Step::text, "What was seen.")};
  }
};

struct Out {
  std::vector<Step> steps;
  double ms = 0;
  std::vector<std::string> kept;
  static auto fields() {
    return std::tuple{field("steps", &Out::steps, "What was done, in order."),
                      field("ms", &Out::ms, "Time for all of it, in milliseconds."),
                      field("kept", &Out::kept, "Stream and buckets that are still there (keep).")};
  }
};

double milliseconds_since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

/// One round trip through everything, in names that nobody else has.
class Trip {
 public:
  Trip(Context& context, js::Api& api) : context_(&context), api_(&api), name_("noetl_nats_test_" + random_name(8)) {}

  Result<void> run(Out& out) {
    const std::pair<const char*, Result<std::string> (Trip::*)()> steps[] = {
        {"stream", &Trip::make_stream},    {"publish", &Trip::publish},   {"consume", &Trip::consume},
        {"kv bucket", &Trip::make_bucket}, {"kv", &Trip::put_and_get},    {"object put", &Trip::put_object},
        {"object get", &Trip::get_object}, {"kv ttl", &Trip::see_expiry},
    };
    for (const auto& [name, step] : steps) {
      const auto start = Clock::now();
      auto done = (this->*step)();
      out.steps.push_back({name, done.has_value(), milliseconds_since(start), done ? *done : done.error().message});
      if (!done) return fail(std::move(done).error());
    }
    return {};
  }

  /// Also after a failure, and after the caller has stopped us: with a time of its own.
  Result<std::string> clean_up() {
    const Wait time = Wait::for_duration(kCleanUpTime);
    std::optional<Error> failed;
    const auto note = [&](auto&& result) {
      if (!result && !failed) failed = result.error();
    };
    note(js::delete_stream(*api_, name_, true, false, time));
    note(js::delete_bucket(*api_, js::BucketKind::kv, name_, true, false, time));
    note(js::delete_bucket(*api_, js::BucketKind::object, name_, true, false, time));
    if (failed) return fail(std::move(*failed));
    return "nothing is left behind";
  }

  [[nodiscard]] std::vector<std::string> kept() const { return {"stream " + name_, "kv bucket " + name_, "object bucket " + name_}; }

 private:
  [[nodiscard]] const Wait& wait() const { return context_->wait(); }
  [[nodiscard]] js::BucketSpec spec() const { return {.ttl = kLongestLife, .max_bytes = kMaxBytes}; }

  Result<std::string> make_stream() {
    NN_CHECK(js::create_stream(
        *api_, {{"name", name_}, {"subjects", {name_ + ".>"}}, {"max_bytes", kMaxBytes}, {"max_age", Nanos(kLongestLife).count()}},
        wait()));
    return "created " + name_;
  }

  Result<std::string> publish() {
    NN_TRY(const auto ack, js::publish(*api_, name_ + ".hello", payload_, {}, {}, wait()));
    return fmt::format("stored as message {}", ack.sequence);
  }

  Result<std::string> consume() {
    NN_CHECK(js::apply_consumer(*api_, name_, "test", {{"ack_policy", "explicit"}}, {}, wait()));
    NN_TRY(const auto fetched, js::fetch(*api_, name_, "test", {.batch = 1, .expires = std::chrono::seconds(2)}, wait()));
    if (fetched.messages.empty()) return fail(Code::data_loss, "the message that was published does not come");
    const auto& message = fetched.messages.front().message;
    if (message.data() != payload_) return fail(Code::data_loss, "the message came with other bytes");
    const std::string_view reply = message.reply();
    NN_TRY(auto settled, js::settle(api_->connection(), std::span(&reply, 1), "+ACK", wait()));
    if (!settled.errors.empty()) return fail(std::move(settled.errors.front()));
    return "delivered, and its acknowledgement confirmed";
  }

  Result<std::string> make_bucket() {
    auto bucket = spec();
    NN_TRY(const auto level, api_->level(wait()));
    can_expire_ = level >= 1;  // 2.11
    if (can_expire_) bucket.limit_marker_ttl = kTtl;
    NN_CHECK(js::apply_bucket(*api_, js::BucketKind::kv, name_, bucket, {}, wait()));
    return "created " + name_;
  }

  Result<std::string> put_and_get() {
    js::Kv kv(*api_, name_);
    NN_TRY(const auto put, kv.put("hello", payload_, {}, wait()));
    NN_TRY(const auto entry, kv.get("hello", true, wait()));
    if (!entry || entry->value != payload_ || entry->revision != put.revision)
      return fail(Code::data_loss, "the key does not hold what was written");
    if (can_expire_) NN_CHECK(kv.put("short", payload_, {.ttl = kTtl}, wait()));  // looked at in the end, when its time is over
    return fmt::format("written and read, revision {}", put.revision);
  }

  Result<std::string> put_object() {
    NN_CHECK(js::apply_bucket(*api_, js::BucketKind::object, name_, spec(), {}, wait()));
    while (object_.size() < kObjectSize) object_ += random_name(1024);
    std::size_t at = 0;
    const auto source = [&](char* buffer, std::size_t size) -> Result<std::size_t> {
      const auto count = std::min(size, object_.size() - at);
      std::memcpy(buffer, object_.data() + at, count);
      at += count;
      return count;
    };
    NN_TRY(const auto put, js::Objects(*api_, name_).put({.name = "hello"}, source, wait()));
    return fmt::format("{} in {} chunks", human_size(static_cast<std::int64_t>(put.info.size)), put.info.chunks);
  }

  Result<std::string> get_object() {
    std::string read;
    const js::ObjectSink sink{.begin = [&](const js::ObjectInfo&, js::Sha256&) -> Result<std::uint64_t> {
                                read.clear();
                                return 0;
                              },
                              .write = [&](std::string_view bytes) -> Result<void> {
                                read += bytes;
                                return {};
                              }};
    NN_TRY(const auto info, js::Objects(*api_, name_).get("hello", sink, true, wait()));
    if (read != object_) return fail(Code::data_loss, "the object came with other bytes");
    return "the same bytes, digest " + info.digest;
  }

  Result<std::string> see_expiry() {
    if (!can_expire_) return fmt::format("left out: needs server 2.11, this one has {}", api_->connection().server_version(wait()));
    js::Kv kv(*api_, name_);
    std::optional<Error> failed;
    const auto gone = [&] {
      auto entry = kv.get("short", true, wait());
      if (!entry) failed = std::move(entry).error();
      return failed || !*entry;
    };
    NN_TRY(const bool expired, wait_until(wait().at_most(kExpiresWithin), gone, std::chrono::milliseconds(50)));
    if (failed) return fail(std::move(*failed));
    if (!expired)
      return fail(Code::deadline_exceeded, fmt::format("a key with a ttl of 1 s is still there after {}", human_duration(kExpiresWithin)));
    return "a key with a ttl of 1 s is gone";
  }

  Context* context_;
  js::Api* api_;
  std::string name_;
  std::string payload_ = "hello from noetl-nats";
  std::string object_;
  bool can_expire_ = false;
};

Result<Out> run(Context& context, const In& in) {
  const auto start = Clock::now();
  NN_TRY(auto* const api, context.jetstream());
  context.extend(kExpiresWithin);  // what has to be waited for comes on top
  Trip trip(context, *api);
  Out out;
  auto done = trip.run(out);
  if (in.keep && done) {
    out.kept = trip.kept();
  } else {
    const auto cleaning = Clock::now();
    auto cleaned = trip.clean_up();
    out.steps.push_back({"clean up", cleaned.has_value(), milliseconds_since(cleaning), cleaned ? *cleaned : cleaned.error().message});
    if (done && !cleaned) done = Result<void>(fail(std::move(cleaned).error()));
  }
  out.ms = milliseconds_since(start);
  if (done) return out;
  Error error = std::move(done).error();
  const auto failed = std::find_if(out.steps.begin(), out.steps.end(), [](const Step& step) { return !step.ok; });
  error.message = fmt::format("{}: {}", failed->name, error.message);
  error.result = Json{{"status", "error"}};
  error.result.update(schema::encode(out));
  return fail(std::move(error));
}

std::string text(const Json& result, bool) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& step : result["steps"])
    rows.push_back({step.value("ok", false) ? "✓" : "✗", step.value("name", std::string()), fmt::format("{:.1f} ms", step.value("ms", 0.0)),
                    step.value("text", std::string())});
  std::string out = table({"", "STEP", "TIME", "SEEN"}, rows);
  for (const auto& kept : result["kept"]) out += fmt::format("kept: {}\n", kept.get<std::string>());
  if (!result.contains("error")) out += fmt::format("\neverything works, {:.1f} s\n", result.value("ms", 0.0) / 1000);
  return out;
}

}  // namespace

Operation op_test() {
  return define<In, Out>({.summary = "A round trip through everything: stream, publish, consume, key-value with TTL, objects.",
                          .description = "Uses a stream and buckets of its own, and removes them, also when something fails. What a killed "
                                         "test leaves expires after an hour.",
                          .effect = Effect::write,
                          .idempotent = true,
                          .needs = Needs::instance,
                          .shows = Shows::result,
                          .errors = {Code::not_found, Code::failed_precondition, Code::resource_exhausted, Code::data_loss},
                          .examples = {{"Does it all work?", Json::object()}, {"Leave what was made", {{"keep", true}}}},
                          .text = text},
                         run);
}

}  // namespace noetl::nats::ops
