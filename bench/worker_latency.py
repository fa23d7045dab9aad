"""How long the event loop of NoETL's Python worker is kept waiting while 200 tasks run NATS steps, and how many steps that is.

    .venv-worker/bin/python bench/worker_latency.py [--tasks 200] [--steps 20] [--save bench/results/worker-latency.json]

Every step goes through the worker's real dispatch function. Rows: our tool, the worker's own (NOETL_NATS_HOOK=0), a tool that
does nothing (what the dispatch itself costs), and a loop without any task (what the machine's other work costs).
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))
os.environ.setdefault("LOG_LEVEL", "WARNING")

import noetl_nats as nn  # noqa: E402
from nats_server import running  # noqa: E402

Step = dict[str, Any]


class Gaps:
    """The longest times between two turns of a task that asks for one every millisecond."""

    def __init__(self) -> None:
        self.times: list[float] = []

    async def measure(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            self.times.append((now - last) * 1e3 - 1)
            last = now

    def result(self) -> dict[str, float]:
        ordered = sorted(self.times)
        return {
            "longest_ms": round(ordered[-1], 2),
            "p99_ms": round(ordered[int(len(ordered) * 0.99)], 2),
            "median_ms": round(statistics.median(ordered), 2),
        }


async def one_run(worker: Any, step: Step, tasks: int, steps: int) -> dict[str, float]:
    async def task(number: int) -> None:
        await asyncio.sleep(number * 0.001)  # commands come one after the other
        for turn in range(steps):
            await worker._execute_tool("nats", {**step, "key": f"k{number}"}, {}, "step", {"execution_id": f"{turn}"})

    await worker._execute_tool("nats", {**step, "key": "first"}, {}, "step", {})  # imports, connects
    # NoETL's modules are 160 000 objects: a full collection of garbage stops everything for 90 ms, whatever the tool is.
    gc.collect()
    gc.freeze()
    gaps = Gaps()
    measuring = asyncio.create_task(gaps.measure())
    begin = time.perf_counter()
    await asyncio.gather(*(task(number) for number in range(tasks)))
    took = time.perf_counter() - begin
    measuring.cancel()
    return {"steps_per_s": round(tasks * steps / took), **gaps.result()}


async def idle(seconds: float) -> dict[str, float]:
    gaps = Gaps()
    measuring = asyncio.create_task(gaps.measure())
    await asyncio.sleep(seconds)
    measuring.cancel()
    return {"steps_per_s": 0, **gaps.result()}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tasks", type=int, default=200)
    arguments.add_argument("--steps", type=int, default=20)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--save", type=Path)
    given = arguments.parse_args()

    import noetl.tools.nats as tool
    from noetl.worker.nats_worker import Worker

    worker = Worker("bench", nats_url="nats://127.0.0.1:1", server_url="http://127.0.0.1:1")
    ours = tool.execute_nats_task

    async def nothing(*_: object) -> dict[str, object]:
        await asyncio.sleep(0)
        return {"status": "success"}

    rows: dict[str, list[dict[str, float]]] = {}
    with running() as server:
        nn.run("kv_bucket_apply", {"url": server.url, "bucket": "B"})
        put = {"operation": "kv_put", "nats_url": server.url, "bucket": "B", "value": {"active": True}}
        read = {"operation": "kv_get", "nats_url": server.url, "bucket": "B"}
        for number in range(given.rounds):
            rows.setdefault("no task", []).append(asyncio.run(idle(2)))
            for name, hook, chosen, steps in (
                ("ours, kv_put", "1", ours, given.steps),
                ("ours, kv_get", "1", ours, given.steps),
                ("own tool, kv_get", "0", ours, max(1, given.steps // 10)),
                ("a tool that does nothing", "1", nothing, given.steps),
            ):
                os.environ["NOETL_NATS_HOOK"] = hook
                tool.execute_nats_task = chosen
                step = put if name.endswith("put") else read
                found = asyncio.run(one_run(worker, step, given.tasks, steps))
                print(f"{number + 1}  {name:26} {json.dumps(found)}", file=sys.stderr)
                rows.setdefault(name, []).append(found)
    table: dict[str, dict[str, float]] = {
        name: {key: statistics.median(each[key] for each in found) for key in found[0]} for name, found in rows.items()
    }
    for name, runs in rows.items():
        table[name]["longest_of_all_ms"] = max(each["longest_ms"] for each in runs)
    print(f"medians of {given.rounds} rounds:")
    for name, row in table.items():
        print(
            f"  {name:26} {row['steps_per_s']:6.0f} steps/s   the loop waited at most {row['longest_ms']:6.2f} ms"
            f" (of all rounds {row['longest_of_all_ms']:6.2f}), p99 {row['p99_ms']:5.2f}, median {row['median_ms']:5.2f}"
        )
    if given.save:
        about = {"tasks": given.tasks, "python": platform.python_version(), "cores": os.cpu_count()}
        given.save.write_text(json.dumps({**about, "rounds": given.rounds, "medians": table}, indent=1) + "\n")


if __name__ == "__main__":
    main()
