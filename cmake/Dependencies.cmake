# The only file that names third-party versions. Each library becomes one target noetl_nats::<name>.
#
# The system's package comes first. Where it is missing, NOETL_NATS_FETCH=ON downloads the pinned source below.
include(CheckSymbolExists)
include(FetchContent)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)

function(nn_library name)  # nn_library(json nlohmann_json::nlohmann_json): headers of ours to use as SYSTEM
  add_library(noetl_nats_dep_${name} INTERFACE)
  target_link_libraries(noetl_nats_dep_${name} INTERFACE ${ARGN})
  add_library(noetl_nats::${name} ALIAS noetl_nats_dep_${name})
endfunction()

function(nn_missing what package)
  message(FATAL_ERROR "${what} is missing. Install it (Debian: apt-get install ${package}), "
                      "or configure with -DNOETL_NATS_FETCH=ON to build a pinned copy.")
endfunction()

macro(nn_fetch name url sha256)
  FetchContent_Declare(${name} URL ${url} URL_HASH SHA256=${sha256} SYSTEM)
  FetchContent_MakeAvailable(${name})
endmacro()

# nlohmann/json >= 3.11
find_package(nlohmann_json 3.11 QUIET)
if(NOT nlohmann_json_FOUND)
  if(NOT NOETL_NATS_FETCH)
    nn_missing("nlohmann/json 3.11" nlohmann-json3-dev)
  endif()
  nn_fetch(nlohmann_json https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz
           d6c65aca6b1ed68e7a182f4757257b107ae403032760ed6ef121c9d55e81757d)
endif()
nn_library(json nlohmann_json::nlohmann_json)

# tl::expected >= 1.0 (header only)
find_path(NN_EXPECTED_INCLUDE tl/expected.hpp)
if(NOT NN_EXPECTED_INCLUDE)
  nn_missing("tl::expected" libexpected-dev)
endif()
add_library(noetl_nats_expected INTERFACE)
target_include_directories(noetl_nats_expected SYSTEM INTERFACE ${NN_EXPECTED_INCLUDE})
nn_library(expected noetl_nats_expected)

# {fmt} >= 9
find_package(fmt 9 QUIET)
if(NOT fmt_FOUND)
  nn_missing("{fmt} 9" libfmt-dev)
endif()
nn_library(fmt fmt::fmt)

# yaml-cpp >= 0.7
pkg_check_modules(NN_YAML QUIET IMPORTED_TARGET yaml-cpp>=0.7)
if(NOT NN_YAML_FOUND)
  nn_missing("yaml-cpp 0.7" libyaml-cpp-dev)
endif()
find_library(NN_YAML_STATIC NAMES libyaml-cpp.a HINTS ${NN_YAML_LIBDIR})
if(NN_YAML_STATIC)  # for executables, which start faster with it
  nn_library(yaml_cpp $<IF:$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>,${NN_YAML_STATIC},PkgConfig::NN_YAML>)
else()
  nn_library(yaml_cpp PkgConfig::NN_YAML)
endif()

# CLI11 >= 2.1
find_package(CLI11 2.1 QUIET)
if(NOT CLI11_FOUND)
  nn_missing("CLI11 2.1" libcli11-dev)
endif()
nn_library(cli11 CLI11::CLI11)

# Boost.Beast and Boost.Asio >= 1.74 (headers only)
find_path(NN_BEAST_INCLUDE boost/beast/version.hpp)
if(NOT NN_BEAST_INCLUDE)
  nn_missing("Boost.Beast 1.74" libboost-dev)
endif()
add_library(noetl_nats_beast INTERFACE)
target_include_directories(noetl_nats_beast SYSTEM INTERFACE ${NN_BEAST_INCLUDE})
nn_library(beast noetl_nats_beast Threads::Threads)
nn_library(openssl OpenSSL::SSL OpenSSL::Crypto)

# Boost.Context >= 1.74: the fibers in which an event loop runs code that waits. Static where there is a static library.
if(NOETL_NATS_PYTHON)
  find_library(NN_CONTEXT_LIBRARY NAMES libboost_context.a boost_context boost_context-mt)
  if(NOT NN_CONTEXT_LIBRARY)
    nn_missing("Boost.Context 1.74" libboost-context-dev)
  endif()
  add_library(noetl_nats_context INTERFACE)
  target_include_directories(noetl_nats_context SYSTEM INTERFACE ${NN_BEAST_INCLUDE})
  target_link_libraries(noetl_nats_context INTERFACE ${NN_CONTEXT_LIBRARY})
  nn_library(context noetl_nats_context)
endif()

# nats.c >= 3.4.1. pkg-config first: the CMake package of some distributions ends the configure run (it names a static
# library that they do not ship), so it is not asked.
set(NOETL_NATS_CNATS_ROOT "" CACHE PATH "Where nats.c is installed, when it is not in a default place")
pkg_check_modules(NN_CNATS QUIET IMPORTED_TARGET libnats>=3.4.1)
if(NOETL_NATS_CNATS_ROOT OR NOT NN_CNATS_FOUND)
  find_path(NN_CNATS_INCLUDE nats/nats.h HINTS ${NOETL_NATS_CNATS_ROOT}/include)
  find_library(NN_CNATS_LIBRARY nats HINTS ${NOETL_NATS_CNATS_ROOT}/lib)
  if(NOT NN_CNATS_INCLUDE OR NOT NN_CNATS_LIBRARY)
    nn_missing("nats.c 3.4.1" libnats-dev)
  endif()
  add_library(noetl_nats_cnats INTERFACE)
  target_include_directories(noetl_nats_cnats SYSTEM INTERFACE ${NN_CNATS_INCLUDE})
  target_link_libraries(noetl_nats_cnats INTERFACE ${NN_CNATS_LIBRARY} Threads::Threads)
  nn_library(cnats noetl_nats_cnats)
else()
  nn_library(cnats PkgConfig::NN_CNATS Threads::Threads)
endif()

if(NOETL_NATS_TESTS)
  find_package(GTest QUIET)
  if(NOT GTest_FOUND)
    nn_missing("GoogleTest" "libgtest-dev libgmock-dev")
  endif()
  nn_library(gtest GTest::gtest GTest::gmock)
endif()

if(NOETL_NATS_BENCH)
  find_package(benchmark QUIET)
  if(NOT benchmark_FOUND)
    nn_missing("Google Benchmark" libbenchmark-dev)
  endif()
  nn_library(benchmark benchmark::benchmark)
endif()
