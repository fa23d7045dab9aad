// What the server and the account can do, and how much of it is used.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jetstream/api.hpp"

namespace noetl::nats::js {

/// Name of each feature that operations ask for, and whether server 2.<minor> has it.
[[nodiscard]] Json features_of(int minor);

struct User {
  std::string user, account;
  Json permissions = nullptr;
};
/// `$SYS.REQ.USER.INFO` (2.10): empty where the server does not answer it.
[[nodiscard]] Result<User> user_info(wire::Connection& connection, const Wait& wait);

/// Share of each limit that is used, in percent: memory, storage, streams, consumers. Those without a limit are left out.
[[nodiscard]] Json used_percent(const Json& account);

}  // namespace noetl::nats::js
