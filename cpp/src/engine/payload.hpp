// Values of parameters and results as bytes on the wire. The one place that decides, for KV values, messages and objects.
#pragma once

#include <string>
#include <string_view>

#include "schema/fields.hpp"

namespace noetl::nats {

/// Bytes as a result shows them: nothing is replaced, nothing is dropped.
struct PayloadValue {
  Json value;            ///< text, any JSON value, or base64 text
  std::string encoding;  ///< "utf-8" (text as it is), "json" (parsed), "base64"
};

/// The bytes of a parameter. Text is sent as its UTF-8 bytes; objects, lists, numbers and booleans as compact JSON with
/// sorted members; an explicit null is empty. `encoding`: "base64" = the text is base64; "json" = text is JSON-encoded
/// too; "auto", "utf-8" and "text" are the same here. `compat` "python" writes what NoETL's Python tool did: `{"a": 1}`,
/// `True`. Errors: invalid_argument that names `field`.
[[nodiscard]] Result<std::string> payload_bytes(std::string_view field, const Json& value, std::string_view encoding = "auto",
                                                std::string_view compat = "rust");

/// Bytes read back. "auto", "utf-8", "json": UTF-8 becomes JSON if it parses, else text. "text" never parses. "base64"
/// always encodes. What is not UTF-8 becomes base64 whatever was asked. JSON that we could not give back exactly (over
/// 127 levels deep, numbers with more digits than they can hold) stays text.
[[nodiscard]] PayloadValue payload_value(std::string_view bytes, std::string_view encoding = "auto");

/// The `encoding` parameter: `encoding_field(&In::encoding)` with `std::string encoding = "auto";`.
template <class S>
[[nodiscard]] schema::Field<S, std::string> encoding_field(
    std::string S::*member, const char* doc = "How the value is written or read: auto, utf-8, text (never parsed as JSON), json, base64.") {
  return schema::field("encoding", member, doc).one_of({"auto", "utf-8", "text", "json", "base64"});
}

/// The `compat` parameter of writes: `compat_field(&In::compat)` with `std::string compat = "rust";`.
template <class S>
[[nodiscard]] schema::Field<S, std::string> compat_field(std::string S::*member) {
  return schema::field("compat", member, "JSON as NoETL's rust tool writes it (compact, sorted) or as its python tool did.")
      .one_of({"rust", "python"});
}

}  // namespace noetl::nats
