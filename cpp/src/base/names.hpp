// What NATS accepts as a name. nats.c sends subjects as they are, so a blank or a line end in one would be read by the
// server as protocol: every subject, queue and header name passes here before it is sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace noetl::nats {

/// Each check gives what is wrong, as the end of a sentence ("contains a space"), or nothing when the name is fine.
using NameProblem = std::optional<std::string>;

[[nodiscard]] NameProblem check_subject(std::string_view subject);  ///< to publish to: no wildcards
[[nodiscard]] NameProblem check_filter(std::string_view subject);   ///< to subscribe to: `*` and a last `>` allowed
[[nodiscard]] NameProblem check_queue(std::string_view queue);
[[nodiscard]] NameProblem check_header_name(std::string_view name);    ///< RFC 7230 token
[[nodiscard]] NameProblem check_header_value(std::string_view value);  ///< no CR, LF or NUL
[[nodiscard]] NameProblem check_bucket(std::string_view bucket);       ///< ADR-8: [A-Za-z0-9_-]+
[[nodiscard]] NameProblem check_kv_key(std::string_view key);          ///< ADR-8: [-/_=.a-zA-Z0-9]+, no dot at an end
[[nodiscard]] NameProblem check_kv_filter(std::string_view filter);    ///< a key with `*` and `>` tokens
[[nodiscard]] NameProblem check_asset_name(std::string_view name);     ///< stream, consumer: no blank . * > / backslash

/// A check by the name that operations use for it ("subject", "bucket-name", ...); null for an unknown one.
using NameCheck = NameProblem (*)(std::string_view);
[[nodiscard]] NameCheck name_check(std::string_view format);

/// The candidate that a misspelt name most likely means, or nothing when none is close.
[[nodiscard]] std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& candidates);

/// A subject against a filter with wildcards.
[[nodiscard]] bool subject_matches(std::string_view filter, std::string_view subject);
/// Whether some subject matches both filters.
[[nodiscard]] bool filters_overlap(std::string_view a, std::string_view b);
/// `*` stands for any run of characters, everything else for itself; the whole text must match.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

/// Text in quotes for a message, cut and with control characters escaped: 'a b', 'x\r\n'.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace noetl::nats
