#!/usr/bin/env bash
# Everything: one build, C++ tests, Python tests, checks. Runs all stages, then says what failed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
export PATH=$PWD/.venv/bin:$PATH
export NOETL_NATS_TEST_SERVER=${NOETL_NATS_TEST_SERVER:-$PWD/.venv/bin/nats-server}
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
logs=$PWD/build/test-logs
mkdir -p "$logs"
passed=0
failed=0
stages=()

# The sum of the numbers in all that matches.
sum() { grep -oE "$2" "$1" | grep -oE '[0-9]+' | awk '{total += $1} END {print total + 0}'; }

stage() {  # stage NAME COUNTED-FILE PASSED-REGEX FAILED-REGEX COMMAND...
  local name=$1 counted=$2 good=$3 bad=$4 status=ok from=$SECONDS p f
  shift 4
  printf '\n== %s\n' "$name"
  "$@" 2>&1 | tee "$logs/$name.log"
  [ "${PIPESTATUS[0]}" = 0 ] || status=FAILED
  p=$(sum "$counted" "$good")
  f=$(sum "$counted" "$bad")
  if [ "$status" = FAILED ] && [ "$f" = 0 ]; then f=1; fi # it failed without a count: a crash counts as one
  passed=$((passed + p))
  failed=$((failed + f))
  stages+=("$(printf '  %-6s  %-7s %5d passed, %d failed, %d s' "$status" "$name" "$p" "$f" $((SECONDS - from)))")
}

tools/build.sh server,noetl,test || exit
stage c++ "$logs/ctest.xml" '\[  PASSED  \] [0-9]+ test' '\[  FAILED  \] [0-9]+ tests?, listed' \
  ctest --test-dir "build/${PRESET:-release}" --output-on-failure --no-tests=error --test-output-size-passed 10000000 --test-output-size-failed 10000000 --parallel "$jobs" --output-junit "$logs/ctest.xml"
stage python "$logs/python.log" '[0-9]+ passed' '[0-9]+ (failed|error)' pytest -q -n "$jobs" --dist worksteal tests
stage checks "$logs/checks.log" '^[0-9]+ passed' '[0-9]+ failed' tools/lint.sh

printf '\n'
printf '%s\n' "${stages[@]}"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
