"""One measurement: fixture, clock, check; and what it cost the server and the machine."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from fixtures import Fixtures
from runners import Runner
from server import BenchServer
from workloads import Params, Result, Workload


class Bench:
    """What a measurement needs to know about its run."""

    def __init__(self, server: BenchServer, fixtures: Fixtures, wire: Path, pin: Sequence[str]) -> None:
        self.server, self.fixtures = server, fixtures
        self._wire, self._pin = wire, list(pin)

    def measure(self, workload: Workload, runner: Runner) -> Result:
        params = {**workload.params, **workload.setup(self.fixtures)}
        time.sleep(0.02)  # let the server finish what the fixture has left it
        server_before, busy_before, begin = self.server.cpu(), _busy(), time.perf_counter()
        if workload.op == "proc":
            result = time_process([*self._pin, *runner.step(params["step"])], params["n"])
        else:
            result = self._run(workload, runner, params)
        wall = time.perf_counter() - begin
        if result.get("error"):
            return result
        server_cpu = self.server.cpu() - server_before
        result["server_cpu"] = round(server_cpu, 3)
        if workload.op != "proc" and wall > 0.2:  # cores that something else has used meanwhile
            others = (_busy() - busy_before - server_cpu - result.get("cpu", 0)) / wall
            result["others"] = round(max(0.0, others), 2)
        if workload.check:
            result["bad"] = result.get("bad", 0) + workload.check(self.fixtures, params, result)
        result["load"] = os.getloadavg()[0]
        result["rate"] = result["n"] / result["s"]
        return result

    def _run(self, workload: Workload, runner: Runner, params: Params) -> Result:
        writers: list[subprocess.Popen[bytes]] = []

        def write_updates() -> None:
            about = [f"bucket={params['bucket']}", f"n={params['n']}", f"keys={params['n']}", "window=1024"]
            command = [*self._pin, str(self._wire), "kv_put", f"port={self.server.port}", *about]
            writers.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))

        try:
            return runner.run(workload, params, write_updates)
        finally:
            for writer in writers:
                writer.wait()


def time_process(command: Sequence[str], count: int) -> Result:
    """Spawn, work and exit, ``count`` times; the median counts."""
    times, failures = [], 0
    before = os.times()
    for _ in range(count):
        begin = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        times.append(time.perf_counter() - begin)
        failures += done.returncode != 0
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    median = statistics.median(times)
    return {"s": median * count, "n": count, "bad": failures, "cpu": used, "p50_us": median * 1e6}


def _busy() -> float:
    """CPU seconds that the machine has worked so far."""
    ticks = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
