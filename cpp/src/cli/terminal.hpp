// What the standard streams are, and writing to them.
#pragma once

#include <string>
#include <string_view>

#include "base/environment.hpp"

namespace noetl::nats::cli {

struct Terminal {
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool in_is_terminal = false;
  bool color = false;  ///< a terminal, and neither NO_COLOR nor TERM=dumb
};

[[nodiscard]] Terminal look_at_terminal(const Environment& environment);

/// All of `text` to a file descriptor. False when the reader has gone (EPIPE): nothing more needs to be written.
bool write_all(int fd, std::string_view text);
bool print(std::string_view text);       ///< to standard output
bool print_talk(std::string_view text);  ///< to standard error

}  // namespace noetl::nats::cli
