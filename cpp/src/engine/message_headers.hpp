// Message headers as parameters and in results.
#pragma once

#include <string>

#include "schema/struct_info.hpp"
#include "wire/message.hpp"

namespace noetl::nats {

/// `{"X-Source": "test", "X-Tag": ["a", "b"], "Count": 5}`: a list gives several lines, numbers and booleans are printed, null
/// leaves the header out. Problems name the header; nothing is sent with one that would break the protocol.
[[nodiscard]] wire::Headers read_headers(const Json& headers, const std::string& path, schema::Problems& problems);

/// As NoETL's tools show them: names in lower case, one value as text, several as a list, in the order of the message.
[[nodiscard]] Json headers_json(const wire::Headers& headers);

}  // namespace noetl::nats
