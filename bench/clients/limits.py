"""What the machine and the server allow, whatever the client; and what it costs to import each client."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fixtures import Fixtures
from measure import time_process
from runners import PythonClient

Samples = dict[str, list[float]]
KEYS = 50000
MESSAGES = 20000


class Limits:
    def __init__(self, fixtures: Fixtures, wire: Path, port: int, nats: Sequence[str]) -> None:
        self.samples: Samples = {}
        self._fixtures, self._wire, self._port, self._nats = fixtures, str(wire), port, list(nats)

    def one_round(self) -> None:
        self._network()
        for storage in ("memory", "file"):
            self._publish(storage)
        self._fixtures.raw.delete("B")
        self._key_value()
        self._fetch()
        self._processes()

    def _add(self, name: str, value: float) -> None:
        self.samples.setdefault(name, []).append(value)

    def _raw(self, name: str, op: str, **params: Any) -> None:
        result = self._fixtures.wire(op, **params)
        self._add(name, result["p50_us"] if name.endswith(" us") else result["n"] / result["s"])

    def _nats_bench(self, name: str, *arguments: str) -> None:
        if not self._nats:
            return
        command = [*self._nats, "bench", *arguments, "--size=100", "--no-progress"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.search(r"stats: ([\d,]+) msgs/sec", done.stdout)
        if found:
            self._add(name, float(found[1].replace(",", "")))
        else:
            print(f"limit {name}: {(done.stdout + done.stderr).strip()[-160:]}")

    def _network(self) -> None:
        self._raw("tcp echo 16 B, p50 us", "echo", n=5000, size=16)
        self._raw("server PING/PONG, p50 us", "ping", n=5000)
        self._raw("core publish 100 B /s", "core_pub", n=500000, size=100, subject="none.a")
        self._nats_bench("nats bench core pub 100 B /s", "pub", "none.a", "--msgs=500000")

    def _publish(self, storage: str) -> None:
        raw, into = self._fixtures.raw, ["b.a", "--stream=B", "--msgs=50000"]
        for window in (64, 256, 1024, 4096):
            raw.stream("B", ["b.>"], storage)
            name = f"js publish 100 B {storage}, raw, window {window} /s"
            self._raw(name, "js_publish", subject="b.a", n=50000, window=window, size=100)
        for batch in (100, 500, 2000):
            raw.stream("B", ["b.>"], storage)
            name = f"nats bench js pub async {storage}, batch {batch} /s"
            self._nats_bench(name, "js", "pub", "async", *into, f"--batch={batch}")
        for batch in (100, 1000):
            raw.stream("B", ["b.>"], storage, allow_atomic=True)
            name = f"nats bench js pub atomic {storage}, batch {batch} /s"
            self._nats_bench(name, "js", "pub", "atomic", *into, f"--batch={batch}")
        for batch in (100, 500):
            raw.stream("B", ["b.>"], storage, allow_batched=True)
            name = f"nats bench js pub fast {storage}, batch {batch}, 2 acks out /s"
            self._nats_bench(name, "js", "pub", "fast", *into, f"--batch={batch}", "--max-outstanding-acks=2")

    def _key_value(self) -> None:
        self._fixtures.kv()
        for window in (1, 16, 100, 1024):
            n = 5000 if window == 1 else MESSAGES
            self._raw(f"kv get, raw, window {window} /s", "kv_get", bucket="bench", n=n, keys=5000, window=window)
        for per in (100, 1000):
            name = f"kv get, batched direct get, {per} keys a request /s"
            self._raw(name, "kv_get_multi", bucket="bench", n=MESSAGES, keys=5000, batch=per)
        big = self._fixtures.kv_big(KEYS)
        self._raw("kv keys 50k by consumer /s", "kv_keys", bucket=big)
        self._raw("kv keys 50k by stream info /s", "kv_keys_info", bucket=big)

    def _fetch(self) -> None:
        stream = self._fixtures.filled(MESSAGES, 100, "file")
        pull = {"stream": stream, "consumer": "c", "n": MESSAGES, "batch": 1000}
        for ahead in (1, 2, 4):
            self._fixtures.raw.pull_consumer(stream, "c")
            self._raw(f"fetch 1000 + ack, raw, {ahead} requests ahead /s", "js_fetch", **pull, ahead=ahead)
        self._fixtures.raw.pull_consumer(stream, "c")
        self._raw("fetch 1000, no ack, raw, 2 ahead /s", "js_fetch", **pull, ahead=2, ack=0)

    def _processes(self) -> None:
        static = f"{self._wire}_static"
        for name, command in (
            ("spawn /bin/true, ms", ["/bin/true"]),
            ("static binary, exit at once, ms", [static, "nothing"]),
            ("static binary, connect + PING + exit, ms", [static, "connect_ping", f"port={self._port}"]),
            ("python -c pass, ms", [sys.executable, "-c", "pass"]),
            ("python -I -S -c pass, ms", [sys.executable, "-I", "-S", "-c", "pass"]),
        ):
            self._add(name, time_process(command, 10)["p50_us"] / 1000)


PACKAGES = {  # what a program with each client imports
    "nats_py": "nats",
    "natsio_client": "natsio",
    "natsrpy_client": "natsrpy",
    "nats_core_client": "nats.jetstream",
    "noetl_nats_client": "noetl_nats",
    "noetl_nats_aio": "noetl_nats.aio",
}
IMPORTS = """
import os, sys, time
def rss(): return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
before, begin = rss(), time.perf_counter()
__import__(sys.argv[1])
print((time.perf_counter() - begin) * 1000, rss() - before, rss())
"""


def import_costs(clients: Sequence[PythonClient], rounds: int) -> dict[str, dict[str, float]]:
    """Import time and memory of each client's module, in a fresh interpreter."""
    found: dict[str, list[list[float]]] = {}
    for _ in range(rounds):
        for client in clients:
            if client.uvloop:
                continue
            command = [client.python, "-c", IMPORTS, PACKAGES[client.module]]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                found.setdefault(client.name, []).append([float(each) for each in done.stdout.split()])
    names = ("import_ms", "rss_kb", "total_kb")
    return {
        name: {key: statistics.median(each) for key, each in zip(names, zip(*samples, strict=True), strict=True)}
        for name, samples in found.items()
    }
