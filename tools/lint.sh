#!/usr/bin/env bash
# Every check that needs no server. Runs all of them, then says which failed.
#
#   tools/lint.sh          check
#   tools/lint.sh format   rewrite what a formatter can rewrite
set -uo pipefail
cd "$(dirname "$0")/.." || exit
bin=.venv/bin
failed=0
passed=0

check() {  # check NAME COMMAND...
  local name=$1
  shift
  local output
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
    printf '  ok      %s\n' "$name"
  else
    failed=$((failed + 1))
    printf '  FAILED  %s\n%s\n' "$name" "$output"
  fi
}

mapfile -t cpp < <(git ls-files '*.cpp' '*.hpp')
mapfile -t shell < <(git ls-files '*.sh' '.ci/run')
mapfile -t python < <(git ls-files '*.py')

if [ "${1:-}" = format ]; then
  "$bin/clang-format" -i "${cpp[@]}"
  "$bin/ruff" format -q "${python[@]}"
  "$bin/ruff" check -q --fix "${python[@]}"
  exit
fi

check "C++ format" "$bin/clang-format" --dry-run -Werror "${cpp[@]}"
check "Python format" "$bin/ruff" format --check "${python[@]}"
check "Python lint" "$bin/ruff" check "${python[@]}"
check "Python types" "$bin/mypy"
check "shell" shellcheck "${shell[@]}"
check "layers" "$bin/python" tools/check_layers.py
check "generated files" "$bin/python" tools/generate.py --check
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
