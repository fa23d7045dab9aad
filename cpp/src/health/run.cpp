#include "health/run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/names.hpp"
#include "base/units.hpp"
#include "health/checks.hpp"

namespace noetl::nats::health {
namespace {

constexpr std::size_t kWindow = 16;  // questions in flight: enough to hide the way there, too few to crowd a busy meta leader
constexpr std::size_t kListPage = 256;
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{2000};

bool is_pattern(const std::string& name) { return name.empty() || name.find('*') != std::string::npos; }

bool matches(const std::string& pattern, const std::string& name) { return pattern.empty() || glob_matches(pattern, name); }

std::string worst_text(const Report& report) {
  const auto level = report.level();
  for (const auto& check : report.checks)
    for (const auto& finding : check.findings)
      if (finding.level == level) return fmt::format("{} {}: {}", check.check, check.name, finding.text);
  return "";
}

}  // namespace

const std::vector<CheckInfo>& check_table() {
  static const std::vector<CheckInfo> table{
      {"connection", "connect, round trip, a message to ourselves", nullptr, nullptr},
      {"server", "the server's own health, CPU, connections, storage", begin_server, begin_server_early},
      {"jetstream", "JetStream's use against the account's limits", begin_jetstream, nullptr},
      {"stream", "limits, replicas, sources, lost messages", begin_stream, nullptr},
      {"consumer", "nobody pulls, stalled, paused, redelivered", begin_consumer, nullptr},
      {"kv", "buckets: settings, limits, values", begin_kv, nullptr},
  };
  return table;
}

std::vector<std::string> check_names() {
  std::vector<std::string> names;
  for (const auto& each : check_table()) names.emplace_back(each.name);
  return names;
}

std::vector<std::string> default_checks(bool monitoring_known) {
  if (monitoring_known) return {"connection", "server", "jetstream", "stream", "consumer"};
  return {"connection", "jetstream", "stream", "consumer"};
}

Run::Run(const Target& target, const Request& request, const Wait& wait)
    : target_(&target), request_(&request), wait_(wait), api_prefix_(target.api_prefix) {}

void Run::ask(std::string_view subject, Json body, Answer then) {
  questions_.push_back({fmt::format("{}.{}", api_prefix_, subject), std::move(body), true, std::move(then)});
}

void Run::ask_plain(std::string subject, Answer then) { questions_.push_back({std::move(subject), nullptr, false, std::move(then)}); }

void Run::each_stream(std::function<void(const Json&)> look) { stream_lookers_.push_back(std::move(look)); }
void Run::after_streams(std::function<void(const Error*)> done) { after_streams_.push_back(std::move(done)); }
void Run::finally(std::function<Result<void>()> last) { finally_.push_back(std::move(last)); }

void Run::add(Check check) {
  check.duration_ms = std::chrono::duration<double, std::milli>(Clock::now() - start_).count();
  checks_.push_back(std::move(check));
}

bool Run::wants(std::string_view check) const {
  return std::find(request_->checks.begin(), request_->checks.end(), check) != request_->checks.end();
}

void Run::list_streams() {
  pages_open_ = 1;
  if (!is_pattern(request_->stream)) {
    ask(fmt::format("STREAM.INFO.{}", request_->stream), nullptr, [this](const Result<Json>& info) {
      pages_open_ = 0;
      if (info) saw_stream(*info);
      if (!info && info.error().code != Code::not_found) list_error_ = info.error();
      end_streams(list_error_ ? &*list_error_ : nullptr);
    });
    return;
  }
  ask("STREAM.LIST", {{"offset", 0}}, [this](const Result<Json>& page) { take_page(page, 0); });
}

void Run::take_page(const Result<Json>& page, std::size_t offset) {
  --pages_open_;
  if (!page) {
    list_error_ = page.error();
  } else {
    const Json& streams = page->contains("streams") ? (*page)["streams"] : Json();
    if (streams.is_array())
      for (const auto& stream : streams)
        if (matches(request_->stream, text_in(object_in(stream, "config"), "name"))) saw_stream(stream);
    if (page->contains("missing") && (*page)["missing"].is_array())
      for (const auto& name : (*page)["missing"])
        if (name.is_string() && matches(request_->stream, name.get<std::string>()))
          add(not_seen(
              "stream", name.get<std::string>(), "js_api",
              Error{.code = Code::unavailable,
                    .message = "the stream did not answer: it has no leader, or its servers are cut off",
                    .hint = "an election takes some seconds; then look whether a server is down: noetl-nats health --checks server"}));
    if (offset == 0) {
      const auto size = std::max<std::size_t>(streams.is_array() ? streams.size() : 0, 1);
      const auto total = static_cast<std::size_t>(number_in(*page, "total"));
      for (std::size_t next = std::min(size, kListPage); next < total; next += std::min(size, kListPage)) {
        ++pages_open_;
        ask("STREAM.LIST", {{"offset", next}}, [this, next](const Result<Json>& more) { take_page(more, next); });
      }
    }
  }
  if (pages_open_ == 0) end_streams(list_error_ ? &*list_error_ : nullptr);
}

void Run::saw_stream(const Json& stream) {
  for (const auto& look : stream_lookers_) look(stream);
}

void Run::end_streams(const Error* error) {
  for (const auto& done : after_streams_) done(error);
}

/// Questions travel in waves: answers may bring new questions, which go with the next wave.
Result<void> Run::ask_all() {
  wire::Requests requests(*connection_, {.window = kWindow});
  const js::Api api(*connection_, api_prefix_);
  while (!questions_.empty()) {
    const auto wave = std::exchange(questions_, {});
    for (const auto& question : wave) {
      const auto done = [&api, &question](Result<wire::Message> reply) {
        if (question.api) return question.then(api.answer(question.subject, std::move(reply)));
        if (!reply) return question.then(fail(std::move(reply).error()));
        Json answer = Json::parse(reply->data(), nullptr, false);
        if (answer.is_discarded())
          return question.then(fail(Code::internal, fmt::format("the answer on {} is not JSON", question.subject)));
        question.then(std::move(answer));
      };
      auto sent = requests.submit(question.subject, question.body.is_null() ? std::string() : dump(question.body), {}, done, wait_);
      if (sent) continue;
      if (sent.error().code == Code::cancelled) return sent;
      question.then(fail(std::move(sent).error()));
    }
    NN_CHECK(requests.drain(wait_));
  }
  return {};
}

void Run::cannot_look(const Error& why) {
  for (const auto& row : check_table())
    if (row.begin != nullptr && wants(row.name) && !(row.begin_early != nullptr && !target_->monitor_url.empty()))
      add(not_seen(row.name, "", "core", Error{.code = why.code, .message = "there is no connection"}));
}

Result<void> Run::look() {
  for (const auto& row : check_table())
    if (row.begin_early != nullptr && wants(row.name)) row.begin_early(*this);
  const auto connecting = Clock::now();
  auto connected = target_->connect(wait_);
  ConnectionFacts facts;
  facts.server = target_->server;
  facts.connect = std::chrono::duration<double>(Clock::now() - connecting).count();
  if (!connected) {
    const Error& why = connected.error();
    if (why.code == Code::cancelled || why.code == Code::invalid_argument) return fail(why);
    facts.failed = why;
    if (wants("connection")) add(check_connection(facts, thresholds()));
    cannot_look(why);
  } else {
    connection_ = *connected;
    if (wants("connection")) NN_CHECK(measure(*connection_, facts, wait_));
    if (wants("connection")) add(check_connection(facts, thresholds()));
    for (const auto& row : check_table())
      if (row.begin != nullptr && wants(row.name)) row.begin(*this);
    if (!stream_lookers_.empty()) list_streams();
    NN_CHECK(ask_all());
  }
  for (const auto& last : finally_) NN_CHECK(last());
  return {};
}

Result<Report> examine(const Target& target, const Request& request, const Wait& wait) {
  Run run(target, request, wait);
  NN_CHECK(run.look());
  const auto order = check_names();
  const auto place = [&](const Check& check) { return std::find(order.begin(), order.end(), check.check) - order.begin(); };
  std::stable_sort(run.checks_.begin(), run.checks_.end(), [&](const Check& a, const Check& b) {
    const auto pa = place(a), pb = place(b);
    return pa != pb ? pa < pb : a.name < b.name;
  });
  return Report{.checks = std::move(run.checks_),
                .at = format_time(unix_nanos_now()),
                .duration_ms = std::chrono::duration<double, std::milli>(Clock::now() - run.start_).count()};
}

Result<Report> examine_until_well(const Target& target, const Request& request, Clock::duration each, const Wait& until,
                                  const std::function<void(std::string_view)>& progress) {
  std::string told;
  auto pause = kFirstPause;
  while (true) {
    NN_TRY(Report report, examine(target, request, until.at_most(each)));
    const auto level = report.level();
    if (level == Level::ok || level == Level::warning || until.expired()) return report;
    if (const auto text = worst_text(report); text != told && progress) {
      progress("waiting: " + text);
      told = text;
    }
    const Wait rest = until.at_most(pause);
    NN_CHECK(wait_until(
        rest, [] { return false; }, pause));
    pause = std::min(pause * 2, kLongestPause);
    if (until.expired()) return report;
  }
}

}  // namespace noetl::nats::health
