# The heavy headers, parsed once for the whole build instead of once for a file: halves an optimised build.
if(NOETL_NATS_PCH)
  file(TOUCH ${CMAKE_BINARY_DIR}/empty.cpp)
  add_library(noetl_nats_headers STATIC ${CMAKE_BINARY_DIR}/empty.cpp)
  target_link_libraries(noetl_nats_headers PRIVATE noetl_nats_warnings noetl_nats::json noetl_nats::expected noetl_nats::fmt)
  target_precompile_headers(noetl_nats_headers PRIVATE <nlohmann/json.hpp> <fmt/format.h> <tl/expected.hpp> <chrono> <filesystem>
                            <fstream> <functional> <iostream> <map> <memory> <mutex> <optional> <sstream> <string> <thread> <vector>)
endif()

function(nn_precompile target)
  if(NOETL_NATS_PCH)
    target_precompile_headers(${target} REUSE_FROM noetl_nats_headers)
  endif()
endfunction()

# A layer is a static library whose headers are seen only by those who link to it.
#
#   nn_layer(wire USES base PRIVATE noetl_nats::cnats)
#
# Headers are included as "wire/connection.hpp". To make that resolve for users of the layer and for nobody else, each
# layer gets an include root of its own that holds one link: layers/wire/wire -> cpp/src/wire.
function(nn_layer name)
  cmake_parse_arguments(ARG "" "" "USES;PRIVATE;PUBLIC" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/cpp/src/${name}/*.cpp)
  if(NOT sources)
    set(sources ${CMAKE_BINARY_DIR}/empty.cpp)
    file(TOUCH ${sources})
  endif()
  set(root ${CMAKE_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/cpp/src/${name} ${root}/${name} SYMBOLIC)
  set(target noetl_nats_${name})
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC ${root} ${CMAKE_SOURCE_DIR}/cpp/include ${CMAKE_BINARY_DIR}/generated)
  target_link_libraries(${target} PRIVATE noetl_nats_warnings ${ARG_PRIVATE} PUBLIC ${ARG_PUBLIC})
  nn_precompile(${target})
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(${target} PUBLIC noetl_nats_${used})
  endforeach()
endfunction()
