#include "cli/terminal.hpp"

#include <unistd.h>

#include <cerrno>

namespace noetl::nats::cli {

Terminal look_at_terminal(const Environment& environment) {
  Terminal terminal;
  terminal.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  terminal.err_is_terminal = isatty(STDERR_FILENO) == 1;
  terminal.in_is_terminal = isatty(STDIN_FILENO) == 1;
  terminal.color = terminal.out_is_terminal && !environment.get("NO_COLOR") && environment.get("TERM").value_or("") != "dumb";
  return terminal;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool print(std::string_view text) { return write_all(STDOUT_FILENO, text); }
bool print_talk(std::string_view text) { return write_all(STDERR_FILENO, text); }

}  // namespace noetl::nats::cli
