// What a running step tells the person who waits.
#pragma once

#include <string_view>

#include "noetl/nats/result.hpp"
#include "noetl/step_variables.hpp"

namespace noetl::nats::playbook {

/// The user's terminal, through a descriptor that the engine's child has inherited. A write that fails is no error: the run
/// may have been started without a terminal.
class Teller {
 public:
  explicit Teller(const StepDescription& step) : fd_(step.document.value("fd", -1)), quiet_(step.document.value("quiet", false)) {}

  void progress(std::string_view text) const {
    if (!quiet_) error(text);
  }
  void error(std::string_view text) const;
  [[nodiscard]] bool color() const;

 private:
  int fd_;
  bool quiet_;
};

/// The reason on the user's terminal, and in error.json where noetl.run() finds it. The exit status of the step.
int fail_step(const StepDescription& description, const Error& error);

}  // namespace noetl::nats::playbook
