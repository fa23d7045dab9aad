"""noetl_nats, plain calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import noetl_nats

NAME = "noetl-nats"
SYNC = True


CALLS = (
    "kv_get",
    "kv_put",
    "js_publish",
    "request",
    "js_publish_many",
    "js_fetch",
    "kv_get_many",
    "kv_keys",
    "kv_history",
    "kv_watch",
    "object_put",
    "object_get",
)


def missing() -> list[str]:
    return [name for name in CALLS if not hasattr(noetl_nats.Client, name)]


class Peer:
    def connect(self, url: str) -> None:
        self._client: Any = noetl_nats.connect(url)

    def close(self) -> None:
        self._client.close()

    def kv_get(self, bucket: str, key: str) -> Any:
        return self._client.kv_get(bucket, key).value

    def kv_put(self, bucket: str, key: str, value: bytes) -> Any:
        return self._client.kv_put(bucket, key, value)

    def js_publish(self, subject: str, data: bytes) -> Any:
        return self._client.js_publish(subject, data).seq

    def request(self, subject: str, data: bytes) -> Any:
        return self._client.request(subject, data).data

    def js_publish_many(self, subject: str, datas: list[bytes]) -> range:
        return published(self._client.js_publish_many(subject, datas), len(datas))

    def js_publish_mode(self, subject: str, datas: list[bytes], mode: str, batch: int) -> range:
        return published(self._client.js_publish_many(subject, datas, mode=mode), len(datas))

    def js_fetch(self, stream: str, consumer: str, n: int, batch: int) -> list[int]:
        seqs: list[int] = []
        while len(seqs) < n:
            got = self._client.js_fetch(stream, consumer, batch=min(batch, n - len(seqs)), timeout=10)
            seqs.extend(message.seq for message in got)
            got.ack_all()
        self._client.flush()
        return seqs

    def kv_get_many(self, bucket: str, keys: list[str]) -> list[Any]:
        return [entry.value for entry in self._client.kv_get_many(bucket, keys).values()]

    def kv_keys(self, bucket: str) -> Any:
        return self._client.kv_keys(bucket)

    def kv_history(self, bucket: str, key: str) -> int:
        return len(self._client.kv_history(bucket, key))

    def kv_watch(self, bucket: str, n: int, ready: Callable[[], None]) -> int:
        got = 0
        with self._client.kv_watch(bucket, updates_only=True) as updates:
            ready()
            for _ in updates:
                got += 1
                if got == n:
                    break
        return got

    def object_put(self, bucket: str, name: str, path: str) -> None:
        self._client.object_put(bucket, name, file=path)

    def object_get(self, bucket: str, name: str, path: str) -> None:
        self._client.object_get(bucket, name, file=path)


def published(result: Any, count: int) -> range:
    """Sequences of an empty stream's only publisher; the stream itself is counted by the workload's check."""
    if result.errors or result.count != count:
        raise RuntimeError(f"{result.count} of {count} published; errors {result.errors}")
    return range(result.first_seq, result.last_seq + 1)
