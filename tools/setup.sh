#!/usr/bin/env bash
# Gets a checkout ready to build: system packages, then Python packages in .venv. Safe to repeat; quick when nothing is to do.
#
#   tools/setup.sh         everything
#   tools/setup.sh check   only say what is missing (exit 1 when something is)
#   tools/setup.sh bench   everything, and what the micro-benchmarks need
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-}

say() { printf '%s\n' "$*" >&2; }

# What must be there | how to see it | Debian and Ubuntu package | Fedora package | Homebrew formula
needs() {
  cat <<'TABLE'
C++20 compiler|command c++|g++|gcc-c++|gcc
CMake 3.25|cmake_version|cmake|cmake|cmake
Ninja|command ninja|ninja-build|ninja-build|ninja
ccache|command ccache|ccache|ccache|ccache
pkg-config|command pkg-config|pkg-config|pkgconf-pkg-config|pkgconf
nats.c 3.4.1|header nats/nats.h|libnats-dev|-|cnats
yaml-cpp|header yaml-cpp/yaml.h|libyaml-cpp-dev|yaml-cpp-devel|yaml-cpp
nlohmann/json|header nlohmann/json.hpp|nlohmann-json3-dev|json-devel|nlohmann-json
{fmt}|header fmt/format.h|libfmt-dev|fmt-devel|fmt
tl::expected|header tl/expected.hpp|libexpected-dev|expected-devel|tl-expected
CLI11|header CLI/CLI.hpp|libcli11-dev|cli11-devel|cli11
Boost.Beast|header boost/beast/version.hpp|libboost-dev|boost-devel|boost
Boost.Context|library boost_context|libboost-context-dev|boost-devel|boost
OpenSSL|header openssl/ssl.h|libssl-dev|openssl-devel|openssl@3
GoogleTest|header gtest/gtest.h|libgtest-dev|gtest-devel|googletest
GoogleMock|header gmock/gmock.h|libgmock-dev|gmock-devel|googletest
Python 3.9|python_version|python3|python3|python
Python headers|python_headers|python3-dev|python3-devel|python
Python venv|python_venv|python3-venv|python3|python
shellcheck|command shellcheck|shellcheck|ShellCheck|shellcheck
TABLE
  [ "$mode" != bench ] || echo 'Google Benchmark|header benchmark/benchmark.h|libbenchmark-dev|google-benchmark-devel|google-benchmark'
}

PYTHON=${PYTHON:-python3}

have() {
  case $1 in
    command) command -v "$2" >/dev/null ;;
    header) command -v c++ >/dev/null &&
      printf '#if !__has_include(<%s>)\n#error\n#endif\n' "$2" | c++ -std=c++20 -x c++ -E - >/dev/null 2>&1 ;;
    library) command -v c++ >/dev/null && echo 'int main() {}' | c++ -x c++ - "-l$2" -o /dev/null 2>/dev/null ;;
    cmake_version) command -v cmake >/dev/null &&
      [ "$(printf '3.25\n%s\n' "$(cmake --version | sed -n '1s/.* //p')" | sort -V | head -n 1)" = 3.25 ] ;;
    python_version) "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null ;;
    python_headers) "$PYTHON" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' 2>/dev/null ;;
    python_venv) "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ;;
    *) say "tools/setup.sh: unknown check $1"; exit 2 ;;
  esac
}

# One line per missing thing: name|debian|fedora|homebrew
missing() {
  local name check debian fedora brew
  while IFS='|' read -r name check debian fedora brew; do
    # shellcheck disable=SC2086  # a check is a word or two
    have $check || printf '%s|%s|%s|%s\n' "$name" "$debian" "$fedora" "$brew"
  done < <(needs)
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_with_apt() {
  say "Installing with apt: $*"
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update -q >/dev/null
  as_root apt-get install -y -q --no-install-recommends "$@" >/dev/null
}

explain() {  # the lines of `missing`: what to install where we do not do it
  say "These are missing:"
  cut -d'|' -f1 <<<"$1" | sed 's/^/  /' >&2
  if command -v apt-get >/dev/null; then
    say "Install them as root: apt-get install $(cut -d'|' -f2 <<<"$1" | sort -u | tr '\n' ' ')"
  elif command -v dnf >/dev/null; then
    say "Install them: dnf install $(cut -d'|' -f3 <<<"$1" | grep -v '^-$' | sort -u | tr '\n' ' ')"
  elif command -v brew >/dev/null; then
    say "Install them: brew install $(cut -d'|' -f4 <<<"$1" | sort -u | tr '\n' ' ')"
  else
    say "Their Debian packages are: $(cut -d'|' -f2 <<<"$1" | sort -u | tr '\n' ' ')"
  fi
  say "tools/setup.sh does this by itself on Debian 12 and newer, as root or with sudo."
}

system_packages() {
  local lines
  lines=$(missing)
  [ -n "$lines" ] || return 0
  if [ "$mode" = check ] || ! command -v apt-get >/dev/null || { [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; }; then
    explain "$lines"
    return 1
  fi
  local -a packages
  mapfile -t packages < <(cut -d'|' -f2 <<<"$lines" | sort -u)
  install_with_apt "${packages[@]}"
  lines=$(missing)
  [ -z "$lines" ] || { say "After the installation:"; explain "$lines"; return 1; }
}

# Python packages, again only when what they come from has changed.
python_packages() {
  local stamp wanted
  stamp=.venv/.noetl-nats-setup
  wanted=$(cat pyproject.toml tools/setup.sh | cksum)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return 0; fi
  say "Installing Python packages into .venv (groups build and lint of pyproject.toml)"
  [ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
  .venv/bin/python -m pip install -q --disable-pip-version-check --upgrade 'pip>=25.1'
  .venv/bin/python -m pip install -q --disable-pip-version-check --group build --group lint
  printf '%s' "$wanted" >"$stamp"
}

system_packages
[ "$mode" = check ] || python_packages
