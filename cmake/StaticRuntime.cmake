# The executable starts for every step of a playbook, and the search for symbols in shared C++ libraries was half of its
# start. So it carries its C++ libraries in itself; C libraries (nats.c, OpenSSL) stay shared.
function(nn_static_runtime target)
  if(NOETL_NATS_SANITIZE OR NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
    return()
  endif()
  target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc -Wl,--as-needed)
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
  try_compile(NN_FMT_STATIC ${CMAKE_BINARY_DIR}/fmt_static ${CMAKE_SOURCE_DIR}/cpp/static/fmt.cpp CMAKE_FLAGS -DCMAKE_CXX_STANDARD=20)
  if(NN_FMT_STATIC)
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cpp/static/fmt.cpp)
    set_source_files_properties(${CMAKE_SOURCE_DIR}/cpp/static/fmt.cpp PROPERTIES COMPILE_OPTIONS -w)
  endif()
endfunction()
