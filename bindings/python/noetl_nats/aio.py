"""The client for asyncio (uvloop too): the same methods, awaited.

>>> nats = await noetl_nats.aio.connect("nats://localhost:4222")
>>> entry = await nats.kv_get("sessions", "alice")

KV, messages, publishing and fetching run on the event loop itself, over a connection of their own: no thread is involved,
however many calls are under way. The other operations (streams, health, objects, ...) run on a few worker threads.
A cancelled task stops its call; what a write had sent by then may have been applied.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from . import _core
from ._aio_watch import KvWatch
from ._client import Client as BlockingClient
from ._connect import connection_params, filter_list
from ._driver import Driver
from .errors import NatsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
    from types import TracebackType

    from ._core import Batch, BatchMessage, KvEntry, Message, PubAck, PublishResult, StoredMessage

__all__ = ["Client", "KvWatch", "connect"]

WORKERS = 8
FOREVER = 86400.0


async def connect(url: str | Iterable[str] | None = None, **options: Any) -> Client:
    """Connects; the parameters and errors are those of `noetl_nats.connect`."""
    params = connection_params(url, **options)
    native = _core.LoopClient(params)
    workers = ThreadPoolExecutor(WORKERS, "noetl-nats")
    loop = asyncio.get_running_loop()
    try:
        await loop.run_in_executor(workers, native.open)
    except BaseException:
        workers.shutdown(wait=False)
        raise
    return Client(params, native, workers, loop)


class Client:
    """A connection to NATS for one event loop. Made by `connect`; also an asynchronous context manager.

    Every method of `noetl_nats.Client` is here too, to be awaited.
    """

    def __init__(
        self,
        params: dict[str, Any],
        native: _core.LoopClient,
        workers: ThreadPoolExecutor,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._native = native
        self._workers = workers
        self._loop = loop
        self._blocking = BlockingClient(params, native.blocking)
        self._driver = Driver(native, loop)
        self._call = self._driver.call

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<noetl_nats.aio.Client {self._native.server}>"

    @property
    def is_connected(self) -> bool:
        return self._native.is_open

    async def close(self) -> None:
        """Sends what is buffered and closes. Calls under way end with `CancelledError`. Safe to call twice."""
        if not self._driver.stop():
            return
        await self._loop.run_in_executor(self._workers, self._native.close)
        self._workers.shutdown(wait=False)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = None if name.startswith("_") else getattr(self._blocking, name, None)
        if method is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

        async def on_worker(*arguments: Any, **options: Any) -> Any:
            stop = _core.Stop()
            try:
                return await self._loop.run_in_executor(self._workers, lambda: stop.run(method, arguments, options))
            except asyncio.CancelledError:
                stop.request()
                raise

        on_worker.__name__ = name
        on_worker.__doc__ = method.__doc__
        return on_worker

    async def _start_watch(self, bucket: str, options: dict[str, Any], timeout: float | None) -> _core.LoopWatch:
        return await self._call(self._native.kv_watch, bucket, options, timeout)  # type: ignore[no-any-return]

    async def _watch_next(self, watch: _core.LoopWatch) -> list[KvEntry]:
        return await self._call(self._native.kv_watch_next, watch, FOREVER)  # type: ignore[no-any-return]

    # Key-value -----------------------------------------------------------------------------------------------------

    async def kv_get(
        self, bucket: str, key: str, *, revision: int | None = None, timeout: float | None = None
    ) -> KvEntry | None:
        """The value of a key, or None when it is absent, deleted or expired."""
        return await self._call(self._native.kv_get, bucket, key, revision, timeout)  # type: ignore[no-any-return]

    async def kv_put(
        self, bucket: str, key: str, value: Any, *, ttl: float | None = None, timeout: float | None = None
    ) -> int:
        """Writes a value (bytes or text as they are, anything else as JSON) and gives its revision."""
        return await self._call(self._native.kv_put, bucket, key, value, ttl, timeout)  # type: ignore[no-any-return]

    async def kv_create(
        self, bucket: str, key: str, value: Any, *, ttl: float | None = None, timeout: float | None = None
    ) -> int:
        """Writes a key that must be absent: `AlreadyExistsError` otherwise. Gives its revision."""
        return await self._call(self._native.kv_create, bucket, key, value, ttl, timeout)  # type: ignore[no-any-return]

    async def kv_update(
        self,
        bucket: str,
        key: str,
        value: Any,
        *,
        revision: int,
        ttl: float | None = None,
        timeout: float | None = None,
    ) -> int:
        """Writes a key whose last revision must be ``revision``: `ConflictError` when somebody was faster."""
        return await self._call(  # type: ignore[no-any-return]
            self._native.kv_update, bucket, key, value, revision, ttl, timeout
        )

    async def kv_get_many(
        self, bucket: str, keys: Iterable[str], *, consistent: bool = False, timeout: float | None = None
    ) -> dict[str, KvEntry]:
        """As `noetl_nats.Client.kv_get_many`."""
        return await self._call(  # type: ignore[no-any-return]
            self._native.kv_get_many, bucket, list(keys), consistent, timeout
        )

    async def kv_put_many(
        self,
        bucket: str,
        items: Mapping[str, Any] | Iterable[tuple[str, Any]],
        *,
        ttl: float | None = None,
        revisions: Mapping[str, int] | None = None,
        timeout: float | None = None,
    ) -> dict[str, int]:
        """As `noetl_nats.Client.kv_put_many`."""
        pairs = items.items() if hasattr(items, "items") else items
        return await self._call(  # type: ignore[no-any-return]
            self._native.kv_put_many, bucket, pairs, dict(revisions or {}), ttl, timeout
        )

    async def kv_keys(
        self,
        bucket: str,
        filters: str | Iterable[str] = ">",
        *,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> list[str]:
        """The keys that match one of the filters (NATS wildcards), in the order of their last change."""
        return await self._call(  # type: ignore[no-any-return]
            self._native.kv_keys, bucket, filter_list(filters), limit, timeout
        )

    def kv_watch(
        self,
        bucket: str,
        filters: str | Iterable[str] = ">",
        *,
        updates_only: bool = False,
        include_history: bool = False,
        ignore_deletes: bool = False,
        meta_only: bool = False,
        from_revision: int | None = None,
        until: str | None = None,
        timeout: float | None = None,
    ) -> KvWatch:
        """What is there, then every change: ``async with nats.kv_watch(...) as watch: async for entry in watch: ...``.

        As `noetl_nats.Client.kv_watch`; bound it by leaving the loop, by `asyncio.timeout`, or with ``until="current"``.
        """
        if until not in (None, "current"):
            raise ValueError(f"until is 'current' or None, not {until!r}")
        options = {
            "filters": filter_list(filters),
            "updates_only": updates_only,
            "include_history": include_history,
            "ignore_deletes": ignore_deletes,
            "meta_only": meta_only,
            "from_revision": from_revision,
        }
        return KvWatch(self, bucket, options, until == "current", timeout)

    async def kv_history(self, bucket: str, key: str, *, timeout: float | None = None) -> list[KvEntry]:
        """Every version that is kept of a key, oldest first, delete markers too."""
        return await self._call(self._native.kv_history, bucket, key, timeout)  # type: ignore[no-any-return]

    # Messages ------------------------------------------------------------------------------------------------------

    async def js_publish(
        self,
        subject: str,
        data: Any = b"",
        *,
        headers: Mapping[str, str] | None = None,
        msg_id: str | None = None,
        stream: str | None = None,
        expect_last_seq: int | None = None,
        expect_last_subject_seq: int | None = None,
        ttl: float | None = None,
        timeout: float | None = None,
    ) -> PubAck:
        """Publishes into a stream and waits for its acknowledgement."""
        return await self._call(  # type: ignore[no-any-return]
            self._native.js_publish,
            subject,
            data,
            headers,
            msg_id,
            stream,
            expect_last_seq,
            expect_last_subject_seq,
            ttl,
            timeout,
        )

    async def js_publish_many(
        self,
        subjects: str | Iterable[str],
        payloads: Iterable[Any],
        *,
        headers: Mapping[str, str | list[str]] | Iterable[Mapping[str, str | list[str]] | None] | None = None,
        msg_ids: bool | Iterable[str] | None = None,
        stream: str | None = None,
        ttl: float | None = None,
        mode: str = "auto",
        window: int = 1024,
        batch: int = 1000,
        stop_on_error: bool = False,
        timeout: float | None = None,
    ) -> PublishResult:
        """As `noetl_nats.Client.js_publish_many`; the messages are taken from ``payloads`` before the first is sent."""
        return await self._call(  # type: ignore[no-any-return]
            self._native.js_publish_many,
            subjects,
            payloads,
            headers,
            msg_ids,
            stream,
            ttl,
            mode,
            window,
            batch,
            stop_on_error,
            timeout,
        )

    async def js_fetch(
        self,
        stream: str,
        consumer: str,
        *,
        batch: int = 100,
        max_bytes: int = 0,
        timeout: float | None = None,
        idle: float | None = None,
        until: str = "some",
        group: str = "",
        pin_id: str = "",
        min_pending: int | None = None,
        min_ack_pending: int | None = None,
        priority: int | None = None,
    ) -> Batch:
        """As `noetl_nats.Client.js_fetch`. Acknowledging without ``confirm`` does not wait, and needs no await."""
        return await self._call(  # type: ignore[no-any-return]
            self._native.js_fetch,
            stream,
            consumer,
            batch,
            max_bytes,
            timeout,
            idle,
            until,
            group,
            pin_id,
            min_pending,
            min_ack_pending,
            priority,
        )

    async def js_messages(
        self, stream: str, consumer: str, *, batch: int = 100, timeout: float | None = None
    ) -> AsyncIterator[BatchMessage]:
        """The messages of a pull consumer, one after the other, for good: ``async for message in ...``. The next batch is
        fetched while this one is worked on. Each message is to be acknowledged (``message.ack()``)."""
        ahead = asyncio.ensure_future(self.js_fetch(stream, consumer, batch=batch, timeout=timeout))
        rest: deque[BatchMessage] = deque()
        try:
            while True:
                rest.extend(await ahead)
                ahead = asyncio.ensure_future(self.js_fetch(stream, consumer, batch=batch, timeout=timeout))
                while rest:
                    yield rest.popleft()
        finally:
            ahead.cancel()
            # What was fetched and not given out is for others, at once. An error of it has nobody to go to.
            with contextlib.suppress(asyncio.CancelledError, NatsError):
                rest.extend(await ahead)
            for message in rest:
                message.nak()

    async def js_get_msgs(
        self,
        stream: str,
        subject: str = ">",
        *,
        seq: int = 1,
        limit: int = 100,
        max_bytes: int = 8 * 1024 * 1024,
        up_to_seq: int | None = None,
        timeout: float | None = None,
    ) -> list[StoredMessage]:
        """The first messages from sequence ``seq`` on that match ``subject``, without a consumer. Any replica answers."""
        return await self._call(  # type: ignore[no-any-return]
            self._native.js_get_msgs, stream, subject, seq, limit, max_bytes, up_to_seq, timeout
        )

    async def publish(
        self,
        subject: str,
        data: Any = b"",
        *,
        headers: Mapping[str, str] | None = None,
        reply: str | None = None,
    ) -> None:
        """Publishes without an acknowledgement. `flush` returns when the server has read it."""
        self._native.publish(subject, data, headers, reply or "")
        self._driver.send_soon()

    async def request(
        self,
        subject: str,
        data: Any = b"",
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Message:
        """Publishes and waits for one reply."""
        return await self._call(self._native.request, subject, data, headers, timeout)  # type: ignore[no-any-return]

    async def flush(self, *, timeout: float | None = None) -> None:
        """Returns when the server has read everything sent so far."""
        await self._call(self._native.flush, timeout)
