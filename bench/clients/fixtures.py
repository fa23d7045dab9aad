"""Streams, buckets and files for the workloads, made with the raw clients and never with a measured one."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from native import run_native
from server import BenchServer

MB = 1 << 20


class Fixtures:
    def __init__(self, server: BenchServer, wire: Path, folder: Path) -> None:
        self.raw = server.raw
        self._port = server.port
        self._wire = wire
        self._folder = folder
        self._made: set[str] = set()

    def wire(self, op: str, **params: Any) -> dict[str, Any]:
        """One run of the native raw client."""
        result = run_native([str(self._wire)], op, {"port": self._port, **params})
        if "error" in result:
            raise RuntimeError(f"{op}: {result['error']}")
        return result

    def once(self, name: str) -> bool:
        """Whether this is the first time that somebody asks for ``name``."""
        if name in self._made:
            return False
        self._made.add(name)
        return True

    def _must_hold(self, stream: str, count: int) -> None:
        found = self.raw.messages(stream)
        if found != count:
            raise RuntimeError(f"fixture {stream} holds {found} messages, not {count}")

    def kv(self) -> None:
        if self.once("kv"):
            self.raw.bucket("bench")
            self.wire("kv_put", bucket="bench", n=5000, keys=5000, window=512, size=100)
            self._must_hold("KV_bench", 5000)

    def kv_big(self, count: int) -> str:
        bucket = f"big{count}"
        if self.once(bucket):
            self.raw.bucket(bucket)
            self.wire("kv_put", bucket=bucket, n=count, keys=count, window=512, size=100)
            self._must_hold(f"KV_{bucket}", count)
        return bucket

    def kv_history(self) -> None:
        self.raw.bucket("hist", history=64)  # afresh each time: clients leave their consumers behind
        self.wire("kv_put", bucket="hist", n=500, keys=500, window=16, size=100)
        self.wire("kv_put", bucket="hist", n=64, keys=1, window=16, size=100)
        self._must_hold("KV_hist", 563)

    def filled(self, count: int, size: int, storage: str) -> str:
        stream = f"F_{count}_{size}_{storage}"
        if self.once(stream):
            self.raw.stream(stream, [f"{stream}.>"], storage)
            self.wire("js_publish", subject=f"{stream}.a", n=count, size=size, window=512)
            self._must_hold(stream, count)
        return stream

    def file(self, megabytes: int) -> tuple[str, str]:
        """A file of that size, and its SHA-256."""
        path = self._folder / f"object{megabytes}"
        if self.once(str(path)):
            block = os.urandom(MB)
            with path.open("wb") as file:
                for number in range(megabytes):
                    file.write(number.to_bytes(8, "big") + block[8:])
        return str(path), hashlib.sha256(path.read_bytes()).hexdigest()
