// Declarative configurations: what a person wrote becomes the server's JSON, is merged over what is there, compared, and each
// change is judged. One mechanism for streams and consumers, and by way of streams for buckets.
//
//   read_config -> merged -> changes -> check_changes     (streams.cpp and consumers.cpp put the requests between)
//
// Configurations are JSON with the server's names and units: durations are nanoseconds, sizes are bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jetstream/config_fields.hpp"
#include "noetl/nats/result.hpp"

namespace noetl::nats::js {

struct ConfigProblem {
  std::string path;     ///< "config.max_age"
  std::string message;  ///< "unknown field; did you mean max_age?"
};

/// People's values as wire values: durations and sizes given as text, numbers and booleans given as text, lists given as
/// comma separated text. A bare number is the server's unit. Null counts as absent. All problems are added, with paths that
/// start with `path`; the answer holds the fields that were fine.
[[nodiscard]] Json read_config(const ConfigTable& table, const Json& given, const std::string& path, std::vector<ConfigProblem>& problems);
/// Names of fields to put back to their default: unknown ones, and those that `config` sets as well, are problems.
void check_unset(const ConfigTable& table, const std::vector<std::string>& unset, const Json& config, std::vector<ConfigProblem>& problems);
/// invalid_argument that lists the problems.
[[nodiscard]] Error error_of(const std::vector<ConfigProblem>& problems);

/// All fields of the table with the server's defaults filled in and computed, without the server's own `_nats.*` metadata.
/// Members that the table does not know (a newer server's) stay.
[[nodiscard]] Json normalised(const ConfigTable& table, Json config);
/// Takes the server's own `_nats.*` metadata out of a configuration as the server sent it.
void drop_server_metadata(Json& config);
/// `desired` over `current` (normalised): a field that is given replaces the stored one, one in `unset` goes back to its
/// default, the others stay, and what the server had computed is computed anew. The answer is normalised.
[[nodiscard]] Json merged(const ConfigTable& table, const Json& current, const Json& desired, const std::vector<std::string>& unset = {});
/// A normalised configuration as the server takes it: without absent members, and without fields that server 2.<minor> does
/// not know and that hold their default anyway.
[[nodiscard]] Json to_wire(const ConfigTable& table, const Json& config, int minor);

struct ConfigChange {
  std::string path;
  Json from, to;      ///< wire values; null: absent
  std::string loses;  ///< what the change destroys ("3 of 5 messages"); empty: nothing

  [[nodiscard]] Json to_json() const;
};
[[nodiscard]] Json to_json(const std::vector<ConfigChange>& changes);

/// What differs between two normalised configurations, in the order of the table.
[[nodiscard]] std::vector<ConfigChange> changes(const ConfigTable& table, const Json& before, const Json& after);

/// A server that knows all fields: `to_wire(table, config, kNewestMinor)` shows a configuration as it is.
inline constexpr int kNewestMinor = 99;
/// The server 2.<minor> that an API level stands for; 10 for level 0.
[[nodiscard]] int minor_of_level(int level);
/// `unimplemented` that names the first field, or value, that server 2.<minor> does not know.
[[nodiscard]] Result<void> check_known(const ConfigTable& table, const Json& config, int minor, std::string_view asset_name);
/// `failed_precondition` that names every field that cannot become what is asked, with both values.
[[nodiscard]] Result<void> check_changeable(const ConfigTable& table, const std::vector<ConfigChange>& changes, int minor,
                                            std::string_view asset_name);
/// Whether the change is one that can destroy data; the caller finds out what.
[[nodiscard]] bool may_destroy(const ConfigTable& table, const ConfigChange& change);
/// `failed_precondition` that says what would be lost, unless nothing would.
[[nodiscard]] Result<void> check_losses(const ConfigTable& table, const std::vector<ConfigChange>& changes, std::string_view asset_name);
[[nodiscard]] std::vector<std::string> warnings(const ConfigTable& table, const std::vector<ConfigChange>& changes);

/// A wire value for a person: durations with their unit, texts as they are, absent ones as "nothing".
[[nodiscard]] std::string shown(const ConfigField* field, const Json& value);

// ---- what apply takes and gives, for every kind of asset -------------------------------------------------------------------

struct ApplyOptions {
  bool dry_run = false;
  bool allow_destructive = false;
  bool create = true;  ///< false: a missing asset is not_found
  std::vector<std::string> unset = {};
};

struct Applied {
  bool changed = false;
  bool created = false;
  std::vector<ConfigChange> diff = {};
  Json config = nullptr;  ///< as it is now (dry run: as it would be), normalised
  std::vector<std::string> warnings = {};
};

}  // namespace noetl::nats::js
