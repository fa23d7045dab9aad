#include "noetl/step_report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "sys/files.hpp"

namespace noetl::nats::playbook {

void Teller::error(std::string_view text) const {
  std::string indented;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find('\n', at), text.size());
    indented += end > at ? "   " + std::string(text.substr(at, end - at)) + "\n" : "\n";
    at = end + 1;
  }
  while (fd_ >= 0 && !indented.empty()) {
    const auto written = write(fd_, indented.data(), indented.size());
    if (written <= 0) return;
    indented.erase(0, static_cast<std::size_t>(written));
  }
}

bool Teller::color() const { return fd_ >= 0 && isatty(fd_) == 1; }

int fail_step(const StepDescription& description, const Error& error) {
  const auto step = description.text("step");
  const Teller teller(description);
  teller.error(fmt::format("✗ nats: {}: {}", step, error.message));
  if (!error.hint.empty()) teller.error(fmt::format("  hint: {}", error.hint));
  if (error.maybe_applied) teller.error("  note: the server may have applied it all the same");
  const Json report{{"step", step}, {"message", error.message}, {"hint", error.hint}, {"code", name_of(error.code)}};
  (void)sys::write_file(description.text("directory") + "/error.json", dump(report), 0600,
                        sys::Durable::no);  // the exit status tells it too
  return 1;
}

}  // namespace noetl::nats::playbook
