"""What is measured. Each workload is one operation with its parameters, its fixture and its check."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fixtures import MB, Fixtures

Params = dict[str, Any]
Result = dict[str, Any]
Setup = Callable[[Fixtures], Params]
Check = Callable[[Fixtures, Params, Result], int]

BATCH = 1000  # of atomic batches and of fetches


@dataclass(frozen=True)
class Workload:
    id: str
    group: str
    op: str
    params: Params
    setup: Setup  # before every run; gives more parameters
    check: Check | None = None  # after every run; gives the number of faults
    unit: str = "/s"  # what the table shows
    fresh: bool = False  # a new process for each run (peak memory)
    rounds: int | None = None  # at most
    growth: tuple[str, int] | None = None  # family and size

    @property
    def mode(self) -> str:
        """How a bulk publish is to be done: "" (each message acknowledged), atomic, fast."""
        return str(self.params.get("mode", ""))


def all_workloads(scale: float = 1.0) -> list[Workload]:
    def size(count: int) -> int:
        return max(10, int(count * scale))

    return [
        *_processes(size(10)),
        *_one_by_one(size(1000)),
        *_bulk(size(20000)),
        *_fetches(size(20000)),
        *_key_value(size),
        *_objects(max(1, int(64 * scale))),
        Workload(
            "kv_get x100 tasks / 16 threads",
            "concurrent",
            "kv_get",
            {"n": size(5000), "bucket": "bench", "tasks": 100, "threads": 16},
            _with_bucket,
        ),
        *_growth(size),
    ]


def _with_bucket(fixtures: Fixtures) -> Params:
    fixtures.kv()
    return {}


def _processes(count: int) -> list[Workload]:
    def setup(fixtures: Fixtures) -> Params:
        fixtures.kv()
        if fixtures.once("P"):
            fixtures.raw.stream("P", ["p.>"], max_msgs=10000)
        return {}

    steps = ("kv_get", "kv_put", "publish")
    return [
        Workload(f"proc {step}", "process", "proc", {"step": step, "n": count}, setup, unit="ms/step") for step in steps
    ]


def _one_by_one(count: int) -> list[Workload]:
    def put(fixtures: Fixtures) -> Params:
        fixtures.raw.bucket("put")
        return {}

    def publish(fixtures: Fixtures) -> Params:
        fixtures.raw.stream("S", ["s.>"])
        return {"subject": "s.a"}

    def published(fixtures: Fixtures, params: Params, _: Result) -> int:
        return int(fixtures.raw.messages("S") < params["n"])

    def echo(_: Fixtures) -> Params:
        return {"subject": "bench.echo"}

    return [
        Workload("kv_get", "one by one", "kv_get", {"n": count, "bucket": "bench"}, _with_bucket),
        Workload("kv_put", "one by one", "kv_put", {"n": count, "bucket": "put"}, put),
        Workload("js_publish", "one by one", "js_publish", {"n": count, "size": 100}, publish, published),
        Workload("request", "one by one", "request", {"n": count, "size": 100}, echo),
    ]


def _into(storage: str, **extra: Any) -> Setup:
    def setup(fixtures: Fixtures) -> Params:
        fixtures.raw.stream("B", ["b.>"], storage, **extra)
        return {"subject": "b.a"}

    return setup


def _all_stored(fixtures: Fixtures, params: Params, _: Result) -> int:
    lost = abs(int(params["n"]) - fixtures.raw.messages("B"))
    fixtures.raw.delete("B")
    return lost


def _bulk(count: int) -> list[Workload]:
    every = [
        Workload(
            f"publish_many {label} {storage}",
            "bulk publish",
            "js_publish_many",
            {"n": count, "size": size},
            _into(storage),
            _all_stored,
        )
        for storage in ("memory", "file")
        for size, label in ((100, "100B"), (1024, "1KB"), (16384, "16KB"))
    ]
    # Clients without such a mode publish as above, into the same stream: that is what a program does without it.
    whole = -(-count // BATCH) * BATCH
    for mode, allow in (("atomic", "allow_atomic"), ("fast", "allow_batched")):
        params = {"n": whole, "size": 100, "mode": mode, "batch": BATCH}
        setup = _into("file", **{allow: True})
        every.append(
            Workload(f"publish_many {mode} 100B file", "bulk publish", "js_publish_many", params, setup, _all_stored)
        )
    return every


def _filled(count: int, size: int, storage: str) -> Setup:
    def setup(fixtures: Fixtures) -> Params:
        stream = fixtures.filled(count, size, storage)
        fixtures.raw.pull_consumer(stream, "c")
        return {"stream": stream, "consumer": "c"}

    return setup


def _all_acknowledged(fixtures: Fixtures, params: Params, _: Result) -> int:
    until = time.monotonic() + 3  # the server books acknowledgements a little after it has read them
    while True:
        info = fixtures.raw.must(f"CONSUMER.INFO.{params['stream']}.c")
        floor = abs(info["ack_floor"]["stream_seq"] - params["n"])
        bad = int(info["num_ack_pending"] + info["num_redelivered"] + info["num_pending"] + floor)
        if not bad or time.monotonic() > until:
            return bad
        time.sleep(0.02)


def _fetches(count: int) -> list[Workload]:
    return [
        Workload(
            f"fetch+ack {label} {storage}",
            "fetch",
            "js_fetch",
            {"n": count, "batch": BATCH},
            _filled(count, size, storage),
            _all_acknowledged,
        )
        for storage, size, label in (("memory", 100, "100B"), ("file", 100, "100B"), ("file", 1024, "1KB"))
    ]


def _keys(count: int) -> Setup:
    return lambda fixtures: {"bucket": fixtures.kv_big(count)}


def _key_value(size: Callable[[int], int]) -> list[Workload]:
    def history(fixtures: Fixtures) -> Params:
        fixtures.kv_history()
        return {}

    def watch(fixtures: Fixtures) -> Params:
        fixtures.raw.bucket("watch")
        return {}

    many = {"n": size(5000), "keys": 5000, "bucket": "bench"}
    versions = {"n": size(50), "bucket": "hist", "key": "k.000000", "expect": 64}
    keys = size(50000)
    return [
        Workload("kv_get_many 5k", "key-value", "kv_get_many", many, _with_bucket),
        Workload("kv_keys 50k", "key-value", "kv_keys", {"n": keys, "expect": keys}, _keys(keys)),
        Workload("kv_history 64", "key-value", "kv_history", versions, history),
        Workload("kv_watch 10k", "key-value", "kv_watch", {"n": size(10000), "bucket": "watch"}, watch),
    ]


def _objects(megabytes: int) -> list[Workload]:
    name = {"name": "object", "name64": base64.urlsafe_b64encode(b"object").decode(), "size": megabytes * MB}

    def put(fixtures: Fixtures) -> Params:
        path, sha = fixtures.file(megabytes)
        fixtures.raw.objects("objs")
        return {**name, "sha256": sha, "bucket": "objs", "file": path}

    def get(fixtures: Fixtures) -> Params:
        path, sha = fixtures.file(megabytes)
        if fixtures.once("objsget"):
            fixtures.raw.objects("objsget")
            fixtures.wire("object_put", bucket="objsget", name="object", name64=name["name64"], file=path)
        return {**name, "sha256": sha, "bucket": "objsget", "file": path + ".out"}

    def read_back(fixtures: Fixtures, params: Params, _: Result) -> int:  # the raw client verifies the digest
        back = fixtures.wire("object_get", bucket="objs", name64=params["name64"], file=params["file"] + ".back")
        fixtures.raw.delete("OBJ_objs")
        return int(back["bad"]) + int(back["n"] != params["size"])

    count = {"n": megabytes * MB}
    return [
        Workload("object_put 64MB", "objects", "object_put", count, put, read_back, unit="MB/s", fresh=True),
        Workload("object_get 64MB", "objects", "object_get", count, get, unit="MB/s", fresh=True),
    ]


def _growth(size: Callable[[int], int]) -> list[Workload]:
    every: list[Workload] = []

    def add(family: str, op: str, params: Params, setup: Setup, check: Check | None = None) -> None:
        n = params["n"]
        every.append(Workload(f"growth {family} {n}", "growth", op, params, setup, check, rounds=3, growth=(family, n)))

    for factor in (1, 10, 100):
        n = size(1000 * factor)
        add("publish_many", "js_publish_many", {"n": n, "size": 100}, _into("file"), _all_stored)
        add("fetch+ack", "js_fetch", {"n": n, "batch": BATCH}, _filled(n, 100, "file"), _all_acknowledged)
        add("kv_keys", "kv_keys", {"n": n, "expect": n}, _keys(n))
    return every
