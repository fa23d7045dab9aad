"""Runs one Python client: one JSON command a line on stdin, one JSON answer a line on stdout.

A module of peers/ has

    NAME                the distribution that it measures, for the version
    SYNC                True when its calls are plain functions
    class Peer          connect(url), close(), and any of the calls below
    missing() -> list   optional: calls of Peer that this version of the client cannot serve yet

Only the calls themselves are timed: connecting and making payloads are not. This file needs nothing but the standard
library and the client, so that it runs under every interpreter from Python 3.11 on.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import importlib
import importlib.metadata
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Params = dict[str, Any]
Result = dict[str, Any]
SINGLE = ("kv_get", "kv_put", "js_publish", "request")
clock = time.perf_counter


def memory_kb(name: str) -> int:
    """VmRSS (now) or VmHWM (the peak; ru_maxrss would include the parent's)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise LookupError(name)


def say(document: Params) -> None:
    print(json.dumps(document), flush=True)


class Timer:
    """Wall and CPU time of a block."""

    def __enter__(self) -> Timer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        gc.collect()
        self._memory = memory_kb("VmRSS")
        self._cpu, self._wall = time.process_time(), clock()

    def stop(self) -> None:
        self.seconds, self.cpu = clock() - self._wall, time.process_time() - self._cpu
        self.added_kb = memory_kb("VmHWM") - self._memory

    def result(self, n: int, bad: int = 0, latencies: list[float] | None = None, memory: bool = False) -> Result:
        found: Result = {"s": self.seconds, "cpu": self.cpu, "n": n, "bad": bad}
        if memory:
            found["added_kb"] = self.added_kb
        if latencies:
            latencies.sort()
            found["p50_us"] = latencies[len(latencies) // 2] * 1e6
            found["p99_us"] = latencies[int(len(latencies) * 0.99)] * 1e6
        return found


def key(number: int, keys: int) -> str:
    return f"k.{number % keys:06d}"


def single(params: Params, peer: Any) -> tuple[Callable[[int], Any], Callable[[Any], bool]]:
    """The call of one step, as a function of its number; and whether its answer is right."""
    op, bucket, subject = params["op"], params.get("bucket"), params.get("subject")
    data, keys = b"x" * params.get("size", 100), params.get("keys", 1000)
    calls: dict[str, tuple[Callable[[int], Any], Callable[[Any], bool]]] = {
        "kv_get": (lambda i: peer.kv_get(bucket, key(i, keys)), lambda r: r == data),
        "kv_put": (lambda i: peer.kv_put(bucket, key(i, keys), data), lambda r: r is None or r > 0),
        "js_publish": (lambda i: peer.js_publish(subject, data), lambda r: r > 0),
        "request": (lambda i: peer.request(subject, data), lambda r: r == data),
    }
    return calls[op]


# Bulk calls: a coroutine each; clients with plain functions go through Awaitable --------------------------------------


async def publish_many(peer: Any, params: Params) -> Result:
    n, mode = params["n"], params.get("mode")
    data = [b"x" * params["size"]] * n
    special = getattr(peer, "js_publish_mode", None) if mode else None
    with Timer() as timer:
        if special:
            seqs = await special(params["subject"], data, mode, params["batch"])
        else:
            seqs = await peer.js_publish_many(params["subject"], data)
    return timer.result(n, n - len(set(seqs)))


async def fetch(peer: Any, params: Params) -> Result:
    n = params["n"]
    with Timer() as timer:
        seqs = await peer.js_fetch(params["stream"], params["consumer"], n, params["batch"])
    return timer.result(len(seqs), abs(len(seqs) - n) + (len(seqs) - len(set(seqs))))  # lost, doubled


async def kv_get_many(peer: Any, params: Params) -> Result:
    n = params["n"]
    names, data = [key(i, params["keys"]) for i in range(n)], b"x" * params.get("size", 100)
    with Timer() as timer:
        values = await peer.kv_get_many(params["bucket"], names)
    return timer.result(n, n - sum(value == data for value in values))


async def kv_keys(peer: Any, params: Params) -> Result:
    with Timer() as timer:
        found = await peer.kv_keys(params["bucket"])
    return timer.result(len(found), abs(len(set(found)) - params["expect"]))


async def kv_history(peer: Any, params: Params) -> Result:
    bad = 0
    with Timer() as timer:
        for _ in range(params["n"]):
            bad += await peer.kv_history(params["bucket"], params["key"]) != params["expect"]
    return timer.result(params["n"], bad)


async def kv_watch(peer: Any, params: Params) -> Result:
    timer = Timer()

    def ready() -> None:
        timer.start()
        say({"ready": 1})

    got = await peer.kv_watch(params["bucket"], params["n"], ready)
    timer.stop()
    return timer.result(got, abs(got - params["n"]))


async def object_put(peer: Any, params: Params) -> Result:
    with Timer() as timer:
        await peer.object_put(params["bucket"], params["name"], params["file"])
    return timer.result(params["size"], memory=True)


async def object_get(peer: Any, params: Params) -> Result:
    with Timer() as timer:
        await peer.object_get(params["bucket"], params["name"], params["file"])
    same = hashlib.sha256(Path(params["file"]).read_bytes()).hexdigest() == params["sha256"]
    return timer.result(params["size"], not same, memory=True)


async def one_by_one(peer: Any, params: Params) -> Result:
    call, right = single(params, peer)
    await call(0)  # what is done once (open the bucket) is not timed
    latencies, bad = [], 0
    with Timer() as timer:
        for number in range(params["n"]):
            begin = clock()
            answer = await call(number)
            latencies.append(clock() - begin)
            bad += not right(answer)
    return timer.result(params["n"], bad, latencies)


async def by_tasks(peer: Any, params: Params) -> Result:
    call, right = single(params, peer)
    await call(0)
    n, tasks = params["n"], params["tasks"]

    async def one(first: int) -> int:
        bad = 0
        for number in range(first, n, tasks):
            bad += not right(await call(number))
        return bad

    with Timer() as timer:
        bad = sum(await asyncio.gather(*(one(task) for task in range(tasks))))
    return timer.result(n, bad)


BULK = {
    "js_publish_many": publish_many,
    "js_fetch": fetch,
    "kv_get_many": kv_get_many,
    "kv_keys": kv_keys,
    "kv_history": kv_history,
    "kv_watch": kv_watch,
    "object_put": object_put,
    "object_get": object_get,
}


async def run_async(peer: Any, params: Params) -> Result:
    if params["op"] in SINGLE:
        return await (by_tasks if params.get("tasks") else one_by_one)(peer, params)
    return await BULK[params["op"]](peer, params)


# Clients with plain functions -----------------------------------------------------------------------------------------


class Awaitable:
    """Lets a client with plain functions go through the same code as the others; costs no task switch."""

    def __init__(self, peer: Any) -> None:
        self._peer = peer

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._peer, name)

        async def call(*arguments: Any) -> Any:
            return function(*arguments)

        return call


def plain_one_by_one(peer: Any, params: Params) -> Result:
    """Without any coroutine around the calls."""
    call, right = single(params, peer)
    call(0)
    latencies, bad = [], 0
    with Timer() as timer:
        for number in range(params["n"]):
            begin = clock()
            answer = call(number)
            latencies.append(clock() - begin)
            bad += not right(answer)
    return timer.result(params["n"], bad, latencies)


def by_threads(peer: Any, params: Params) -> Result:
    call, right = single(params, peer)
    call(0)
    n, threads = params["n"], params["threads"]
    wrong = [0] * threads

    def one(first: int) -> None:
        for number in range(first, n, threads):
            wrong[first] += not right(call(number))

    every = [threading.Thread(target=one, args=(first,)) for first in range(threads)]
    with Timer() as timer:
        for each in every:
            each.start()
        for each in every:
            each.join()
    return timer.result(n, sum(wrong))


def run_plain(peer: Any, params: Params) -> Result:
    if params["op"] in SINGLE:
        return (by_threads if params.get("tasks") else plain_one_by_one)(peer, params)
    return asyncio.run(run_async(Awaitable(peer), params))


def run(module: Any, url: str, params: Params, uvloop: Any) -> Result:
    async def connected() -> Result:
        peer = module.Peer()
        await peer.connect(url)
        try:
            return await run_async(peer, params)
        finally:
            await peer.close()

    if not module.SYNC:
        found: Result = uvloop.run(connected()) if uvloop else asyncio.run(connected())
        return found
    peer = module.Peer()
    peer.connect(url)
    try:
        return run_plain(peer, params)
    finally:
        peer.close()


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parent / "peers"))
    name, url = sys.argv[1:3]
    uvloop = importlib.import_module("uvloop") if "--uvloop" in sys.argv else None
    module = importlib.import_module(name)
    try:
        version = importlib.metadata.version(module.NAME)
    except importlib.metadata.PackageNotFoundError:
        version = "?"
    missing = module.missing() if hasattr(module, "missing") else []
    ops = [each for each in dir(module.Peer) if not each.startswith("_") and each not in missing]
    say({"version": version, "ops": ops, "missing": missing})
    for line in sys.stdin:
        try:
            answer = run(module, url, json.loads(line), uvloop)
        except Exception as error:  # this client's result; the run goes on
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        say(answer)


if __name__ == "__main__":
    main()
