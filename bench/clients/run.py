"""Side by side: noetl_nats, the other ways to reach NATS from Python and a shell, and what the machine allows.

The peers run in turn (A B C, B C A, ...) and medians are shown: only ratios from one run are worth quoting. See README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import chart
import goals
import report
from fixtures import Fixtures
from limits import Limits, import_costs
from measure import Bench
from native import build
from runners import NativeClient, PythonClient, Runner, nats_cli, noetl_cli, noetl_run, plain_commands, python_clients
from server import BenchServer
from workloads import Workload, all_workloads

ROOT = Path(__file__).resolve().parents[2]
PART = ROOT / "build/bench"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full sizes: 0.05 is a smoke run")
    parser.add_argument("--only", default="", help="regular expression over the names of workloads")
    parser.add_argument("--peers", default="", help="regular expression over the names of peers")
    parser.add_argument("--no-limits", action="store_true", help="leave out what the machine and the server allow")
    parser.add_argument("--pin", action="store_true", help="server on CPU 0, clients on CPU 1")
    parser.add_argument("--max-load", type=float, default=0, help="wait up to 60 s before a workload for a lower load")
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="LABEL=PATH",
        help="nats-py and noetl_nats under one more interpreter",
    )
    parser.add_argument("--server", help="nats-server (default: the one of the tests)")
    parser.add_argument("--nats", default=os.environ.get("NATS_CLI") or shutil.which("nats"), help="the nats command")
    parser.add_argument("--noetl-cli", default=shutil.which("noetl-nats"), help="the command line under test")
    parser.add_argument("--build", type=Path, default=PART / "native", help="folder of the native programs")
    parser.add_argument("--store", type=Path, help="folder for the server's files (default: the temporary folder)")
    parser.add_argument(
        "--json", type=Path, help="where the results go (default: bench/results, build/bench for a part)"
    )
    parser.add_argument("--svg", type=Path, help="where the chart goes (likewise)")
    parser.add_argument("--show", type=Path, nargs="+", help="print the tables of earlier results, and stop")
    given = parser.parse_args()
    # A run of a part, or of small sizes, must not take the place of a whole one.
    whole = given.scale == 1 and not given.only and not given.peers
    given.json = given.json or (
        ROOT / f"bench/results/{time.strftime('%Y-%m-%d')}.json" if whole else PART / "part.json"
    )
    given.svg = given.svg or (ROOT / "bench/results/latest.svg" if whole else PART / "part.svg")
    return given


def start(runners: Sequence[Runner], pattern: str) -> list[Runner]:
    """Those that are wanted and work here. What is left out, and why, is one line each."""
    ready: list[Runner] = []
    for runner in runners:
        if not re.search(pattern, runner.name):
            continue
        if isinstance(runner, PythonClient):
            if not runner.start():
                print(f"left out: {runner.name}: {runner.why}")
                continue
            if runner.missing:
                print(f"{runner.name} has no {', '.join(runner.missing)}: left out of those workloads")
        ready.append(runner)
    return ready


def all_runners(
    options: argparse.Namespace, server: BenchServer, native: dict[str, Path], pin: list[str]
) -> list[Runner]:
    python, url = sys.executable, server.url
    others = dict(each.split("=", 1) for each in options.python)
    every: list[Runner] = [*python_clients(python, url, pin, others)]
    every.append(NativeClient("raw", native["wire"], pin, url, server.port))
    if "c_client" in native:
        every.append(NativeClient("c-client", native["c_client"], pin, url))
    if options.nats:
        every += nats_cli(options.nats, url, pin)
    else:
        print("left out: natscli and nats bench: no nats command (--nats)")
    every += plain_commands(python, url)
    if options.noetl_cli:
        every.append(noetl_cli(options.noetl_cli, url, pin))
    else:
        print("left out: noetl-nats cli: not on PATH (--noetl-cli)")
    if subprocess.run([python, "-c", "import noetl_nats"], capture_output=True, check=False).returncode == 0:
        every.append(noetl_run(python, url))
    return every


def wait_for_quiet(limit: float) -> None:
    until = time.monotonic() + 60
    while limit and os.getloadavg()[0] > limit and time.monotonic() < until:
        time.sleep(2)


def run(
    options: argparse.Namespace, bench: Bench, runners: Sequence[Runner], workloads: Sequence[Workload]
) -> report.Results:
    results: report.Results = {}
    begin = time.monotonic()
    for workload in workloads:
        wait_for_quiet(options.max_load)
        able = [runner for runner in runners if runner.can(workload)]
        rows = results.setdefault(workload.id, {runner.name: [] for runner in able})
        for turn in range(min(options.rounds, workload.rounds or options.rounds)):
            first = turn % len(able) if able else 0
            for runner in able[first:] + able[:first]:
                if rows[runner.name] and rows[runner.name][-1].get("error"):
                    continue  # failed before: shown as that
                try:
                    rows[runner.name].append(bench.measure(workload, runner))
                except Exception as error:  # of the harness or a fixture: shown, never hidden
                    rows[runner.name].append({"error": f"harness: {type(error).__name__}: {error}"})
        medians = {
            name: report.number(report.median(report.shown(workload, each) for each in report.good(each_round)))
            if report.good(each_round)
            else "failed"
            for name, each_round in rows.items()
        }
        texts = "  ".join(f"{name} {value}" for name, value in medians.items())
        print(f"{time.monotonic() - begin:6.0f}s {workload.id} [{workload.unit}] {texts}", flush=True)
    return results


def write(
    options: argparse.Namespace, environment: dict[str, Any], found: dict[str, Any], tables: dict[str, str]
) -> None:
    print(*(text for text in tables.values() if text), sep="\n\n")
    finished = time.strftime("%Y-%m-%d %H:%M:%S")
    document = {"environment": {**environment, "finished": finished}, **found, "tables": tables}
    for path, text in (
        (options.json, json.dumps(document, indent=1) + "\n"),
        (options.svg, chart.draw(found["speeds"], environment)),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(f"written: {path}")


def side_by_side(options: argparse.Namespace) -> None:
    native = build(options.build)
    if "wire" not in native:
        sys.exit("the raw client was not built; it makes the fixtures, so nothing can run")
    pin = ["taskset", "-c", "1"] if options.pin else []
    server = BenchServer(0 if options.pin else None)
    folder = Path(tempfile.mkdtemp(prefix="noetl-nats-bench-"))
    runners: list[Runner] = []
    echo = None
    try:
        fixtures = Fixtures(server, native["wire"], folder)
        echo = subprocess.Popen(
            [*pin, str(native["wire"]), "serve", f"port={server.port}", "subject=bench.echo"], stdout=subprocess.PIPE
        )
        assert echo.stdout is not None
        echo.stdout.readline()  # it serves
        runners = start(all_runners(options, server, native, pin), options.peers)
        environment = {
            "server": server.version,
            "python": platform.python_version(),
            "cpus": os.cpu_count(),
            "kernel": platform.release(),
            "pinned": options.pin,
            "scale": options.scale,
            "rounds": options.rounds,
            "load at start": os.getloadavg()[0],
            "started": time.strftime("%Y-%m-%d %H:%M:%S"),
            "versions": {runner.name: runner.version for runner in runners if runner.version},
        }
        print(json.dumps(environment), flush=True)
        workloads = [each for each in all_workloads(options.scale) if re.search(options.only, each.id)]
        results = run(options, Bench(server, fixtures, native["wire"], pin), runners, workloads)
        limits = Limits(fixtures, native["wire"], server.port, [options.nats, "-s", server.url] if options.nats else [])
        for _ in range(0 if options.no_limits else options.rounds):
            limits.one_round()
        imports = import_costs([each for each in runners if isinstance(each, PythonClient)], options.rounds)
    finally:
        for runner in runners:
            runner.stop()
        if echo is not None:
            echo.kill()
            echo.communicate()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    growth = report.growth(workloads, results)
    speeds = report.speeds(workloads, results)
    verdicts = goals.judge(speeds, report.numbers(results, imports, growth), report.loads(results))
    found = {"results": results, "speeds": speeds, "limits": limits.samples, "imports": imports}
    tables = {
        "results": report.table(workloads, results),
        "growth": report.growth_table(growth),
        "limits": report.limits_table(limits.samples),
        "imports": report.imports_table(imports),
        "goals": report.goals_table(verdicts),
    }
    write(options, environment, found, tables)


def main() -> None:
    options = arguments()
    if options.show:
        for path in options.show:
            tables = json.loads(path.read_text())["tables"]
            print(f"## {path}\n", *tables.values(), sep="\n\n")
        return
    if options.server:
        os.environ["NOETL_NATS_TEST_SERVER"] = options.server
    if options.store:
        tempfile.tempdir = str(options.store)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server is stopped
    side_by_side(options)


if __name__ == "__main__":
    main()
