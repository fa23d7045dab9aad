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
  # The heavy headers, parsed once for a layer instead of once for a file.
  if(NOETL_NATS_PCH)
    target_precompile_headers(${target} PRIVATE <nlohmann/json.hpp> <fmt/format.h> <tl/expected.hpp> <functional> <map> <string> <vector>)
  endif()
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(${target} PUBLIC noetl_nats_${used})
  endforeach()
endfunction()
