#include "engine/row_messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/coerce.hpp"
#include "base/names.hpp"
#include "base/units.hpp"
#include "engine/message_headers.hpp"
#include "engine/payload.hpp"
#include "jetstream/messages.hpp"

namespace noetl::nats {
namespace {

constexpr std::array kMembers{"subject", "data", "headers", "msg_id", "ttl", "encoding"};
/// What js_consume, js_fetch and js_get_msgs tell of a message beside those.
constexpr std::array kOfDeliveries{"stream", "seq", "stream_seq", "consumer_seq", "delivered", "pending", "time", "ack_id"};
constexpr std::array kEncodings{"auto", "utf-8", "text", "json", "base64"};

template <class Names>
bool has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

tl::unexpected<Error> bad(std::string_view member, std::string_view what) {
  return fail(Code::invalid_argument, fmt::format("{}: {}", member, what));
}

/// A member that is there and not null: CSV has empty texts where nothing is meant.
const Json* given(const Json& row, const char* name) {
  const auto found = row.find(name);
  if (found == row.end() || found->is_null() || (found->is_string() && found->get_ref<const std::string&>().empty())) return nullptr;
  return &*found;
}

Result<std::string> text_member(const Json& row, const char* name) {
  const Json* value = given(row, name);
  if (value == nullptr) return std::string();
  if (auto text = as_text(*value)) return *std::move(text);
  return bad(name, "must be text");
}

Result<std::string> filled(const RowTemplate& text, const Json& row, std::string_view where) {
  auto out = text.fill(row);
  if (!out) out.error().message = fmt::format("{}: {}", where, out.error().message);
  return out;
}

/// What templates see: the members of the row, its data, its line and index.
Json fields_of(const Row& row) {
  Json out = row.value.is_object() ? row.value : Json::object();
  if (!row.value.is_object()) out["data"] = row.value.is_null() ? Json(row.text) : row.value;
  if (!out.contains("index")) out["index"] = row.index;
  if (row.line > 0 && !out.contains("line")) out["line"] = row.line;
  return out;
}

}  // namespace

RowMessages::RowMessages(const RowMessageParams& params, schema::Problems& problems) : params_(params) {
  const auto note = [&](const RowTemplate& text) {
    for (auto& name : text.names()) named_.push_back(name.substr(0, name.find('.')));
  };
  subject_ = RowTemplate::parse(params.subject, "subject", problems);
  if (subject_.is_constant() && !subject_.empty())
    if (const auto wrong = check_subject(params.subject))
      problems.push_back({"subject", fmt::format("{} {}", in_quotes(params.subject), *wrong)});
  message_id_ = RowTemplate::parse(params.message_id, "msg_id_template", problems);
  if (message_id_.is_constant() && !message_id_.empty())
    problems.push_back({"msg_id_template", "has no {{ name }}: with one id for all, only the first message would be stored"});
  note(subject_);
  note(message_id_);
  Json constant = Json::object();
  for (const auto& [name, value] : params.headers.items()) {
    const auto path = "headers." + name;
    auto text = value.is_string() ? RowTemplate::parse(value.get_ref<const std::string&>(), path, problems) : RowTemplate();
    if (text.is_constant()) {
      constant[name] = value;
      continue;
    }
    note(text);
    header_templates_.emplace_back(name, std::move(text));
  }
  auto lines = read_headers(constant, "headers", problems);
  if (!lines.empty()) headers_ = std::move(lines);
}

bool RowMessages::is_message(const Row& row) const {
  if (!row.value.is_object() || params_.rows == "data") return false;
  return params_.rows == "message" || row.value.contains("data") || row.value.contains("subject");
}

std::optional<std::string> RowMessages::only_subject() const {
  if (!subject_.is_constant() || subject_.empty() || !message_id_.empty()) return std::nullopt;
  return params_.subject;
}

Result<void> RowMessages::check_members(const Json& row) const {
  for (const auto& [name, value] : row.items()) {
    if (has(kMembers, name) || has(kOfDeliveries, name) || has(named_, name)) continue;
    const auto likely = nearest(name, {kMembers.begin(), kMembers.end()});
    return fail(Code::invalid_argument,
                fmt::format("{}: is no member of a message{}", name, likely ? fmt::format("; did you mean {}?", *likely) : ""),
                "rows: data publishes rows as they are; a field that a template names may be there");
  }
  return {};
}

Result<std::string> RowMessages::payload_of(const Row& row, bool is_message) const {
  if (!is_message) {
    const bool is_line = row.line > 0 && row.value.is_null();
    const bool as_it_stands = is_line || (!row.text.empty() && !row.value.is_string());  // JSON too: its numbers may be longer than ours
    if (as_it_stands && params_.encoding != "base64" && params_.encoding != "json") return row.text;
    return payload_bytes("data", is_line ? Json(row.text) : row.value, params_.encoding, params_.compat);
  }
  if (!row.value.contains("data")) return bad("data", "is required");
  NN_TRY(const auto own, text_member(row.value, "encoding"));
  if (!own.empty() && !has(kEncodings, own))
    return bad("encoding", fmt::format("{} is not one of auto, utf-8, text, json, base64", in_quotes(own)));
  return payload_bytes("data", row.value["data"], own.empty() ? params_.encoding : own, params_.compat);
}

Result<std::string> RowMessages::subject_of(const Row& row, bool is_message) const {
  std::string subject;
  if (!subject_.is_constant()) {
    NN_TRY(subject, filled(subject_, fields_of(row), "subject"));
  } else {
    if (is_message) {
      NN_TRY(subject, text_member(row.value, "subject"));
    }
    if (subject.empty()) subject = params_.subject;
    if (subject.empty()) return bad("subject", "is required, here or for all messages");
  }
  if (const auto wrong = check_subject(subject)) return bad("subject", fmt::format("{} {}", in_quotes(subject), *wrong));
  return subject;
}

Result<std::string> RowMessages::message_id_of(const Row& row, bool is_message) const {
  if (!message_id_.empty()) return filled(message_id_, fields_of(row), "msg_id_template");
  return is_message ? text_member(row.value, "msg_id") : Result<std::string>();
}

Result<std::optional<wire::Headers>> RowMessages::headers_of(const Row& row, bool is_message) const {
  const Json* own = is_message ? given(row.value, "headers") : nullptr;
  const Json* ttl = is_message ? given(row.value, "ttl") : nullptr;
  if (own == nullptr && ttl == nullptr && header_templates_.empty()) return headers_;
  Json merged = params_.headers;
  for (const auto& [name, text] : header_templates_) {
    NN_TRY(merged[name], filled(text, fields_of(row), "headers." + name));
  }
  if (own != nullptr) {
    const auto members = as_object(*own);
    if (!members) return bad("headers", "must be an object");
    merged.update(*members);
  }
  schema::Problems problems;
  auto lines = read_headers(merged, "headers", problems);
  if (!problems.empty()) return bad(problems.front().path, problems.front().message);
  if (ttl != nullptr) {
    auto time = parse_duration(as_text(*ttl).value_or(""), std::chrono::seconds(1));
    if (!time) return bad("ttl", time.error().message);
    NN_TRY(lines, js::publish_headers(std::move(lines), {.ttl = *time}));
  }
  return lines.empty() ? std::nullopt : std::optional(std::move(lines));
}

Result<RowMessage> RowMessages::make(Row row) const {
  if (row.problem) return fail(Code::invalid_argument, *row.problem);
  const bool message = is_message(row);
  if (params_.rows == "message" && !message) return fail(Code::invalid_argument, "is no object: {subject, data, ...}");
  if (message) NN_CHECK(check_members(row.value));
  RowMessage out;
  NN_TRY(out.subject, subject_of(row, message));
  NN_TRY(out.message_id, message_id_of(row, message));
  if (!out.message_id.empty())
    if (const auto wrong = check_header_value(out.message_id)) return bad("msg_id", *wrong);
  NN_TRY(out.headers, headers_of(row, message));
  NN_TRY(out.payload, payload_of(row, message));
  return out;
}

}  // namespace noetl::nats
