"""noetl_nats.aio: the same calls, awaited."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import noetl_nats.aio
from noetl_nats_client import CALLS, published

NAME = "noetl-nats"
SYNC = False


def missing() -> list[str]:
    client = getattr(noetl_nats.aio, "Client", None)
    return [name for name in CALLS if client is not None and not hasattr(client, name)]


class Peer:
    async def connect(self, url: str) -> None:
        aio: Any = noetl_nats.aio
        self._client = await aio.connect(url)

    async def close(self) -> None:
        await self._client.close()

    async def kv_get(self, bucket: str, key: str) -> Any:
        return (await self._client.kv_get(bucket, key)).value

    async def kv_put(self, bucket: str, key: str, value: bytes) -> Any:
        return await self._client.kv_put(bucket, key, value)

    async def js_publish(self, subject: str, data: bytes) -> Any:
        return (await self._client.js_publish(subject, data)).seq

    async def request(self, subject: str, data: bytes) -> Any:
        return (await self._client.request(subject, data)).data

    async def js_publish_many(self, subject: str, datas: list[bytes]) -> range:
        return published(await self._client.js_publish_many(subject, datas), len(datas))

    async def js_publish_mode(self, subject: str, datas: list[bytes], mode: str, batch: int) -> range:
        return published(await self._client.js_publish_many(subject, datas, mode=mode), len(datas))

    async def js_fetch(self, stream: str, consumer: str, n: int, batch: int) -> list[int]:
        seqs: list[int] = []
        while len(seqs) < n:
            got = await self._client.js_fetch(stream, consumer, batch=min(batch, n - len(seqs)), timeout=10)
            seqs.extend(message.seq for message in got)
            acknowledged = got.ack_all()
            if inspect.isawaitable(acknowledged):
                await acknowledged
        await self._client.flush()
        return seqs

    async def kv_get_many(self, bucket: str, keys: list[str]) -> list[Any]:
        return [entry.value for entry in (await self._client.kv_get_many(bucket, keys)).values()]

    async def kv_keys(self, bucket: str) -> Any:
        return await self._client.kv_keys(bucket)

    async def kv_history(self, bucket: str, key: str) -> int:
        return len(await self._client.kv_history(bucket, key))

    async def kv_watch(self, bucket: str, n: int, ready: Callable[[], None]) -> int:
        got = 0
        async with self._client.kv_watch(bucket, updates_only=True) as updates:
            ready()
            async for _ in updates:
                got += 1
                if got == n:
                    break
        return got

    async def object_put(self, bucket: str, name: str, path: str) -> None:
        await self._client.object_put(bucket, name, file=path)

    async def object_get(self, bucket: str, name: str, path: str) -> None:
        await self._client.object_get(bucket, name, file=path)
