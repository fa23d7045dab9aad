# Warnings are errors in our own code; headers of other libraries come in as SYSTEM and stay silent.
add_library(noetl_nats_warnings INTERFACE)
target_compile_options(noetl_nats_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # With -O2, GCC 12 sees overlaps in std::string that are not there (GCC bug 105651).
  target_compile_options(noetl_nats_warnings INTERFACE -Wno-restrict -Wno-stringop-overflow)
endif()
