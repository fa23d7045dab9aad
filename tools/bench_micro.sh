#!/usr/bin/env bash
# Micro-benchmarks (bench/micro) from the release tree.
#
#   tools/bench_micro.sh [options of Google Benchmark]      for example --benchmark_filter=decode
set -euo pipefail
cd "$(dirname "$0")/.."
tree=build/release
cmake --preset release -DNOETL_NATS_BENCH=ON >/dev/null
cmake --build "$tree" -j "${JOBS:-$(getconf _NPROCESSORS_ONLN)}" --target micro_bench >&2
exec "$tree/bench/micro/micro_bench" "$@"
