"""Drives the connection of `noetl_nats.aio` from an event loop."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from . import _core

#: Waits of calls that end by time are looked at this often, in seconds.
TICK = 0.1


class Driver:
    """Watches the socket, reads and writes, and goes on with the calls whose answers have come."""

    def __init__(self, native: _core.LoopClient, loop: asyncio.AbstractEventLoop) -> None:
        self._native = native
        self._loop = loop
        self._socket = -1
        self._link = -1
        self._writing = False
        self._soon = False
        self._timer: asyncio.TimerHandle | None = None
        self._wake = os.dup(native.wake_descriptor)
        loop.add_reader(self._wake, self._woken)
        self._watch()

    async def call(self, start: Callable[..., None], *arguments: Any) -> Any:
        """The result of a call that ``start`` starts, given a future and the arguments."""
        future = self._loop.create_future()
        start(future, *arguments)
        if not future.done():
            self.send_soon()
        try:
            return await future
        except asyncio.CancelledError:
            if future.cancelled():
                self._native.cancel(future)
                self._loop.call_soon(self._pump, True)
            raise

    def send_soon(self) -> None:
        """All that is started in this turn of the loop is sent at once."""
        if not self._soon:
            self._soon = True
            self._loop.call_soon(self._pump)

    def stop(self) -> bool:
        """Sends what is buffered and ends every call. False when that was done before."""
        if self._wake < 0:
            return False
        self._pump()
        self._unwatch()
        self._loop.remove_reader(self._wake)
        os.close(self._wake)
        self._wake = -1
        if self._timer:
            self._timer.cancel()
        self._native.end_calls()
        return True

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
