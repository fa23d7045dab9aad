#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>

#include "base/units.hpp"
#include "engine/define.hpp"
#include "engine/payload.hpp"
#include "engine/row_messages.hpp"
#include "jetstream/bulk.hpp"

namespace noetl::nats::ops {
namespace {

/// In a shorter list, looking at the stream would cost more than fast ingest gives.
constexpr std::size_t kWorthALook = 2048;
/// How long a call that was stopped waits for answers that are on their way.
constexpr std::chrono::milliseconds kLastLook{100};
/// Refusals that the result names one by one.
constexpr std::size_t kShownErrors = 1000;

struct In {
  std::string subject;
  std::optional<std::vector<Json>> messages;
  std::string file, format = "auto", rows = "auto";
  Object headers;
  std::string msg_id_template, stream, mode = "auto", on_error = "stop", encoding = "auto", compat = "rust";
  std::uint64_t window = 1024, batch = 1000;
  std::optional<Duration> ttl;
  std::shared_ptr<const RowMessages> maker;  // of the fields above

  static auto fields() {
    return std::tuple{
        field("subject", &In::subject,
              "Subject of the messages that name none. With {{ name }} in it, the subject of all: filled in from the row's fields.")
            .positional()
            .defaulted(),
        field("messages", &In::messages,
              "The messages: {subject, data, headers, msg_id, ttl, encoding}, or data alone. A list that a step gave, for example."),
        field("file", &In::file, "Or the rows of this file; it is read as it is sent.").format("input-path").defaulted(),
        field("format", &In::format,
              "Of the file: lines, jsonl (JSON lines), csv (with a header row), auto: by its name, or first character.")
            .one_of({"auto", "lines", "jsonl", "csv"}),
        field("rows", &In::rows, "What a row is: message, data (all of it), auto: a message when it has a member data or subject.")
            .one_of({"auto", "message", "data"}),
        field("headers", &In::headers, "Headers of every message; values may have {{ name }} in them. Its own headers win.").defaulted(),
        field("msg_id_template", &In::msg_id_template,
              "Message id of every message, as import-{{ line }}, run-7-{{ index }} or {{ id }}: what is sent twice is stored once.")
            .defaulted(),
        field("stream", &In::stream, "The stream that must store them; another one refuses.").format("stream-name").defaulted(),
        field("ttl", &In::ttl, "Delete the messages after this time; the stream must allow it (allow_msg_ttl).").since("2.11"),
        field(
            "mode", &In::mode,
            "window: in flight, each acknowledged by itself; atomic: batches, stored whole or not at all (2.12); fast: fast ingest (2.14); "
            "auto: fast where it does the same as window, else window.")
            .one_of({"auto", "window", "atomic", "fast"}),
        field("window", &In::window, "Messages in flight.").min(1).max(4096),
        field("batch", &In::batch, "Messages in an atomic batch.").min(1).max(1000),
        field("on_error", &In::on_error, "stop: the first message that is refused ends it; continue: the others are sent all the same.")
            .one_of({"stop", "continue"}),
        encoding_field(&In::encoding, "How data is given, where a message does not say: auto, utf-8, text, json, base64."),
        compat_field(&In::compat)};
  }

  void check(schema::Problems& problems) {
    if (messages && !file.empty()) problems.push_back({"file", "goes without messages: give one of the two"});
    if (!messages && file.empty()) problems.push_back({"messages", "is required (or file)"});
    maker = std::make_shared<RowMessages>(RowMessageParams{subject, msg_id_template, headers.value, encoding, compat, rows}, problems);
  }
};

struct Refused {
  std::uint64_t index = 0;
  std::optional<std::uint64_t> line;
  std::string code, message;
  static auto fields() {
    return std::tuple{field("index", &Refused::index, "Which message, from 0."), field("line", &Refused::line, "Its line in the file."),
                      field("code", &Refused::code, "Code of the error."), field("message", &Refused::message, "Why.")};
  }
};

struct Out {
  std::string status = kSuccess;
  std::uint64_t count = 0, stored = 0, duplicates = 0, failed = 0;
  std::optional<std::uint64_t> first_seq, last_seq;
  std::vector<std::string> streams;
  std::vector<Refused> errors;
  std::vector<std::uint64_t> unknown;
  std::optional<std::uint64_t> not_sent;
  std::string mode;
  std::optional<std::string> mode_reason;
  bool truncated = false;
  static auto fields() {
    return std::tuple{field("status", &Out::status, "success: every message is stored; partial: with on_error continue, some are not."),
                      field("count", &Out::count, "Messages that were acknowledged."),
                      field("stored", &Out::stored, "Of those: stored now."),
                      field("duplicates", &Out::duplicates, "Of those: known by their message id, not stored again."),
                      field("failed", &Out::failed, "Messages that were refused, or could not be made from their row."),
                      field("first_seq", &Out::first_seq, "Lowest sequence."),
                      field("last_seq", &Out::last_seq, "Highest sequence."),
                      field("streams", &Out::streams, "Where they are."),
                      field("errors", &Out::errors, "Those that failed: {index, line, code, message}, at most 1000."),
                      field("unknown", &Out::unknown, "Indexes of messages that were sent and not answered: stored or not."),
                      field("not_sent", &Out::not_sent, "Index of the first message that was not sent."),
                      field("mode", &Out::mode, "How they were sent: window, atomic, fast."),
                      field("mode_reason", &Out::mode_reason, "Why auto did not choose fast."),
                      field("truncated", &Out::truncated, "True: errors does not hold all.")};
  }
};

/// The rows, wherever they come from.
class Source {
 public:
  static Result<Source> open(const In& in, const Wait& wait) {
    Source out;
    if (in.messages) {
      out.list_ = &*in.messages;
    } else {
      NN_TRY(auto file, RowReader::open(in.file, in.format, wait));
      out.file_.emplace(std::move(file));
    }
    return out;
  }
  Result<std::optional<Row>> next(const Wait& wait) {
    if (file_) return file_->next(wait);
    if (at_ == list_->size()) return std::nullopt;
    return Row{.value = (*list_)[at_++]};
  }
  [[nodiscard]] bool would_wait() const { return file_ && file_->would_wait(); }
  /// Why some message may have a subject or id of its own; empty: none has.
  [[nodiscard]] std::string variety(const In& in) const {
    const auto names_own = [&](const Json& value) {
      return in.maker->is_message({.value = value}) && (value.contains("subject") || value.contains("msg_id") || value.contains("headers"));
    };
    if (list_ != nullptr) {
      if (list_->size() < kWorthALook) return fmt::format("fewer than {} messages", kWorthALook);
      return std::any_of(list_->begin(), list_->end(), names_own) ? "messages name subjects, ids or headers of their own" : "";
    }
    Json columns = Json::object();
    for (const auto& each : file_->columns()) columns[each] = "";
    const bool varies = file_->format() == RowFormat::jsonl ? in.rows != "data" : names_own(columns);
    return varies ? "rows may name subjects, ids or headers of their own" : "";
  }

 private:
  const std::vector<Json>* list_ = nullptr;
  std::size_t at_ = 0;
  std::optional<RowReader> file_;
};

/// Positions among all rows, of messages that the publisher counts without those that could not be made.
class Positions {
 public:
  void skip(std::uint64_t sent) { skipped_.push_back(sent); }
  [[nodiscard]] std::uint64_t of(std::uint64_t sent) const {
    return sent + static_cast<std::uint64_t>(std::upper_bound(skipped_.begin(), skipped_.end(), sent) - skipped_.begin());
  }
  void note_line(std::uint64_t index, std::uint64_t line) {
    if (line > 0 && (lines_.empty() || line - index != lines_.back().second)) lines_.emplace_back(index, line - index);
  }
  [[nodiscard]] std::optional<std::uint64_t> line_of(std::uint64_t index) const {
    auto after = std::upper_bound(lines_.begin(), lines_.end(), index, [](auto wanted, const auto& each) { return wanted < each.first; });
    return after == lines_.begin() ? std::nullopt : std::optional(index + std::prev(after)->second);
  }

 private:
  std::vector<std::uint64_t> skipped_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> lines_;  ///< from this index on, lines are so much ahead
};

class Publishing {
 public:
  Publishing(Context& context, const In& in) : context_(context), in_(in), patience_(context.wait().remaining()) {}

  Result<Out> run() {
    NN_TRY(auto* const api, context_.jetstream());
    if (in_.ttl) NN_CHECK(js::publish_headers({}, {.ttl = in_.ttl->value}));
    auto done = publish(*api);
    // What was read from a pipe is gone: a second attempt would publish the rest, and call it all.
    if (!done && !in_.file.empty()) done.error().retryable = false;
    return done;
  }

 private:
  Result<Out> publish(js::Api& api) {
    NN_TRY(source_, Source::open(in_, context_.wait()));
    NN_TRY(const auto publisher, start(api));
    const auto read = send_all(api, *publisher);
    // Who stops it still wants to know what is stored: answers that are on their way count.
    return result(publisher->finish(context_.cancelled() ? Wait::for_duration(kLastLook) : wait()), read);
  }

  /// For one answer: timeout_ms is the longest time without one, not that of the whole.
  [[nodiscard]] Wait wait() const { return Wait::for_duration(patience_, context_.wait().cancel); }

  Result<std::unique_ptr<js::BulkPublisher>> start(js::Api& api) {
    js::BulkOptions options;
    options.window = in_.window;
    options.batch = in_.batch;
    options.stop_on_error = in_.on_error == "stop";
    options.each = {.stream = in_.stream, .ttl = in_.ttl ? std::optional(in_.ttl->value) : std::nullopt};
    if (in_.mode == "auto")
      chosen_ = choose(api);
    else
      chosen_.mode = in_.mode == "atomic" ? js::BulkMode::atomic : in_.mode == "fast" ? js::BulkMode::fast : js::BulkMode::window;
    options.mode = chosen_.mode;
    return js::bulk_publisher(api, options, wait());
  }

  js::ChosenMode choose(js::Api& api) const {
    const auto subject = in_.maker->only_subject();
    if (!subject) return {js::BulkMode::window, "fast ingest is for one subject, without message ids"};
    if (auto reason = source_.variety(in_); !reason.empty()) return {js::BulkMode::window, std::move(reason)};
    return js::choose_bulk_mode(api, *subject, wait());
  }

  /// Error: the source cannot be read on.
  Result<void> send_all(js::Api& api, js::BulkPublisher& publisher) {
    auto shown = Clock::now();
    while (true) {
      if (source_.would_wait()) NN_CHECK(api.connection().send_now());  // a slow pipe must not hold back what it gave already
      NN_TRY(auto row, source_.next(wait()));
      if (!row) return {};
      row->index = rows_++;
      positions_.note_line(row->index, row->line);
      auto message = make(api, std::move(*row));
      if (!message) {
        note_bad_row(std::move(message).error());
        if (in_.on_error == "stop") return {};
        continue;
      }
      const auto& kept = waiting_.emplace_back(*std::move(message));
      ++sent_;
      if (!publisher.add({kept.subject, kept.payload, kept.headers ? &*kept.headers : nullptr, kept.message_id}, wait())) return {};
      if (waiting_.size() >= 2 * in_.window) drop_answered(publisher);
      if (Clock::now() - shown > std::chrono::seconds(1)) {
        shown = Clock::now();
        context_.progress(fmt::format("{} messages sent", human_count(static_cast<std::int64_t>(sent_))));
      }
    }
  }

  Result<RowMessage> make(js::Api& api, Row row) const {
    NN_TRY(auto message, in_.maker->make(std::move(row)));
    if (message.headers) NN_CHECK(js::check_headers(api, *message.headers, wait()));
    return message;
  }

  void drop_answered(const js::BulkPublisher& publisher) {
    for (const auto oldest = publisher.oldest(); first_ < oldest && !waiting_.empty(); ++first_) waiting_.pop_front();
  }

  void note_bad_row(Error error) {
    positions_.skip(sent_);
    ++bad_rows_;
    if (out_.errors.size() < kShownErrors) out_.errors.push_back(refused(rows_ - 1, error));
    if (!bad_row_) bad_row_ = {rows_ - 1, std::move(error)};
    if (in_.on_error == "stop") out_.not_sent = rows_ - 1;
  }

  [[nodiscard]] Refused refused(std::uint64_t index, const Error& error) const {
    return {index, positions_.line_of(index), std::string(name_of(error.code)), error.message};
  }

  Result<Out> result(const js::BulkReport& report, const Result<void>& read) {
    fill(report);
    const bool complete = report.complete() && bad_rows_ == 0 && read;
    if (complete) return std::move(out_);
    const bool went_on = read && !report.not_sent && in_.on_error == "continue";
    out_.status = "partial";
    if (went_on) return std::move(out_);
    return fail(error(report, read));
  }

  void fill(const js::BulkReport& report) {
    out_.count = report.count;
    out_.duplicates = report.duplicates;
    out_.stored = report.count - report.duplicates;
    out_.failed = report.failures.size() + bad_rows_;
    if (report.first_sequence > 0) out_.first_seq = report.first_sequence;
    if (report.last_sequence > 0) out_.last_seq = report.last_sequence;
    out_.streams.assign(report.streams.begin(), report.streams.end());
    for (const auto& [index, error] : report.failures) {
      if (out_.errors.size() == kShownErrors) break;
      out_.errors.push_back(refused(positions_.of(index), error));
    }
    std::sort(out_.errors.begin(), out_.errors.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
    out_.truncated = out_.errors.size() < out_.failed;
    for (const auto index : report.unknown) out_.unknown.push_back(positions_.of(index));
    if (report.not_sent) out_.not_sent = positions_.of(*report.not_sent);
    out_.mode = js::name_of(chosen_.mode);
    if (!chosen_.reason.empty()) out_.mode_reason = chosen_.reason;
  }

  [[nodiscard]] Error reason(const js::BulkReport& report, const Result<void>& read) const {
    if (!read) return read.error();
    auto first = bad_row_;
    if (!report.failures.empty()) {
      const auto& [sent, error] = report.failures.front();
      if (!first || positions_.of(sent) < first->index) first = {positions_.of(sent), error};
    }
    if (!first && report.stopped) return *report.stopped;
    if (!first) return {.code = Code::unavailable, .message = "no answer came for messages that were sent"};
    const auto line = positions_.line_of(first->index);
    first->error.message = line ? fmt::format("line {}: {}", *line, first->error.message)
                                : fmt::format("messages[{}]: {}", first->index, first->error.message);
    return std::move(first->error);
  }

  /// What happened first, where, and what became of the others.
  [[nodiscard]] Error error(const js::BulkReport& report, const Result<void>& read) const {
    Error out = reason(report, read);
    out.message = fmt::format("js_publish_many: {} ({} acknowledged, {} failed, {} unknown{})", out.message, out_.count, out_.failed,
                              out_.unknown.size(), out_.not_sent ? ", stopped there" : "");
    out.maybe_applied = !out_.unknown.empty();
    if (out_.count > 0) out.retryable = false;  // a second run would publish the first part again
    out.result = result_document(out_);
    out.result["status"] = "error";
    return out;
  }

  Context& context_;
  const In& in_;
  Clock::duration patience_;
  Source source_;
  js::ChosenMode chosen_;
  std::deque<RowMessage> waiting_;  ///< those from index first_ on, which the publisher may still need
  std::uint64_t first_ = 0, sent_ = 0, rows_ = 0, bad_rows_ = 0;
  Positions positions_;
  std::optional<js::BulkFailure> bad_row_;  ///< the first one
  Out out_;
};

Result<Out> run(Context& context, const In& in) { return Publishing(context, in).run(); }

}  // namespace

Operation op_js_publish_many() {
  return define<In, Out>(
      {.summary = "Publish many messages to streams, each acknowledged, from a list or a file.",
       .description =
           "Nothing is hidden: unless every message is stored (or known by its id), the result is an error that says what became of each; "
           "with `on_error: continue`, a result with the status `partial`. A file is read as it is sent, so it may be of any size; `-` on "
           "the command line is standard input. Without message ids, messages whose acknowledgement was lost with the connection are "
           "`unknown`; with them they are sent again (steps and Python; a command does not reconnect). `timeout_ms` is the longest time "
           "without an answer.",
       .effect = Effect::write,
       .idempotent = false,
       .errors = {Code::not_found, Code::conflict, Code::failed_precondition, Code::resource_exhausted, Code::unimplemented,
                  Code::data_loss},
       .examples = {{"A few",
                     {{"subject", "orders.new"}, {"messages", {{{"data", {{"id", 7}}}}, {{"data", {{"id", 8}}}, {"msg_id", "order-8"}}}}}},
                    {"A CSV file, once only, each row to the subject of its region",
                     {{"subject", "orders.{{ region }}"}, {"file", "orders.csv"}, {"msg_id_template", "order-{{ id }}"}}}},
       .exit_status = [](const Json& result) -> std::optional<int> {
         if (result.value("status", std::string()) != "partial" || result["errors"].empty()) return std::nullopt;
         return exit_status(code_from(result["errors"][0].value("code", std::string())).value_or(Code::internal));
       }},
      run);
}

}  // namespace noetl::nats::ops
