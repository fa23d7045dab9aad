// errno as our errors.
#pragma once

#include <string>

#include "noetl/nats/result.hpp"

namespace noetl::nats::sys {

/// ENOENT is not_found, ENOSPC and the like resource_exhausted, EACCES, EPERM and EROFS permission_denied, others unavailable.
[[nodiscard]] Code code_of_errno(int error);
/// "cannot write /x/y" becomes "cannot write /x/y: No space left on device", with the code and a hint that fit.
[[nodiscard]] tl::unexpected<Error> fail_errno(int error, const std::string& attempted);

}  // namespace noetl::nats::sys
