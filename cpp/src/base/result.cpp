#include "noetl/nats/result.hpp"

#include <array>
#include <utility>

namespace noetl::nats {
namespace {

struct CodeRow {
  Code code;
  std::string_view name;
  int exit;
  bool retry;
};

constexpr std::array kCodes{
    CodeRow{Code::invalid_argument, "invalid_argument", 2, false},
    CodeRow{Code::not_found, "not_found", 3, false},
    CodeRow{Code::already_exists, "already_exists", 4, false},
    CodeRow{Code::conflict, "conflict", 4, false},
    CodeRow{Code::failed_precondition, "failed_precondition", 5, false},
    CodeRow{Code::resource_exhausted, "resource_exhausted", 5, false},
    CodeRow{Code::unimplemented, "unimplemented", 5, false},
    CodeRow{Code::data_loss, "data_loss", 5, false},
    CodeRow{Code::unauthenticated, "unauthenticated", 6, false},
    CodeRow{Code::permission_denied, "permission_denied", 6, false},
    CodeRow{Code::deadline_exceeded, "deadline_exceeded", 7, true},
    CodeRow{Code::unavailable, "unavailable", 8, true},
    CodeRow{Code::cancelled, "cancelled", 130, false},
    CodeRow{Code::internal, "internal", 1, false},
};

const CodeRow& row(Code code) { return kCodes[static_cast<std::size_t>(code)]; }

constexpr bool rows_match_the_enumeration() {
  for (std::size_t i = 0; i < kCodes.size(); ++i)
    if (static_cast<std::size_t>(kCodes[i].code) != i) return false;
  return true;
}
static_assert(rows_match_the_enumeration());

constexpr auto kCodeList = [] {
  std::array<Code, kCodes.size()> list{};
  for (std::size_t i = 0; i < kCodes.size(); ++i) list[i] = kCodes[i].code;
  return list;
}();

}  // namespace

std::span<const Code> all_codes() { return kCodeList; }
std::string_view name_of(Code code) { return row(code).name; }
int exit_status(Code code) { return row(code).exit; }
bool is_retryable(Code code) { return row(code).retry; }

std::optional<Code> code_from(std::string_view name) {
  for (const auto& each : kCodes)
    if (each.name == name) return each.code;
  return std::nullopt;
}

Json Error::to_json() const {
  return Json{{"code", name_of(code)},          {"message", message}, {"hint", hint}, {"retryable", can_retry()},
              {"maybe_applied", maybe_applied}, {"details", details}};
}

Json error_document(const Error& error) {
  Json document = error.result.is_object() ? error.result : Json{{"status", "error"}};
  document["error"] = error.to_json();
  return document;
}

tl::unexpected<Error> fail(Code code, std::string message, std::string hint) {
  return tl::unexpected<Error>(Error{.code = code, .message = std::move(message), .hint = std::move(hint)});
}

tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace noetl::nats
