// The commands of the command line that concern playbooks.
#pragma once

#include <string>
#include <vector>

#include "base/environment.hpp"
#include "base/wait.hpp"

namespace noetl::nats::playbook {

/// Each takes the arguments behind its name and gives the exit status of the process.
int run_command(const std::vector<std::string>& arguments, const Environment& environment);        ///< noetl-nats run PLAYBOOK ...
int playbooks_command(const std::vector<std::string>& arguments, const Environment& environment);  ///< noetl-nats playbooks copy [DIR]
int lint_command(const std::vector<std::string>& arguments, const Environment& environment);       ///< noetl-nats lint PLAYBOOK...
int doctor_command(const std::vector<std::string>& arguments, const Environment& environment);     ///< noetl-nats doctor
int schema_command(const std::vector<std::string>& arguments);                                     ///< noetl-nats schema playbook

/// Hidden: what lowered steps run.
int step_command(const std::vector<std::string>& arguments, const Environment& environment, const Cancel* cancel);  ///< __step FILE
int shell_command(const std::vector<std::string>& arguments);  ///< __shell FILE FD: a command of a shell step
int sub_command(const std::vector<std::string>& arguments,
                const Environment& environment);  ///< __sub FILE: a sub-playbook whose path is dynamic

}  // namespace noetl::nats::playbook
