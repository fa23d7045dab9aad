#!/usr/bin/env bash
# One build for everything: the C++ tests, the command line and the wheel come from build/release, and the wheel is
# installed into .venv with the extras given ("server,noetl" for the demo, "server,noetl,test" for the tests).
set -euo pipefail
cd "$(dirname "$0")/.."
extras=${1:-server,noetl,test}
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
python=$PWD/.venv/bin/python

cmake --preset release -DNOETL_NATS_PYTHON=ON -DNOETL_NATS_TESTS="${NOETL_NATS_TESTS:-ON}" \
  -DPython_EXECUTABLE="$python" -Dpybind11_DIR="$("$python" -m pybind11 --cmakedir)" >/dev/null
cmake --build build/release -j "${JOBS:-$(getconf _NPROCESSORS_ONLN)}"
"$python" -m pip install -q --disable-pip-version-check --no-build-isolation \
  -C build-dir=build/release -C cmake.define.NOETL_NATS_TESTS="${NOETL_NATS_TESTS:-ON}" ".[$extras]"
