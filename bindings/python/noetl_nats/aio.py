"""The client for asyncio (uvloop too): the same methods, awaited.

>>> nats = await noetl_nats.aio.connect("nats://localhost:4222")
>>> entry = await nats.kv_get("sessions", "alice")

KV, messages, publishing and fetching run on the event loop itself, over a connection of their own: no thread is involved,
however many calls are under way. The other operations (streams, health, objects, ...) run on a few worker threads.
A cancelled task stops its call; what a write had sent by then may have been applied.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from . import _core
from ._client import Client as BlockingClient
from ._client import connection_params

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
    from types import TracebackType

    from ._core import Batch, BatchMessage, KvEntry, Message, PubAck, PublishResult, StoredMessage

__all__ = ["Client", "connect"]

#: Waits of calls that end by time are looked at this often, in seconds.
TICK = 0.1
WORKERS = 8


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
        self._socket = -1
        self._link = -1
        self._writing = False
        self._soon = False
        self._timer: asyncio.TimerHandle | None = None
        self._wake = os.dup(native.wake_descriptor)
        loop.add_reader(self._wake, self._woken)
        self._watch()

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
        if self._wake < 0:
            return
        if self._native.is_open:
            self._native.pump(False)
        self._unwatch()
        self._loop.remove_reader(self._wake)
        os.close(self._wake)
        self._wake = -1
        if self._timer:
            self._timer.cancel()
        self._native.end_calls()
        await self._loop.run_in_executor(self._workers, self._native.close)
        self._workers.shutdown(wait=False)

    # The event loop ------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Watches the socket that the connection has now."""
        self._unwatch()
        self._link = self._native.link
        self._socket = self._native.duplicate_socket()
        if self._socket >= 0:
            self._loop.add_reader(self._socket, self._pump)

    def _unwatch(self) -> None:
        if self._socket < 0:
            return
        self._loop.remove_reader(self._socket)
        if self._writing:
            self._loop.remove_writer(self._socket)
            self._writing = False
        os.close(self._socket)
        self._socket = -1

    def _woken(self) -> None:
        if self._wake < 0:
            return
        self._pump(True)
        if self._link != self._native.link:
            self._watch()

    def _pump(self, every: bool = False) -> None:
        if self._wake < 0:
            return
        self._soon = False
        busy = self._native.pump(every)
        if self._native.has_output != self._writing and self._socket >= 0:
            self._writing = not self._writing
            if self._writing:
                self._loop.add_writer(self._socket, self._pump)
            else:
                self._loop.remove_writer(self._socket)
        if busy and self._timer is None:
            self._timer = self._loop.call_later(TICK, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._pump()

    async def _call(self, start: Callable[..., None], *arguments: Any) -> Any:
        future = self._loop.create_future()
        start(future, *arguments)
        if not future.done() and not self._soon:  # all that is started in this turn of the loop is sent at once
            self._soon = True
            self._loop.call_soon(self._pump)
        try:
            return await future
        except asyncio.CancelledError:
            if future.cancelled():
                self._native.cancel(future)
                self._loop.call_soon(self._pump, True)
            raise

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

    async def kv_keys(
        self, bucket: str, filters: str | Iterable[str] = ">", *, timeout: float | None = None
    ) -> list[str]:
        """The keys that match one of the filters (NATS wildcards)."""
        wanted = [filters] if isinstance(filters, str) else list(filters)
        return await self._call(self._native.kv_keys, bucket, wanted, timeout)  # type: ignore[no-any-return]

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
        try:
            while True:
                messages = await ahead
                ahead = asyncio.ensure_future(self.js_fetch(stream, consumer, batch=batch, timeout=timeout))
                for message in messages:
                    yield message
        finally:
            ahead.cancel()
            try:  # what was fetched ahead and not given out is for others, at once
                (await ahead).nak_all()
            except (asyncio.CancelledError, Exception):  # noqa: S110 - the reader is gone, and its error was shown or not
                pass

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
        if not self._soon:
            self._soon = True
            self._loop.call_soon(self._pump)

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
