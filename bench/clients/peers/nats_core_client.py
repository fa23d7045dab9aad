"""nats-core, nats-jetstream and nats-key-value: the newer split Python clients (no object store yet)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import nats.client
import nats.jetstream
import nats.key_value

NAME = "nats-jetstream"
SYNC = False


class Peer:
    async def connect(self, url: str) -> None:
        self.nc = await nats.client.connect(url)
        self.js = nats.jetstream.new(self.nc)
        self._kv: dict[str, Any] = {}

    async def close(self) -> None:
        await self.nc.close()

    async def _bucket(self, b: str) -> Any:
        kv = self._kv.get(b)
        if kv is None:
            kv = self._kv[b] = await nats.key_value.key_value(self.js, b)
        return kv

    async def kv_get(self, bucket: str, key: str) -> Any:
        return (await (self._kv.get(bucket) or await self._bucket(bucket)).get(key)).value

    async def kv_put(self, bucket: str, key: str, value: bytes) -> Any:
        return await (self._kv.get(bucket) or await self._bucket(bucket)).put(key, value)

    async def js_publish(self, subject: str, data: bytes) -> Any:
        return (await self.js.publish(subject, data, timeout=30)).sequence

    async def request(self, subject: str, data: bytes) -> Any:
        return (await self.nc.request(subject, data, timeout=30)).data

    async def js_publish_many(self, subject: str, datas: list[bytes]) -> list[int]:
        out: list[Any] = []  # no async publish call: a window of waiting publishes (1024 x 16 KB never returned)
        for i in range(0, len(datas), 256):
            out += await asyncio.gather(*(self.js.publish(subject, d, timeout=60) for d in datas[i : i + 256]))
        return [p.sequence for p in out]

    async def js_fetch(self, stream: str, consumer: str, n: int, batch: int) -> list[int]:
        cons = await self.js.get_consumer(stream, consumer)
        seqs: list[int] = []
        while len(seqs) < n:
            async for m in await cons.fetch(max_messages=min(batch, n - len(seqs)), max_wait=10):
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

    async def kv_keys(self, bucket: str) -> list[str]:
        return [k async for k in await (await self._bucket(bucket)).keys()]

    async def kv_history(self, bucket: str, key: str) -> int:
        return len([e async for e in await (await self._bucket(bucket)).history(key)])

    async def kv_watch(self, bucket: str, n: int, ready: Callable[[], None]) -> int:
        w = await (await self._bucket(bucket)).watch_all()
        ready()
        got = 0
        async for _ in w:
            got += 1
            if got == n:
                break
        await w.stop()
        return got
