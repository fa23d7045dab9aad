// Letters beyond ASCII: upper and lower case, white space.
#pragma once

#include <string>
#include <string_view>

#include "noetl/nats/result.hpp"

namespace noetl::nats::playbook {

/// Unicode case mapping. Error: a letter whose mapping depends on its neighbours or is not one to one (but for ß).
[[nodiscard]] Result<std::string> upper(std::string_view text);
[[nodiscard]] Result<std::string> lower(std::string_view text);
[[nodiscard]] bool is_white_space(std::string_view character);

}  // namespace noetl::nats::playbook
