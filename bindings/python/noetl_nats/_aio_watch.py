"""Watches of `noetl_nats.aio`."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from . import _core
    from ._core import KvEntry
    from .aio import Client


class KvWatch:
    """The changes of a bucket, as an asynchronous iterator and context manager. Made by `Client.kv_watch`."""

    def __init__(
        self, client: Client, bucket: str, options: dict[str, Any], until_current: bool, timeout: float | None
    ) -> None:
        self._client = client
        self._bucket, self._options, self._timeout = bucket, options, timeout
        self._until_current = until_current
        self._native: _core.LoopWatch | None = None
        self._closed = False
        self._ready: deque[KvEntry] = deque()

    async def __aenter__(self) -> KvWatch:
        await self._started()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._native = None
        self._closed = True

    def __aiter__(self) -> KvWatch:
        return self

    async def __anext__(self) -> KvEntry:
        while not self._ready:
            watch = await self._started()
            if self._until_current and watch.is_current:
                raise StopAsyncIteration
            self._ready.extend(await self._client._watch_next(watch))
        return self._ready.popleft()

    async def _started(self) -> _core.LoopWatch:
        if self._closed:
            raise StopAsyncIteration
        if self._native is None:
            self._native = await self._client._start_watch(self._bucket, self._options, self._timeout)
        return self._native

    @property
    def is_current(self) -> bool:
        """What was there at the beginning has been given out."""
        return self._native is not None and self._native.is_current and not self._ready

    @property
    def last_revision(self) -> int:
        """Of what was read: the ``from_revision`` of a watch that goes on."""
        return 0 if self._native is None else self._native.last_revision
