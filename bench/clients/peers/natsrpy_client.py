"""natsrpy: Python over the Rust client async-nats."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from natsrpy import Nats

NAME = "natsrpy"
SYNC = False


class Peer:
    async def connect(self, url: str) -> None:
        self.nc = Nats([url], request_timeout=30.0)
        await self.nc.startup()
        self.js = await self.nc.jetstream(timeout=30.0, ack_timeout=60.0)
        self._kv: dict[str, Any] = {}

    async def close(self) -> None:
        await self.nc.shutdown()

    async def _bucket(self, b: str) -> Any:
        kv = self._kv.get(b)
        if kv is None:
            kv = self._kv[b] = await self.js.kv.get(b)
        return kv

    async def kv_get(self, bucket: str, key: str) -> Any:
        return await (self._kv.get(bucket) or await self._bucket(bucket)).get(key)

    async def kv_put(self, bucket: str, key: str, value: bytes) -> Any:
        return await (self._kv.get(bucket) or await self._bucket(bucket)).put(key, value)

    async def js_publish(self, subject: str, data: bytes) -> Any:
        return (await self.js.publish(subject, data, wait=True)).sequence

    async def request(self, subject: str, data: bytes) -> Any:
        return (await self.nc.request(subject, data, timeout=30.0)).payload

    async def js_publish_many(self, subject: str, datas: list[bytes]) -> list[int]:
        out: list[Any] = []  # no future of the acknowledgement to keep: a window of waiting publishes
        for i in range(0, len(datas), 1024):
            out += await asyncio.gather(*(self.js.publish(subject, d, wait=True) for d in datas[i : i + 1024]))
        return [p.sequence for p in out]

    async def js_fetch(self, stream: str, consumer: str, n: int, batch: int) -> list[int]:
        cons = await (await self.js.streams.get(stream)).consumers.get_pull(consumer)
        seqs: list[int] = []
        while len(seqs) < n:
            for m in await cons.fetch(min(batch, n - len(seqs)), expires=10.0):
                seqs.append(m.stream_sequence)
                await m.ack()
        await self.nc.flush()
        return seqs

    async def kv_get_many(self, bucket: str, keys: list[str]) -> list[Any]:
        kv = await self._bucket(bucket)
        out: list[Any] = []
        for i in range(0, len(keys), 500):
            out += await asyncio.gather(*(kv.get(k) for k in keys[i : i + 500]))
        return out

    async def kv_keys(self, bucket: str) -> list[str]:
        return [k async for k in await (await self._bucket(bucket)).keys()]

    async def kv_history(self, bucket: str, key: str) -> int:
        return len([e async for e in await (await self._bucket(bucket)).history(key)])

    async def kv_watch(self, bucket: str, n: int, ready: Callable[[], None]) -> int:
        it = await (await self._bucket(bucket)).watch_all()
        await asyncio.sleep(0.05)
        ready()
        got = 0
        async for _ in it:
            got += 1
            if got == n:
                break
        return got

    async def object_put(self, bucket: str, name: str, path: str) -> None:
        await (await self.js.object_store.get(bucket)).put_file(name, path, chunk_size=131072)

    async def object_get(self, bucket: str, name: str, path: str) -> None:
        obs = await self.js.object_store.get(bucket)
        with Path(path).open("wb") as f:
            await obs.get(name, f)
