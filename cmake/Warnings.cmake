# Warnings are errors in our own code; headers of other libraries come in as SYSTEM and stay silent.
add_library(noetl_nats_warnings INTERFACE)
target_compile_options(noetl_nats_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
