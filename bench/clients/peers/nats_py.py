"""nats-py: the client most Python programs use today."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nats

NAME = "nats-py"
SYNC = False


class Peer:
    async def connect(self, url: str) -> None:
        self.nc = await nats.connect(url)
        self.js = self.nc.jetstream(timeout=30, publish_async_max_pending=1024)
        self._kv: dict[str, Any] = {}

    async def close(self) -> None:
        await self.nc.close()

    async def _bucket(self, b: str) -> Any:
        kv = self._kv.get(b)
        if kv is None:
            kv = self._kv[b] = await self.js.key_value(b)
        return kv

    async def kv_get(self, bucket: str, key: str) -> Any:
        return (await (self._kv.get(bucket) or await self._bucket(bucket)).get(key)).value

    async def kv_put(self, bucket: str, key: str, value: bytes) -> Any:
        return await (self._kv.get(bucket) or await self._bucket(bucket)).put(key, value)

    async def js_publish(self, subject: str, data: bytes) -> Any:
        return (await self.js.publish(subject, data)).seq

    async def request(self, subject: str, data: bytes) -> Any:
        return (await self.nc.request(subject, data, timeout=30)).data

    async def js_publish_many(self, subject: str, datas: list[bytes]) -> list[int]:
        futs = [await self.js.publish_async(subject, d, wait_stall=60) for d in datas]
        await self.js.publish_async_completed()
        return [f.result().seq for f in futs]

    async def js_fetch(self, stream: str, consumer: str, n: int, batch: int) -> list[int]:
        sub = await self.js.pull_subscribe_bind(
            consumer=consumer, stream=stream, pending_msgs_limit=-1, pending_bytes_limit=-1
        )
        seqs: list[int] = []
        while len(seqs) < n:
            for m in await sub.fetch(min(batch, n - len(seqs)), timeout=10):
                seqs.append(m.metadata.sequence.stream)
                await m.ack()
        await self.nc.flush()
        return seqs

    async def kv_get_many(self, bucket: str, keys: list[str]) -> list[Any]:
        kv = await self._bucket(bucket)
        out: list[Any] = []
        for i in range(0, len(keys), 500):
            out += await asyncio.gather(*(kv.get(k) for k in keys[i : i + 500]))
        return [e.value for e in out]

    async def kv_keys(self, bucket: str) -> Any:
        return await (await self._bucket(bucket)).keys()

    async def kv_history(self, bucket: str, key: str) -> int:
        return len(await (await self._bucket(bucket)).history(key))

    async def kv_watch(self, bucket: str, n: int, ready: Callable[[], None]) -> int:
        w = await (await self._bucket(bucket)).watchall()
        got = -1
        async for e in w:
            if e is None:  # end of the initial state
                got = 0
                ready()
                continue
            if got >= 0:
                got += 1
                if got == n:
                    break
        await w.stop()
        return got

    async def object_put(self, bucket: str, name: str, path: str) -> None:
        obs = await self.js.object_store(bucket)
        with Path(path).open("rb") as f:
            await obs.put(name, f)

    async def object_get(self, bucket: str, name: str, path: str) -> None:
        obs = await self.js.object_store(bucket)
        with Path(path).open("wb") as f:
            await obs.get(name, writeinto=f)
