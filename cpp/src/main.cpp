#include "cli/cli.hpp"

int main(int argc, char** argv) { return noetl::nats::cli::main(argc, argv); }
