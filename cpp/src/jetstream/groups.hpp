// Groups of workers that share the messages of a stream. A shared group is one durable pull consumer that all workers fetch
// from; the order of messages is not kept across workers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.hpp"
#include "jetstream/consumers.hpp"

namespace noetl::nats::js {

/// The metadata of a consumer that makes it a group, and says of which kind.
inline constexpr const char* kGroupMark = "noetl.group";
inline constexpr const char* kSharedGroup = "shared";

/// The kind of group that a consumer is: its mark, or "shared" for any durable pull consumer with explicit acknowledgements.
/// Nothing: it is not a group.
[[nodiscard]] std::optional<std::string> group_kind(const Json& consumer_info);
/// Whether `group_apply` made it.
[[nodiscard]] bool is_marked_group(const Json& consumer_info);

/// `config` as for apply_consumer. Error: failed_precondition when there is a consumer of this name of another kind.
[[nodiscard]] Result<AppliedConsumer> apply_shared_group(Api& api, const std::string& stream, const std::string& group, Json config,
                                                         bool dry_run, const Wait& wait);

struct GroupStatus {
  std::string group, kind;
  Progress progress;
  std::uint64_t num_pending = 0, num_ack_pending = 0, num_redelivered = 0, num_waiting = 0;
  double oldest_pending_age_s = 0;   ///< of the oldest message that is not acknowledged; 0: all are
  double lag_s = 0;                  ///< of the oldest message that was never delivered; 0: there is none
  std::optional<double> rate_per_s;  ///< messages done in a second, with a sample
  std::optional<double> eta_s;       ///< until the lag is done at that rate
};

/// One group, or with an empty name all that are marked as groups. `sample`: measure the rate for so long.
/// Error: not_found (stream, or the named group).
[[nodiscard]] Result<std::vector<GroupStatus>> group_status(Api& api, std::string_view stream, std::string_view group, Nanos sample,
                                                            const Wait& wait);

/// Whether there was one. Errors: not_found, unless `missing_ok`; failed_precondition when the consumer is no group.
[[nodiscard]] Result<bool> delete_group(Api& api, std::string_view stream, std::string_view group, bool missing_ok, bool dry_run,
                                        const Wait& wait);

}  // namespace noetl::nats::js
