// The command line: noetl-nats.
#pragma once

namespace noetl::nats::cli {

/// Runs the program; the exit status is that of architecture section 6.
int main(int argc, char** argv);

}  // namespace noetl::nats::cli
