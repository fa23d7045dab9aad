#!/usr/bin/env bash
# One build for everything: the C++ tests, the command line and the wheel come from one tree, and the wheel is installed
# into .venv with the extras given ("server,noetl" for the demo, "server,noetl,test" for the tests).
#
#   PRESET=dev tools/build.sh    the same from build/dev: quicker to build, slower to run
set -euo pipefail
cd "$(dirname "$0")/.."
extras=${1:-server,noetl,test}
preset=${PRESET:-release}
tests=${NOETL_NATS_TESTS:-ON}
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
python=$PWD/.venv/bin/python

cmake --preset "$preset" -DNOETL_NATS_PYTHON=ON -DNOETL_NATS_TESTS="$tests" \
  -DPython_EXECUTABLE="$python" -Dpybind11_DIR="$("$python" -m pybind11 --cmakedir)" >/dev/null
cmake --build "build/$preset" -j "$jobs"
# The same settings again: another one would build everything anew.
pch=$(sed -n 's/^NOETL_NATS_PCH:[A-Z]*=//p' "build/$preset/CMakeCache.txt")
type=$(sed -n 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "build/$preset/CMakeCache.txt")
CMAKE_BUILD_PARALLEL_LEVEL=$jobs "$python" -m pip install -q --disable-pip-version-check --no-build-isolation \
  -C build-dir="build/$preset" -C cmake.build-type="$type" -C cmake.define.NOETL_NATS_TESTS="$tests" \
  -C cmake.define.NOETL_NATS_PCH="$pch" -C cmake.define.CMAKE_CXX_COMPILER_LAUNCHER=ccache ".[$extras]"
