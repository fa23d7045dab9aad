// Codes of nats.c and of the JetStream API as our codes. The one table that decides; never decide by message text.
#pragma once

#include <string>

#include "noetl/nats/result.hpp"

namespace noetl::nats::wire {

/// `status` is a natsStatus as a number, so that this header needs no nats.c.
[[nodiscard]] Code code_of_status(int status);
/// Nothing for a status that the table lacks (a newer nats.c): `code_of_status` calls that internal.
[[nodiscard]] std::optional<Code> mapped_status(int status);
/// natsStatus_GetText.
[[nodiscard]] std::string status_text(int status);

/// A JetStream API error: by err_code first, by its HTTP class for an unknown one.
[[nodiscard]] Code code_of_api_error(int status, int err_code);
/// The error member of an API reply as our error: code, details.nats {status, err_code, description}; the description is
/// the message unless the caller has a better one.
[[nodiscard]] Error api_error(const Json& error_member);

}  // namespace noetl::nats::wire
