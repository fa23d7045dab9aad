# What people and CI run. Everything real is in tools/, CMakePresets.json and pyproject.toml.
.DEFAULT_GOAL := help
.PHONY: help demo test setup build lint format generate asan tsan bench bench-micro wheel wheels worker clean

help:            ## This list
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: setup      ## All set-up, then NATS deployed, used and removed by real `noetl run` commands
	@NOETL_NATS_TESTS=OFF tools/build.sh server,noetl
	@tools/demo.sh

test: setup      ## All set-up, then every test and check
	@tools/test.sh

setup:           ## System packages (apt) and Python packages (.venv), once
	@tools/setup.sh

build: setup     ## Compile, and install the wheel into .venv
	@tools/build.sh

lint: setup      ## Formats, types, layers, drift of generated files
	@tools/lint.sh

format: setup    ## Rewrite sources in the project's format
	@tools/lint.sh format

generate: build  ## Python stubs and the reference, from the operations
	@.venv/bin/python tools/generate.py

asan: setup      ## C++ tests of the data plane under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/sanitize.sh asan

tsan: setup      ## C++ tests of the data plane under ThreadSanitizer
	@tools/sanitize.sh tsan

bench: setup     ## Side by side with other clients; BENCH="--only '^kv_get' --scale 0.05 --rounds 1" for a part
	@tools/bench.sh $(BENCH)

bench-micro:     ## Google Benchmark of what a message passes through; BENCH="--benchmark_filter=decode" for a part
	@tools/setup.sh bench
	@tools/bench_micro.sh $(BENCH)

wheel: setup     ## A wheel in dist/
	@.venv/bin/python -m pip wheel -q --no-deps --no-build-isolation -w dist .

wheels: setup    ## Wheels for CPython 3.9 to 3.13 in dist/, for those that are installed
	@tools/wheels.sh

worker: setup    ## A wheel for Python 3.12, and the tests of NoETL 4's Python worker with it
	@tools/wheels.sh 3.12
	@tools/test_worker.sh dist/noetl_nats-*-cp312-*.whl

clean:           ## Remove what builds and tests made (.venv stays)
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
