#!/usr/bin/env bash
# One wheel for every CPython from 3.9 to 3.13 that is installed here, in dist/. They share one build tree with the same
# settings, so that only the Python module is compiled anew for each.
#
#   tools/wheels.sh             all that are found (python3.X on PATH, or under $PYENV_ROOT)
#   tools/wheels.sh 3.9 3.12    these only; one that is missing fails
#   TREE=build/release tools/wheels.sh    from the tree of make test, which saves compiling the rest
set -euo pipefail
cd "$(dirname "$0")/.."
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
tree=${TREE:-build/wheels/tree}
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}

python_of() {  # python_of 3.9: its path, or nothing
  local candidate
  for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do
    if command -v "$candidate" >/dev/null && "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
}

wanted=("$@")
[ "${#wanted[@]}" -gt 0 ] || wanted=(3.9 3.10 3.11 3.12 3.13)
made=0
for version in "${wanted[@]}"; do
  python=$(python_of "$version")
  if [ -z "$python" ]; then
    echo "Python $version is not installed" >&2
    [ "$#" -eq 0 ] || exit 1
    continue
  fi
  venv=build/wheels/venv-$version
  [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
  "$venv/bin/python" -m pip install -q --disable-pip-version-check --upgrade 'pip>=25.1'
  "$venv/bin/python" -m pip install -q --disable-pip-version-check --group build
  echo "Building the wheel for Python $version" >&2
  CMAKE_BUILD_PARALLEL_LEVEL=$jobs "$venv/bin/python" -m pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation \
    -C build-dir="$tree" -C cmake.define.NOETL_NATS_PCH=ON -C cmake.define.CMAKE_CXX_COMPILER_LAUNCHER=ccache -w dist .
  made=$((made + 1))
done
ls dist
[ "$made" -gt 0 ]
