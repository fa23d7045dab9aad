#include "wire/status.hpp"

#include <nats/nats.h>

#include <algorithm>
#include <array>

namespace noetl::nats::wire {
namespace {

constexpr std::array kStatuses{
    std::pair{NATS_ERR, Code::internal},
    std::pair{NATS_PROTOCOL_ERROR, Code::internal},
    std::pair{NATS_IO_ERROR, Code::unavailable},
    std::pair{NATS_LINE_TOO_LONG, Code::internal},
    std::pair{NATS_CONNECTION_CLOSED, Code::unavailable},
    std::pair{NATS_NO_SERVER, Code::unavailable},
    std::pair{NATS_STALE_CONNECTION, Code::unavailable},
    std::pair{NATS_SECURE_CONNECTION_WANTED, Code::failed_precondition},
    std::pair{NATS_SECURE_CONNECTION_REQUIRED, Code::failed_precondition},
    std::pair{NATS_CONNECTION_DISCONNECTED, Code::unavailable},
    std::pair{NATS_CONNECTION_AUTH_FAILED, Code::unauthenticated},
    std::pair{NATS_NOT_PERMITTED, Code::permission_denied},
    std::pair{NATS_NOT_FOUND, Code::not_found},
    std::pair{NATS_ADDRESS_MISSING, Code::invalid_argument},
    std::pair{NATS_INVALID_SUBJECT, Code::invalid_argument},
    std::pair{NATS_INVALID_ARG, Code::invalid_argument},
    std::pair{NATS_INVALID_SUBSCRIPTION, Code::failed_precondition},
    std::pair{NATS_INVALID_TIMEOUT, Code::invalid_argument},
    std::pair{NATS_ILLEGAL_STATE, Code::failed_precondition},
    std::pair{NATS_SLOW_CONSUMER, Code::resource_exhausted},
    std::pair{NATS_MAX_PAYLOAD, Code::resource_exhausted},
    std::pair{NATS_MAX_DELIVERED_MSGS, Code::internal},
    std::pair{NATS_INSUFFICIENT_BUFFER, Code::resource_exhausted},
    std::pair{NATS_NO_MEMORY, Code::resource_exhausted},
    std::pair{NATS_SYS_ERROR, Code::internal},
    std::pair{NATS_TIMEOUT, Code::deadline_exceeded},
    std::pair{NATS_FAILED_TO_INITIALIZE, Code::internal},
    std::pair{NATS_NOT_INITIALIZED, Code::internal},
    std::pair{NATS_SSL_ERROR, Code::failed_precondition},
    std::pair{NATS_NO_SERVER_SUPPORT, Code::unimplemented},
    std::pair{NATS_NOT_YET_CONNECTED, Code::unavailable},
    std::pair{NATS_DRAINING, Code::failed_precondition},
    std::pair{NATS_INVALID_QUEUE_NAME, Code::invalid_argument},
    std::pair{NATS_NO_RESPONDERS, Code::unavailable},
    std::pair{NATS_MISMATCH, Code::unavailable},
    std::pair{NATS_MISSED_HEARTBEAT, Code::unavailable},
};

struct ApiRow {
  int first, last;
  Code code;
};

// The err_code table of the JetStream API. Single codes stand before the ranges that hold them.
constexpr std::array kApiCodes{
    ApiRow{10003, 10003, Code::invalid_argument},
    ApiRow{10025, 10025, Code::invalid_argument},
    ApiRow{10056, 10056, Code::invalid_argument},
    ApiRow{10127, 10128, Code::invalid_argument},
    ApiRow{10002, 10002, Code::resource_exhausted},
    ApiRow{10023, 10023, Code::resource_exhausted},
    ApiRow{10026, 10028, Code::resource_exhausted},
    ApiRow{10047, 10047, Code::resource_exhausted},
    ApiRow{10122, 10122, Code::resource_exhausted},
    ApiRow{10004, 10004, Code::unavailable},
    ApiRow{10008, 10009, Code::unavailable},
    ApiRow{10118, 10119, Code::unavailable},
    ApiRow{10163, 10163, Code::unavailable},
    ApiRow{10010, 10010, Code::failed_precondition},
    ApiRow{10036, 10036, Code::failed_precondition},
    ApiRow{10074, 10074, Code::failed_precondition},
    ApiRow{10012, 10012, Code::invalid_argument},
    ApiRow{10052, 10052, Code::invalid_argument},
    ApiRow{10069, 10069, Code::invalid_argument},
    ApiRow{10013, 10013, Code::already_exists},
    ApiRow{10058, 10058, Code::already_exists},
    ApiRow{10148, 10148, Code::already_exists},
    ApiRow{10014, 10014, Code::not_found},
    ApiRow{10149, 10149, Code::not_found},
    ApiRow{10037, 10037, Code::not_found},
    ApiRow{10043, 10043, Code::not_found},
    ApiRow{10035, 10035, Code::failed_precondition},
    ApiRow{10039, 10039, Code::failed_precondition},
    ApiRow{10076, 10076, Code::failed_precondition},
    ApiRow{10077, 10077, Code::resource_exhausted},
    ApiRow{10049, 10049, Code::unavailable},
    ApiRow{10104, 10104, Code::unavailable},
    ApiRow{10111, 10111, Code::failed_precondition},
    ApiRow{10054, 10054, Code::resource_exhausted},
    ApiRow{10097, 10097, Code::resource_exhausted},
    ApiRow{10057, 10057, Code::not_found},
    ApiRow{10059, 10059, Code::not_found},
    ApiRow{10060, 10060, Code::conflict},
    ApiRow{10070, 10071, Code::conflict},
    ApiRow{10164, 10164, Code::conflict},
    ApiRow{10180, 10180, Code::conflict},
    ApiRow{10065, 10065, Code::already_exists},
    ApiRow{10098, 10101, Code::failed_precondition},
    ApiRow{10105, 10105, Code::failed_precondition},
    ApiRow{10109, 10109, Code::failed_precondition},
    ApiRow{10113, 10113, Code::invalid_argument},
    ApiRow{10085, 10108, Code::invalid_argument},
    ApiRow{10112, 10116, Code::invalid_argument},
    ApiRow{10121, 10121, Code::invalid_argument},
    ApiRow{10125, 10125, Code::invalid_argument},
    ApiRow{10117, 10117, Code::resource_exhausted},
    ApiRow{10123, 10124, Code::failed_precondition},
    ApiRow{10129, 10129, Code::failed_precondition},
    ApiRow{10226, 10226, Code::failed_precondition},
    ApiRow{10130, 10130, Code::already_exists},
    ApiRow{10131, 10139, Code::invalid_argument},
    ApiRow{10158, 10158, Code::conflict},
    ApiRow{10159, 10162, Code::invalid_argument},
    ApiRow{10165, 10165, Code::invalid_argument},
    ApiRow{10166, 10166, Code::failed_precondition},
    ApiRow{10167, 10167, Code::resource_exhausted},
    ApiRow{10210, 10211, Code::resource_exhausted},
    ApiRow{10168, 10168, Code::failed_precondition},
    ApiRow{10174, 10174, Code::failed_precondition},
    ApiRow{10188, 10188, Code::failed_precondition},
    ApiRow{10205, 10205, Code::failed_precondition},
    ApiRow{10169, 10171, Code::invalid_argument},
    ApiRow{10177, 10178, Code::invalid_argument},
    ApiRow{10181, 10184, Code::invalid_argument},
    ApiRow{10189, 10192, Code::invalid_argument},
    ApiRow{10196, 10197, Code::invalid_argument},
    ApiRow{10203, 10203, Code::invalid_argument},
    ApiRow{10212, 10212, Code::invalid_argument},
    ApiRow{10223, 10223, Code::invalid_argument},
    ApiRow{10172, 10172, Code::data_loss},
    ApiRow{10175, 10175, Code::internal},
    ApiRow{10179, 10179, Code::internal},
    ApiRow{10200, 10200, Code::internal},
    ApiRow{10206, 10208, Code::internal},
    ApiRow{10176, 10176, Code::unavailable},
    ApiRow{10185, 10185, Code::unimplemented},
    ApiRow{10199, 10199, Code::resource_exhausted},
    ApiRow{10201, 10201, Code::already_exists},
    ApiRow{10040, 10040, Code::not_found},
    ApiRow{10044, 10044, Code::not_found},
    ApiRow{10202, 10202, Code::unavailable},
};

}  // namespace

std::optional<Code> mapped_status(int status) {
  const auto row = std::find_if(kStatuses.begin(), kStatuses.end(), [&](const auto& each) { return each.first == status; });
  return row == kStatuses.end() ? std::nullopt : std::optional(row->second);
}

Code code_of_status(int status) { return mapped_status(status).value_or(Code::internal); }

std::string status_text(int status) { return natsStatus_GetText(static_cast<natsStatus>(status)); }

Code code_of_api_error(int status, int err_code) {
  const auto row =
      std::find_if(kApiCodes.begin(), kApiCodes.end(), [&](const ApiRow& each) { return err_code >= each.first && err_code <= each.last; });
  if (row != kApiCodes.end()) return row->code;
  switch (status) {
    case 404:
      return Code::not_found;
    case 408:
      return Code::deadline_exceeded;
    case 429:
      return Code::resource_exhausted;
    case 503:
      return Code::unavailable;
    default:
      return status >= 400 && status < 500 ? Code::invalid_argument : Code::internal;
  }
}

Error api_error(const Json& error_member) {
  const int status = error_member.value("code", 500);
  const int err_code = error_member.value("err_code", 0);
  const auto description = error_member.value("description", std::string("no description"));
  Error error{.code = code_of_api_error(status, err_code), .message = description};
  error.details["nats"] = {{"status", status}, {"err_code", err_code}, {"description", description}};
  if (status == 429) error.retryable = true;
  return error;
}

}  // namespace noetl::nats::wire
