// Messages to publish, made from rows: a list of a step's result, or the rows of a file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/row_template.hpp"
#include "engine/rows.hpp"
#include "wire/message.hpp"

namespace noetl::nats {

struct RowMessage {
  std::string subject, payload, message_id;
  std::optional<wire::Headers> headers;
};

/// What all messages have in common. `subject`, `message_id` and the values of `headers` may have `{{ name }}` in them.
struct RowMessageParams {
  std::string subject, message_id;
  Json headers = Json::object();
  std::string encoding = "auto", compat = "rust";
  std::string rows = "auto";  ///< what a row is: `message`, `data`, or auto: a message when it has a member data or subject
};

/// A row that is a message has `subject`, `data`, `headers`, `msg_id`, `ttl`, `encoding`; further members are refused, unless
/// a template names them or js_consume, js_fetch and js_get_msgs give them. Of any other row all of it is the data.
class RowMessages {
 public:
  RowMessages(const RowMessageParams& params, schema::Problems& problems);

  /// Errors: invalid_argument that names the member.
  [[nodiscard]] Result<RowMessage> make(Row row) const;
  /// All messages go to this one subject, with no message ids: none, when that depends on the row.
  [[nodiscard]] std::optional<std::string> only_subject() const;
  [[nodiscard]] bool is_message(const Row& row) const;

 private:
  [[nodiscard]] Result<void> check_members(const Json& row) const;
  [[nodiscard]] Result<std::string> payload_of(const Row& row, bool is_message) const;
  [[nodiscard]] Result<std::string> subject_of(const Row& row, bool is_message) const;
  [[nodiscard]] Result<std::string> message_id_of(const Row& row, bool is_message) const;
  [[nodiscard]] Result<std::optional<wire::Headers>> headers_of(const Row& row, bool is_message) const;

  RowMessageParams params_;
  RowTemplate subject_, message_id_;
  std::vector<std::pair<std::string, RowTemplate>> header_templates_;
  std::optional<wire::Headers> headers_;  ///< those that are the same for all
  std::vector<std::string> named_;        ///< members that templates name
};

}  // namespace noetl::nats
